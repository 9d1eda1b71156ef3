package action_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/postgres"
)

// oneRook is a site of one article with a thread.
func oneRook() *rooks {
	at := time.Date(2020, 2, 1, 8, 0, 11, 0, time.UTC)
	return &rooks{
		[]rookPost{{id: 1, title: "Rooks", text: "They say \"no\" -- at times.\n\nIt's so...", short: true}},
		[]rookReply{
			{id: 4, post: 1, author: "Bo & Co", text: "I'd say \"no\" -- or so...", at: at, approved: true},
			{id: 6, parent: 4, post: 1, author: "Ann", text: "Quite.\n\nIt's late.", at: at.Add(time.Hour), approved: true},
		},
	}
}

func (s *rooks) forms() map[string]action.ImportFile {
	return map[string]action.ImportFile{"page": s.page(s.posts[0]), "export": s.wxr(), "answer": s.rest(true), "feed": s.feed(), "comments": s.commentFeed(s.posts[0])}
}

func (d *desk) takeFile(f action.ImportFile) *action.Imported {
	d.t.Helper()
	return d.take(action.ImportInput{Files: []action.ImportFile{f}})
}

func TestImport_of_the_forms_of_a_site_in_turn_is_quiet(t *testing.T) {
	t.Parallel()
	for _, short := range []bool{true, false} {
		for _, order := range []string{"page export page answer comments export feed answer page", "export page export comments page", "answer export answer", "comments page export page comments"} {
			t.Run(fmt.Sprint(order, short), func(t *testing.T) {
				t.Parallel()
				d, site := newDesk(t), oneRook()
				site.posts[0].short = short
				for i, form := range strings.Fields(order) {
					out := d.takeFile(site.forms()[form])
					if i > 0 && out.Comments.New+out.Comments.Changed+out.Articles.New+len(out.Conflicts) > 0 {
						t.Errorf("%d, %s: %+v", i, form, out.Report)
					}
					// The feeds have no more than a beginning.
					if i > 0 && out.Articles.Changed > 0 && !strings.HasPrefix(order, "comments") {
						t.Errorf("%d, %s: %+v", i, form, out.Articles)
					}
				}
				if all := d.export(); strings.Count(all, `"type":"article"`) != 1 || strings.Count(all, `"kind":"comment"`) != 2 {
					t.Error(all)
				}
			})
		}
	}
}

func TestImport_believes_the_form_that_is_nearest_to_the_original(t *testing.T) {
	t.Parallel()
	d, site := newDesk(t), oneRook()
	site.replies[0].at = site.replies[0].at.Add(5 * time.Hour) // the page has the time of its place
	d.takeFile(site.forms()["page"])
	site = oneRook()
	out := d.takeFile(site.forms()["export"])
	if out.Comments.Changed != 1 || out.Comments.Same != 1 {
		t.Errorf("the export put right %+v", out.Comments)
	}
	old := site.forms()["page"]
	site.replies[1].text += " And dark."
	site.posts[0].text += " Really."
	out = d.takeFile(site.forms()["export"])
	if out.Comments.Changed != 1 || out.Articles.Changed != 1 {
		t.Errorf("a later export: %+v %+v", out.Articles, out.Comments)
	}
	all := d.export()
	site.replies[0].text = "Something else."
	site.posts[0].text += " No."
	for _, page := range []action.ImportFile{old, site.forms()["page"]} {
		out = d.takeFile(page)
		if out.Comments.Changed+out.Articles.Changed != 0 || d.export() != all {
			t.Errorf("a page changed %+v\n%s", out.Report, lineDiff(all, d.export()))
		}
	}
	if len(out.Conflicts) != 1 || !strings.Contains(out.Conflicts[0].Excerpt, "Something else.") || !strings.Contains(out.Conflicts[0].Ours, "I'd say") {
		t.Errorf("what the page says is told as %+v", out.Conflicts)
	}
}

func TestImport_keeps_what_was_changed_here_from_a_nearer_form(t *testing.T) {
	t.Parallel()
	d, site := newDesk(t), oneRook()
	d.takeFile(site.forms()["page"])
	d.with(`insert into comment_revision (comment_id, revision, source_format, body_html, body_text, policy_version)
		select c.id, 2, 'text', '<p>Ours</p>', 'Ours', 1 from comment c join external_ref r on r.kind = 'comment' and r.local_id = c.id and r.external_id = '4'`)
	d.with(`update comment c set revision = 2, body_html = '<p>Ours</p>' from external_ref r where r.kind = 'comment' and r.local_id = c.id and r.external_id = '4'`)
	site.replies[0].text = "Theirs"
	for range 2 {
		out := d.takeFile(site.forms()["export"])
		if len(out.Conflicts) != 1 || out.Comments.Changed != 0 || !strings.Contains(d.export(), "<p>Ours</p>") {
			t.Errorf("%+v", out.Report)
		}
	}
}

func TestImport_with_digests_from_before_there_were_ranks_changes_nothing(t *testing.T) {
	t.Parallel()
	d, site := newDesk(t), oneRook()
	d.takeFile(site.forms()["export"])
	all := d.export()
	d.with(`update external_ref set digest = substr(digest, 1, 32)`)
	out := d.takeFile(site.forms()["export"])
	if out.Comments.Same != 2 || out.Articles.Same != 1 || d.export() != all {
		t.Errorf("%+v", out.Report)
	}
}

func TestUndo_of_any_forms_of_a_site_in_any_order_leaves_nothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d, random := newDesk(t), rand.New(rand.NewPCG(seed, 3))
			before, site := d.content(), newRooks(random)
			var jobs []postgres.JobID
			for range 4 {
				in := action.ImportInput{Job: d.job()}
				for range 1 + random.IntN(3) {
					in.Files = append(in.Files, site.any(random))
				}
				d.take(in)
				jobs = append(jobs, in.Job)
				site = site.later(random)
			}
			for len(jobs) > 0 {
				i := random.IntN(len(jobs))
				d.undo(jobs[i])
				jobs = slices.Delete(jobs, i, i+1)
				d.whole()
			}
			d.same("all undone", before)
		})
	}
}
