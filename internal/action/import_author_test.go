package action_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/postgres"
)

// signed is a comment element of WordPress with all that it tells of its author.
func signed(id int, name, mail, user, page string) string {
	return fmt.Sprintf("<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[%s]]></wp:comment_author>"+
		"<wp:comment_author_email>%s</wp:comment_author_email><wp:comment_author_url>%s</wp:comment_author_url>"+
		"<wp:comment_author_IP>203.0.113.77</wp:comment_author_IP><wp:comment_date_gmt>2020-01-01 00:00:%02d</wp:comment_date_gmt>"+
		"<wp:comment_content><![CDATA[No. %d]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved>"+
		"<wp:comment_parent>0</wp:comment_parent><wp:comment_user_id>%s</wp:comment_user_id></wp:comment>\n", id, name, mail, page, id, id, user)
}

// crowd are three people called Tom, one of whom has two names.
func crowd() []string {
	return []string{
		signed(1, "Tom", "tom@one.example", "7", ""),
		signed(2, "Tom", "Tom@Two.example ", "0", "https://two.example/tom"),
		signed(3, "Tom", "", "0", "javascript:alert(1)"),
		signed(4, "Tom", "tom@two.example", "0", ""),
		signed(5, "Tommy", "tom@two.example", "0", "https://u:p@two.example/"),
		signed(6, "Tom", "other@one.example", "7", ""),
	}
}

// authors lists the comments of a site by the people they belong to.
func (d *desk) authors() string {
	return d.one(`select string_agg(line, E'\n' order by line) from (
		select string_agg(c.anchor, ' ' order by c.id) || ' by ' || min(p.name) || ' with ' || left(coalesce(min(p.author_key), 'no key'), 5)
			|| case when bool_or(p.email_hash is not null) then ' and mail' else '' end || coalesce(' at ' || min(p.url), '') as line
		from comment c join person p on p.id = c.author_id group by p.id) people`)
}

const crowdAuthors = `comment-1 comment-6 by Tom with id:7 and mail
comment-2 comment-4 by Tom with mail: and mail at https://two.example/tom
comment-3 by Tom with name:
comment-5 by Tommy with mail: and mail`

func TestImport_tells_people_of_one_name_apart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.takeWXR(wxrItem(1, "post", "publish", crowd()...))
	if out.Comments.New != 6 {
		t.Errorf("%+v", out.Comments)
	}
	if got := d.authors(); got != crowdAuthors {
		t.Errorf("got\n%s", got)
	}
	if n := d.one(`select count(distinct handle) || ' ' || count(distinct author_key) from person where kind = 'imported'`); n != "4 3" {
		t.Errorf("handles and keys: %s", n)
	}
	before := d.dump()
	if again := d.takeWXR(wxrItem(1, "post", "publish", crowd()...)); again.Comments.Same != 6 || d.dump() != before {
		t.Errorf("a second time: %+v", again.Comments)
	}
	// Another article of the site has the same people.
	d.takeWXR(wxrItem(2, "post", "publish", signed(11, "Tom", "TOM@TWO.EXAMPLE", "0", "")))
	if n := d.one(`select count(*) from person where kind = 'imported'`); n != "4" {
		t.Errorf("%s people", n)
	}
}

func TestImport_keeps_no_address_of_mail_or_network(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeWXR(wxrItem(1, "post", "publish", crowd()...))
	d.take(action.ImportInput{Files: []action.ImportFile{textFile("mt.txt", "TITLE: One\nDATE: 01/02/2003 10:00:00\n-----\nBODY:\nText\n-----\n"+
		"COMMENT:\nAUTHOR: Jo\nEMAIL: jo@one.example\nIP: 203.0.113.77\nDATE: 01/03/2003 10:00:00\nYes\n-----\n--------\n")}})
	everything := strings.ToLower(d.dump() + d.export())
	for _, secret := range []string{"tom@", "other@one", "jo@", "203.0.113", "u:p@", "javascript:"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%s is kept", secret)
		}
	}
	if n := d.one(`select count(*) from person where email_hash is not null`); n != "4" {
		t.Errorf("%s people can be recognised", n)
	}
}

