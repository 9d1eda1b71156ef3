package action_test

import (
	"context"
	"strconv"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// TestImport_makes_nobody_wait_and_overwrites_nobody: while an import is at work on
// an article people reply there, and what they change meanwhile is seen.
func TestImport_makes_nobody_wait_and_overwrites_nobody(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meanwhile func(d *desk, id string)
		runs      int
	}{
		"nothing":                 {func(*desk, string) {}, 1},
		"a reply":                 {func(d *desk, _ string) { d.reply(d.person("ann", forum.Reader), "hedges-2", "k") }, 1},
		"a reply to that comment": {func(d *desk, _ string) { d.reply(d.person("ann", forum.Reader), "hedges-2", "b") }, 1},
		"another comment": {func(d *desk, id string) {
			d.run(`update comment set edited_at = now() where kind = 'comment' and id <> ` + id)
		}, 1},
		"that comment": {func(d *desk, id string) { d.run(`update comment set edited_at = now() where id = ` + id) }, 2},
		"that comment, moderated": {func(d *desk, id string) {
			n, err := strconv.Atoi(id)
			d.must(err)
			_, err = d.act.Hold(d.t.Context(), d.person("mo", forum.Moderator), action.ModerateInput{Comment: forum.CommentID(n)})
			d.must(err)
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.takeText(everything)
			d.run(`update article set replies = 'open', slug = 'hedges-2' where slug = 'hedges'`)
			d.run(`update comment set branch_locked = false`)
			id := d.one(`select id from comment where portable_id = 'b'`)
			n, err := strconv.Atoi(id)
			d.must(err)
			source, err := strconv.Atoi(d.one(`select id from source`))
			d.must(err)
			session, err := d.db.ImportSession(t.Context())
			d.must(err)
			defer session.Close(t.Context())
			runs := 0
			d.must(session.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				runs++
				if err := tx.HoldArticles(ctx, []forum.ArticleID{1}, runs > 1); err != nil {
					return err
				}
				if runs == 1 {
					tc.meanwhile(d, id)
				}
				return tx.ChangeComments(ctx, 0, postgres.SourceID(source), []postgres.ToldComment{
					{ID: forum.CommentID(n), Article: 1, Restated: true, StagedComment: postgres.StagedComment{
						N: 1, Key: "b", Kind: forum.KindComment, State: forum.Published, Format: "html", Digest: []byte{1}}}})
			}))
			if runs != tc.runs {
				t.Errorf("it ran %d times, not %d", runs, tc.runs)
			}
		})
	}
}
