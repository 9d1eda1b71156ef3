package action_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
)

// desk is a site of its own for tests of imports.
type desk struct {
	t   *testing.T
	db  *postgres.DB
	act *action.Actions
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := pgtest.DB(t)
	return &desk{t: t, db: db, act: action.New(db, slog.New(slog.DiscardHandler))}
}

func textFile(name, content string) action.ImportFile {
	return action.ImportFile{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// take imports files from the shell.
func (d *desk) take(in action.ImportInput) *action.Imported {
	d.t.Helper()
	out, err := d.act.ImportFromShell(d.t.Context(), in)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *desk) takeText(content string) *action.Imported {
	d.t.Helper()
	return d.take(action.ImportInput{Files: []action.ImportFile{textFile("file", content)}})
}

func (d *desk) export() string {
	d.t.Helper()
	var b bytes.Buffer
	if err := d.act.ExportFromShell(d.t.Context(), "", &b); err != nil {
		d.t.Fatal(err)
	}
	return b.String()
}

// everything is one of each: states, marks, kinds, unknown authors and dates,
// names that two people have, ids that sites give and ids that people give.
const everything = `{"type":"hustings","version":1}
{"type":"article","id":"0198f6a2-0000-7000-8000-000000000001","slug":"hedges","title":"Hedges & “edges”","state":"published","replies":"locked","source_url":"https://old.example/2019/03/hedges/","author":"Ada","published_at":"2019-03-01T10:00:00Z","body_html":"<p>Trim <em>now</em>.</p>","comments":5}
{"type":"comment","article":"hedges","id":"a","parent":null,"path":"1","depth":1,"author":"Anna","author_kind":"member","created_at":"2019-03-02T10:00:00.123456Z","edited_at":"2019-03-02T10:05:00Z","state":"published","branch":null,"kind":"comment","source_text":"*One*","body_html":"<p><em>One</em></p>","body_text":"One"}
{"type":"comment","article":"hedges","id":"b","parent":"a","path":"1.1","depth":2,"author":"Anna","author_kind":"imported","created_at":null,"edited_at":null,"state":"published","branch":"locked","kind":"comment","source_text":null,"body_html":"<p>Two  <br>lines</p>","body_text":"Two  \nlines"}
{"type":"comment","article":"hedges","id":"c","parent":"b","path":"1.1.1","depth":3,"author":"Guest","author_kind":"guest","created_at":null,"edited_at":null,"state":"held","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Held</p>","body_text":"Held"}
{"type":"comment","article":"hedges","id":"d","parent":"a","path":"1.2","depth":2,"author":null,"author_kind":"unknown","created_at":"2019-03-03T10:00:00Z","edited_at":null,"state":"removed","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Rude</p>","body_text":"Rude"}
{"type":"comment","article":"hedges","id":"e","parent":"d","path":"1.2.1","depth":3,"author":"Bert","author_kind":"imported","created_at":"2019-03-04T10:00:00Z","edited_at":null,"state":"published","branch":"removed","kind":"comment","source_text":null,"body_html":"<p>In a removed branch</p>","body_text":"In a removed branch"}
{"type":"comment","article":"hedges","id":"f","parent":"e","path":"1.2.1.1","depth":4,"author":"Bert","author_kind":"imported","created_at":"2019-03-04T11:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Below it</p>","body_text":"Below it"}
{"type":"comment","article":"hedges","id":"g","parent":null,"path":"2","depth":1,"author":null,"author_kind":"unknown","created_at":null,"edited_at":null,"state":"published","branch":null,"kind":"placeholder","source_text":null,"body_html":"","body_text":null}
{"type":"comment","article":"hedges","id":"h","parent":"g","path":"2.1","depth":2,"author":"Bert","author_kind":"member","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Below what is lost</p>","body_text":"Below what is lost"}
{"type":"comment","article":"hedges","id":"i","parent":null,"path":"3","depth":1,"author":"Cleo","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"retracted","branch":null,"kind":"comment","source_text":null,"body_html":"","body_text":""}
{"type":"comment","article":"hedges","id":"j","parent":null,"path":"4","depth":1,"author":"Spam","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"spam","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Buy</p>","body_text":"Buy"}
{"type":"comment","article":"hedges","id":"k","parent":null,"path":"5","depth":1,"author":"Zoë","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Same</p>","body_text":"Same"}
{"type":"comment","article":"hedges","id":"l","parent":null,"path":"6","depth":1,"author":"Zoë","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Same</p>","body_text":"Same"}
{"type":"comment","article":"hedges","id":"m","parent":null,"path":null,"depth":1,"author":"Other site","author_kind":"imported","created_at":"2019-03-06T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"link_back","source_text":null,"body_html":"<p>Look there</p>","body_text":"Look there"}
{"type":"article","id":"empty","slug":"empty","title":"Nobody said a word","state":"draft","replies":"closed","source_url":null,"author":null,"published_at":null,"body_html":"","comments":0}
`

func TestImport_of_an_export_gives_the_same_export(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.takeText(everything)
	if len(out.Refused) > 0 || len(out.Repairs) > 0 {
		t.Errorf("refused %v, repairs %v", out.Refused, out.Repairs)
	}
	if got := d.export(); got != everything {
		t.Errorf("got:\n%s\nwant:\n%s", got, everything)
	}
	again := newDesk(t)
	again.takeText(d.export())
	if got := again.export(); got != everything {
		t.Errorf("the second site's export differs:\n%s", got)
	}
}

func TestImport_counts_as_the_contract_says(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.takeText(everything)
	if c := out.Comments; c.New != 11 || c.Held != 1 || c.Placeholders != 1 || c.LinkBacks != 1 || c.Same+c.Changed != 0 {
		t.Errorf("comments: %+v", c)
	}
	if out.Articles.New != 2 || out.MaxDepth != 4 || out.Format != "jsonl" {
		t.Errorf("report: %+v", out.Report)
	}
	a, err := d.db.Article(t.Context(), forum.Anonymous, "hedges")
	if err != nil {
		t.Fatal(err)
	}
	if a.Comments != 5 {
		t.Errorf("the article says %d comments, want 5", a.Comments)
	}
}