// TestImport_finds_people_from_before_there_were_keys: a site that imported before
// the keys has one person for each name.
func TestImport_finds_people_from_before_there_were_keys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := wxrItem(1, "post", "publish", signed(1, "Ann", "ann@one.example", "3", "https://ann.example/"), signed(2, "Tom", "", "0", ""), signed(3, "Tom", "t@one.example", "0", ""))
	d.takeWXR(file)
	d.run(`update comment set anchor = null`)
	d.run(`update comment set author_id = (select min(id) from person where name = 'Tom') where author_id in (select id from person where name = 'Tom')`)
	d.run(`delete from person p where name = 'Tom' and id > (select min(id) from person where name = 'Tom')`)
	d.run(`update person set author_key = null, email_hash = null, url = null where kind = 'imported'`)
	d.run(`update source set early = true`)
	people := d.one(`select string_agg(id || name, ' ' order by id) from person`)

	out := d.takeWXR(file)
	if out.Comments.Same != 3 || out.Comments.Changed+out.Comments.New+out.Articles.Changed != 0 {
		t.Errorf("%+v", out.Report)
	}
	if got := d.one(`select string_agg(id || name, ' ' order by id) from person`); got != people {
		t.Errorf("people were %s, are %s", people, got)
	}
	const want = "comment-1 by Ann with id:3 and mail at https://ann.example/\ncomment-2 comment-3 by Tom with no ke"
	if got := d.authors(); got != want {
		t.Errorf("got\n%s", got)
	}
	before := d.dump()
	d.takeWXR(file)
	if d.dump() != before {
		t.Error("a second time changes something")
	}
}

func TestImport_takes_each_anchor_once(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeWXR(wxrItem(1, "post", "publish", signed(1, "A", "", "0", "")))
	d.run(`update comment set anchor = 'comment-2'`)
	d.takeWXR(wxrItem(1, "post", "publish", signed(1, "A", "", "0", ""), signed(2, "B", "", "0", ""), signed(3, "B", "", "0", "")))
	if got := d.one(`select string_agg(coalesce(anchor, '-'), ' ' order by id) from comment`); got != "comment-2 - comment-3" {
		t.Errorf("got %s", got)
	}
}

func TestImport_takes_standfirsts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	front := func(extra string) action.ImportInput {
		return action.ImportInput{Files: []action.ImportFile{textFile("a.md", "---\ntitle: One\n"+extra+"---\nText\n")}}
	}
	d.take(front(""))
	before := d.one(`select digest from external_ref`)
	if out := d.take(front("description: >\n  Two lines  \u202eof\n  text\n")); out.Articles.Changed != 1 {
		t.Errorf("%+v", out.Articles)
	}
	if got := d.one(`select standfirst from article`); got != "Two lines of text" {
		t.Errorf("got %q", got)
	}
	out := d.take(front("summary: " + strings.Repeat("x", 1001) + "\n"))
	if len(out.Repairs) != 1 || d.one(`select digest from external_ref`) != before || d.one(`select standfirst from article`) != "Two lines of text" {
		t.Errorf("too long: %+v", out.Report)
	}
}

// run changes the database behind the site's back.
func (d *desk) run(query string, args ...any) {
	d.t.Helper()
	err := d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestImport_keeps_only_pages_of_authors_that_can_be_followed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pages := map[string]string{
		"https://ann.example/?a=1&b=2#c": "https://ann.example/?a=1&b=2#c", "http://xn--bcher-kva.example": "http://xn--bcher-kva.example",
		"javascript:alert(1)": "", "JaVaScRiPt://ann.example/%0aalert(1)": "", "data:text/html,x": "", "//ann.example": "", "ann.example": "",
		"https://user:secret@ann.example/": "", "https://localhost/": "", "https://": "", "https://ann.example/a b": "",
		"https://ann.example/\u202egpj.exe": "", "https://ann.example/" + strings.Repeat("x", 2000): "", "https://%zz/": "", "http://[::1/": "",
	}
	file, want, n := "TITLE: One\nDATE: 01/02/2003 10:00:00\n-----\nBODY:\nText\n-----\n", map[string]string{}, 0
	for page, kept := range pages {
		n++
		name := fmt.Sprintf("P%d", n)
		want[name] = kept
		file += fmt.Sprintf("COMMENT:\nAUTHOR: %s\nURL: %s\nDATE: 01/03/2003 10:00:%02d\nYes %d\n-----\n", name, page, n, n)
	}
	d.take(action.ImportInput{Files: []action.ImportFile{textFile("mt.txt", file+"--------\n")}})
	for name, kept := range want {
		if got := d.one(`select url from person where name = $1`, name); got != kept {
			t.Errorf("%s: kept %q, not %q", name, got, kept)
		}
	}
	if got := d.one(`select count(*) from person where kind = 'imported'`); got != fmt.Sprint(n) {
		t.Errorf("%s people, not %d", got, n)
	}
}
