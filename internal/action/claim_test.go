package action_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// claims is a site whose old comments are being asked for. Tom wrote as "Tom" and as
// "Tommy", from one address; another Tom from another one.
type claims struct {
	*desk
	admin forum.Viewer
	tom   string // handle of the one
	other string
}

func newClaims(t *testing.T) *claims {
	t.Helper()
	c := &claims{desk: newDesk(t)}
	c.takeWXR(c.oldFile())
	c.admin = c.owner()
	c.tom = c.one(`select handle from person where name = 'Tom' and author_key like 'mail:%'`)
	c.other = c.one(`select handle from person where name = 'Tom' and author_key like 'id:%'`)
	return c
}

func (c *claims) oldFile(more ...string) string {
	return wxrItem(1, "post", "publish", append([]string{
		signed(1, "Tom", "tom@one.example", "0", ""), signed(2, "Tommy", "tom@one.example", "0", ""),
		signed(3, "Tom", "tom@two.example", "9", ""), signed(4, "Ann", "", "0", ""),
	}, more...)...)
}

// member makes an account.
func (d *desk) member(name, mail string) (v forum.Viewer) {
	d.t.Helper()
	v.Role, v.Name = forum.Reader, name
	err := d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		p, err := tx.AddMember(ctx, postgres.NewMember{Name: name, Skeleton: markup.Skeleton(name), Email: mail, Role: forum.Reader})
		v.ID, v.Handle = p.ID, p.Handle
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// list gives the claims as an admin sees them.
func (c *claims) list() []postgres.Claim {
	c.t.Helper()
	list, err := c.db.Claims(c.t.Context(), c.admin, 100)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// ask makes a claim and gives it as an admin sees it.
func (c *claims) ask(v forum.Viewer, handle string) postgres.Claim {
	c.t.Helper()
	if err := c.act.Claim(c.t.Context(), v, handle, "It was me."); err != nil {
		c.t.Fatal(err)
	}
	for _, claim := range c.list() {
		if claim.Member == v.ID && claim.State == postgres.ClaimOpen && claim.Handle == handle {
			return claim
		}
	}
	c.t.Fatalf("the claim is not listed: %+v", c.list())
	return postgres.Claim{}
}

// whose lists the comments of the site with the handles of those they belong to.
func (c *claims) whose() string {
	return c.one(`select string_agg(c.anchor || ' ' || p.handle, ', ' order by c.anchor) from comment c join person p on p.id = c.author_id`)
}

func (c *claims) lastAct() string {
	return c.one(`select action || ' ' || coalesce(actor_id, 0) || ' ' || detail::text from audit order by seq desc limit 1`)
}

func TestClaim_shows_the_evidence_to_an_admin_and_to_nobody_else(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	for _, tc := range []struct {
		name, mail, handle string
		want               postgres.MailEvidence
	}{
		{"Right Address", "TOM@one.example", c.tom, postgres.MailSame},
		{"Wrong Address", "tom@three.example", c.tom, postgres.MailOther},
		{"The Other", "tom@two.example", c.tom, postgres.MailOther},
		{"Tom", "", c.tom, postgres.MailMissing},            // a reused name is no evidence
		{"Tоmmy", "a@b.example", c.tom, postgres.MailOther}, // nor is one that looks alike
		{"Anybody", "ann@one.example", "ann", postgres.MailUnknown},
	} {
		v := c.member(tc.name, tc.mail)
		claim := c.ask(v, tc.handle)
		if claim.Mail != tc.want || claim.MemberName != tc.name || claim.Note != "It was me." || claim.Taken {
			t.Errorf("%s: %+v", tc.name, claim)
		}
		if tc.handle == c.tom && (claim.Comments != 2 || strings.Join(claim.Names, " ") != "Tom Tommy" || claim.Source != "blog.example") {
			t.Errorf("%s: %+v", tc.name, claim)
		}
		own, err := c.db.OwnClaim(t.Context(), v, claim.Imported)
		if err != nil || own.Mail != "" || own.State != postgres.ClaimOpen {
			t.Errorf("%s: %+v, %v", tc.name, own, err)
		}
		if _, err := c.db.Claims(t.Context(), v, 10); forum.KindOf(err) != forum.Forbidden {
			t.Errorf("%s reads the claims: %v", tc.name, err)
		}
	}
	if whose := c.whose(); strings.Contains(whose, "right-address") {
		t.Errorf("an equal address gave the comments away by itself: %s", whose)
	}
	if strings.Contains(c.dump(), "tom@one.example") {
		t.Error("the source's address is kept")
	}
}

func TestClaim_is_refused_with_a_sentence(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	v := c.member("Vera", "")
	id := c.ask(v, c.tom).ID
	for name, tc := range map[string]struct {
		err  error
		want forum.Kind
	}{
		"nobody":                 {c.act.Claim(t.Context(), forum.Anonymous, c.tom, ""), forum.Unauthenticated},
		"a member’s account":     {c.act.Claim(t.Context(), v, "ada", ""), forum.Conflict},
		"an unknown name":        {c.act.Claim(t.Context(), v, "no-such", ""), forum.NotFound},
		"too long a note":        {c.act.Claim(t.Context(), v, c.tom, strings.Repeat("é", 1001)), forum.Invalid},
		"approved by a reader":   {c.act.ApproveClaim(t.Context(), v, id), forum.Forbidden},
		"refused by a moderator": {c.act.RefuseClaim(t.Context(), forum.Viewer{ID: v.ID, Role: forum.Moderator}, id, "no"), forum.Forbidden},
		"undone by a reader":     {c.act.UndoClaim(t.Context(), v, id, "no"), forum.Forbidden},
		"without a reason":       {c.act.RefuseClaim(t.Context(), c.admin, id, "  "), forum.Invalid},
		"undone while it waits":  {c.act.UndoClaim(t.Context(), c.admin, id, "no"), forum.Conflict},
		"unknown":                {c.act.ApproveClaim(t.Context(), c.admin, 999), forum.NotFound},
		"a link by a reader":     {func() error { _, err := c.act.ClaimLink(t.Context(), v, c.tom, ""); return err }(), forum.Forbidden},
	} {
		if forum.KindOf(tc.err) != tc.want {
			t.Errorf("%s: %v", name, tc.err)
		}
	}
	if err := c.act.RefuseClaim(t.Context(), c.admin, id, "Somebody else wrote these."); err != nil {
		t.Fatal(err)
	}
	if own, err := c.db.OwnClaim(t.Context(), v, c.list()[0].Imported); err != nil || own.State != postgres.ClaimRefused || own.Reason != "Somebody else wrote these." {
		t.Errorf("%+v, %v", own, err)
	}
	if got := c.lastAct(); !strings.HasPrefix(got, "refuse_claim "+strconv.FormatInt(int64(c.admin.ID), 10)+" ") {
		t.Error(got)
	}
	if err := c.act.ApproveClaim(t.Context(), c.admin, id); forum.KindOf(err) != forum.Conflict {
		t.Errorf("decided twice: %v", err)
	}
}

func TestClaim_approved_makes_the_comments_the_members(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	before := c.whose()
	v := c.member("Thomas", "tom@one.example")
	id := c.ask(v, c.tom).ID
	rival := c.ask(c.member("Rival", ""), c.tom)
	if err := c.act.ApproveClaim(t.Context(), c.admin, id); err != nil {
		t.Fatal(err)
	}
	const want = "comment-1 thomas, comment-2 thomas, comment-3 "
	if got := c.whose(); !strings.HasPrefix(got, want+c.other) {
		t.Errorf("got %s", got)
	}
	if got := c.lastAct(); !strings.HasPrefix(got, "claim ") || !strings.Contains(got, `"comments": 2`) {
		t.Error(got)
	}
	if fault, err := c.db.VerifyAudit(t.Context()); err != nil || fault.Seq != 0 {
		t.Errorf("%+v, %v", fault, err)
	}
	if !strings.Contains(c.export(), `"author":"Thomas","author_kind":"member"`) {
		t.Error("the export does not say whose the comments are")
	}
	if err := c.act.ApproveClaim(t.Context(), c.admin, rival.ID); forum.KindOf(err) != forum.Conflict {
		t.Errorf("given away twice: %v", err)
	}
	if err := c.act.Claim(t.Context(), c.member("Late", ""), c.tom, ""); forum.KindOf(err) != forum.NotFound && forum.KindOf(err) != forum.Conflict {
		t.Errorf("asked for again: %v", err)
	}

	// The source once more: nothing changes, and what is new is the member's.
	if out := c.takeWXR(c.oldFile()); out.Comments.Same != 4 || out.Comments.Changed+out.Comments.New != 0 || !strings.HasPrefix(c.whose(), want) {
		t.Errorf("imported again: %+v, %s", out.Comments, c.whose())
	}
	edited := strings.Replace(c.oldFile(signed(5, "Tommy", "tom@one.example", "0", "")), "No. 1]", "No. one]", 1)
	if out := c.takeWXR(edited); out.Comments.New != 1 || out.Comments.Changed != 1 {
		t.Errorf("imported with changes: %+v", out.Comments)
	}
	if got := c.whose(); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "comment-5 thomas") {
		t.Errorf("after changes at the source: %s", got)
	}

	// Our own export, taken in where it came from, gives nobody's comments away.
	whose := c.whose()
	if out := c.takeText(c.export()); out.Comments.New+out.Comments.Changed != 0 || c.whose() != whose {
		t.Errorf("our own export: %+v\n%s\n%s", out.Comments, whose, c.whose())
	}

	c.undone(v, id, before)
}

// undone takes the claim back; the member has retracted a comment meanwhile.
func (c *claims) undone(v forum.Viewer, id postgres.ClaimID, before string) {
	c.t.Helper()
	first, err := strconv.ParseInt(c.one(`select id from comment where anchor = 'comment-1'`), 10, 64)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.act.Retract(c.t.Context(), v, forum.CommentID(first)); err != nil {
		c.t.Fatal(err)
	}
	c.run(`update claim set decided_at = now() - interval '31 days' where id = $1`, id)
	if err := c.act.UndoClaim(c.t.Context(), c.admin, id, "late"); forum.KindOf(err) != forum.Closed {
		c.t.Errorf("after 31 days: %v", err)
	}
	c.run(`update claim set decided_at = now() - interval '29 days' where id = $1`, id)
	if err := c.act.UndoClaim(c.t.Context(), c.admin, id, "It was somebody else."); err != nil {
		c.t.Fatal(err)
	}
	if got := c.whose(); !strings.HasPrefix(got, before+", comment-5 ") || strings.Contains(got, "thomas") {
		c.t.Errorf("after undoing: %s, before: %s", got, before)
	}
	if state := c.one(`select state from comment where id = $1`, first); state != "published" {
		c.t.Errorf("what the member retracted is %s", state)
	}
	if n := c.one(`select count(*) from person where claimed_by is not null`) + c.one(`select count(*) from comment where imported_as is not null`); n != "00" {
		c.t.Errorf("left over: %s", n)
	}
	if out := c.takeWXR(c.oldFile()); out.Comments.New != 0 {
		c.t.Errorf("%+v", out.Comments)
	}
}

func TestClaim_of_a_text_without_ids_survives_edits_at_the_source(t *testing.T) {
	t.Parallel()
	c := &claims{desk: newDesk(t)}
	c.takeText(scrape)
	c.admin = c.owner()
	if err := c.act.ApproveClaim(t.Context(), c.admin, c.ask(c.member("Thomas", ""), "tom").ID); err != nil {
		t.Fatal(err)
	}
	out := c.takeText(strings.Replace(scrape, "there on Friday", "there on Thursday", 1))
	if out.Comments.Changed != 1 || out.Comments.New != 0 {
		t.Errorf("%+v", out.Comments)
	}
	if got := c.one(`select count(*) from comment c join person p on p.id = c.author_id where p.handle = 'thomas' and c.imported_as is not null`); got != "2" {
		t.Errorf("%s comments are the member's", got)
	}
}

func TestClaimLink_gives_the_comments_once(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	v, other := c.member("Thomas", ""), c.member("Other", "")
	open, err := c.act.ClaimLink(t.Context(), c.admin, c.tom, "")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(c.dump(), open) {
		t.Error("the link's secret is kept")
	}
	mine, err := c.act.ClaimLinkFromShell(t.Context(), c.tom, "thomas")
	if err != nil {
		t.Fatal(err)
	}
	old, err := c.act.ClaimLink(t.Context(), c.admin, c.other, "")
	if err != nil {
		t.Fatal(err)
	}
	c.run(`update claim_link set expires_at = now() where imported_id = (select id from person where handle = $1)`, c.other)
	refused := func(name string, v forum.Viewer, secret, says string, kind forum.Kind) {
		t.Helper()
		_, err := c.act.UseClaimLink(t.Context(), v, secret)
		if forum.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("nobody", forum.Anonymous, open, "sign in", forum.Unauthenticated)
	refused("made up", v, "made-up", "never been one of ours", forum.NotFound)
	refused("somebody else’s", other, mine, "somebody else", forum.Conflict)
	refused("expired", v, old, "run out", forum.Conflict)
	if n, err := c.act.UseClaimLink(t.Context(), v, mine); err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	refused("used", v, mine, "already been used", forum.Conflict)
	refused("taken", other, open, "belong to an account already", forum.Conflict)
	if got := c.whose(); !strings.HasPrefix(got, "comment-1 thomas, comment-2 thomas") {
		t.Errorf("got %s", got)
	}
	list := c.list()
	if len(list) != 1 || list[0].State != postgres.ClaimApproved || !list[0].Undoable || list[0].Comments != 2 {
		t.Fatalf("%+v", list)
	}
	if err := c.act.UndoClaim(t.Context(), c.admin, list[0].ID, "Wrong person"); err != nil || strings.Contains(c.whose(), "thomas") {
		t.Errorf("%v, %s", err, c.whose())
	}
	if _, err := c.act.ClaimLink(t.Context(), c.admin, c.tom, "nobody of this name"); forum.KindOf(err) != forum.Invalid {
		t.Errorf("for nobody: %v", err)
	}
	if _, err := c.act.ClaimLink(t.Context(), c.admin, "thomas", ""); forum.KindOf(err) != forum.Conflict {
		t.Errorf("of a member: %v", err)
	}
}

func TestClaimLink_gives_the_comments_to_one_of_many_who_come_together(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	secret, err := c.act.ClaimLink(t.Context(), c.admin, c.tom, "")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"One", "Two", "Three", "Four"}
	got := make(chan error, 2*len(names))
	for _, name := range names {
		v := c.member(name, "")
		for range 2 { // a button is pressed twice
			go func() {
				_, err := c.act.UseClaimLink(context.WithoutCancel(t.Context()), v, secret)
				got <- err
			}()
		}
	}
	given := 0
	for range cap(got) {
		if err := <-got; err == nil {
			given++
		} else if forum.KindOf(err) != forum.Conflict {
			t.Error(err)
		}
	}
	if owners := c.one(`select count(distinct author_id) from comment where imported_as is not null`); given != 1 || owners != "1" {
		t.Errorf("given %d times, to %s people", given, owners)
	}
	if n := c.one(`select count(*) from claim where state = 'approved'`); n != "1" {
		t.Errorf("%s claims were approved", n)
	}
	c.whole()
}

func TestClaims_of_one_account_are_few(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	v := c.member("Greedy", "")
	var last error
	for range 6 {
		last = c.act.Claim(t.Context(), v, c.tom, "")
	}
	if forum.KindOf(last) != forum.TooMany || c.one(`select count(*) from claim`) != "1" {
		t.Errorf("%v, %s claims", last, c.one(`select count(*) from claim`))
	}
}

// TestClaim_waits_for_an_import_that_is_writing_for_the_same_person: else what that
// writes would be left with the imported name.
func TestClaim_waits_for_an_import_that_is_writing_for_the_same_person(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	claim := c.ask(c.member("Thomas", ""), c.tom)
	key := c.one(`select author_key from person where id = $1`, claim.Imported)
	approved := make(chan error)
	err := c.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		name := postgres.AuthorName{Key: key, Name: "Tom"}
		found, err := tx.EnsureAuthors(ctx, "blog.example", []postgres.AuthorName{name}, nil)
		if err != nil {
			return err
		}
		go func() { approved <- c.act.ApproveClaim(context.WithoutCancel(ctx), c.admin, claim.ID) }()
		// Until the other waits for the row; locks are not read from a snapshot.
		for waiting := false; !waiting; {
			if err := tx.QueryRow(ctx, `select exists (select from pg_locks where not granted)`).Scan(&waiting); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `update comment set author_id = $1 where anchor = 'comment-4'`, found[name].ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-approved; err != nil {
		t.Fatal(err)
	}
	if got := c.whose(); strings.Count(got, " thomas") != 3 {
		t.Errorf("got %s", got)
	}
}

func TestClaim_holds_for_names_that_come_later(t *testing.T) {
	t.Parallel()
	c := newClaims(t)
	id := c.ask(c.member("Thomas", ""), c.tom).ID
	if err := c.act.ApproveClaim(t.Context(), c.admin, id); err != nil {
		t.Fatal(err)
	}
	c.takeWXR(c.oldFile(signed(5, "Tom the Elder", "tom@one.example", "0", ""), signed(6, "Tom the Elder", "tom@six.example", "0", "")))
	if got := c.whose(); !strings.Contains(got, "comment-5 thomas, comment-6 tom-the-elder") {
		t.Error("another name of a person who is claimed:", got)
	}
	if err := c.act.UndoClaim(t.Context(), c.admin, id, "It was somebody else."); err != nil {
		t.Fatal(err)
	}
	if got := c.whose(); strings.Contains(got, "thomas") {
		t.Error("after it was taken back:", got)
	}
}
