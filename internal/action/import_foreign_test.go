package action_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
)

// outline is what an import made of a file: a line for each article and comment.
func (d *desk) outline() string {
	d.t.Helper()
	var b strings.Builder
	for line := range strings.Lines(d.export()) {
		var l struct {
			Type, Title, State, Replies, Kind string
			Path, Author, Body                *string
			Text                              *string `json:"body_text"`
			URL                               *string `json:"source_url"`
			At                                *string `json:"created_at"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			d.t.Fatal(err)
		}
		switch l.Type {
		case "article":
			fmt.Fprintf(&b, "%s | %s %s | %s\n", l.Title, l.State, l.Replies, orDash(l.URL))
		case "comment":
			kind := ""
			if l.Kind != "comment" {
				kind = " " + l.Kind
			}
			fmt.Fprintf(&b, "%s | %s%s | %s | %s | %q\n", orDash(l.Path), l.State, kind, orDash(l.Author), orDash(l.At), orDash(l.Text))
		}
	}
	return b.String()
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// foreignTrees are the trees that one sample of each format of other comment systems
// has to give, written by hand.
var foreignTrees = map[string]string{
	"disqus/ordinary.xml": `Limescale & how to live with it | published open | https://www.kettles.example/2014/05/limescale
1 | published | Jan & Co | 2014-05-03T20:59:31Z | "Vinegar works.\nMine is from the corner shop.\n\nAny other ideas?"
1.1 | published | Olga | 2014-05-03T21:14:09Z | "It does, but descale first. See https://descale.example/how/to/do/it"
1.2 | removed | Pia | 2014-05-04T06:00:00Z | "Taken back"
1.2.1 | published | - | 2014-05-04T06:30:00Z | "The answer to it stays"
2 | spam | Shop | 2014-05-04T07:00:00Z | "Cheap kettles!!!"
/spouts | private open | https://kettles.example/spouts/
1 | held | Quiet | 2015-02-01T11:00:00Z | "Waiting for its release"
`,
	"remark42/ordinary.json": `Rye, slowly | published closed | https://bread.example/rye/
1 | published | Tim | 2019-11-02T13:00:00Z | "How long does rye rise?"
1.1 | published | Rosa & Ben | 2019-11-02T14:15:27.5Z | "Mine rose twice."
1.1.1 | removed | - | 2019-11-02T15:00:00Z | ""
1.1.1.1 | published | Uma | - | "it did\n\nNot here."
bread.example | published open | https://bread.example/
1 | published | Tim | 2020-01-01T00:00:00Z | "First here"
`,
	"commento/ordinary.json": `/ink | published open | https://pens.example/ink/
1 | published | - | 2020-03-12T10:00:00Z | "Which ink?"
1.1 | published | Ida | 2020-03-12T11:21:56.123456Z | "Only blue."
1.1.1 | removed | Ida | 2020-03-12T12:00:00Z | ""
1.1.1.1 | published | Karl & Käthe | 2020-03-12T13:00:00Z | "Black is fine"
/nibs | published open | https://pens.example/nibs/
1 | held | Karl & Käthe | 2020-03-13T13:00:00Z | "Waiting"
2 | spam | - | - | "Buy"
`,
	"comentario/ordinary.json": `Desk lamps | published closed | -
1 | published | Passer-by | 2023-03-01T09:00:00Z | "How many bulbs?"
1.1 | published | Lux | 2023-03-01T10:00:00.25Z | "Two bulbs."
1.2 | retracted | Lux | 2023-03-01T11:00:00Z | ""
1.2.1 | held | - | - | "Too late."
`,
	"isso/dump.sql": `Moles; and other diggers | published open | -
1 | published | Vera | 2013-06-20T12:06:40.5Z | "They don't eat roots; they eat worms."
1.1 | published | - | 2013-06-20T12:10:00Z | "First line\nSecond line\n\nBold HTML"
1.2 | removed | - | 2013-06-20T12:11:40Z | ""
1.2.1 | published | Wim | 2013-06-20T12:13:20Z | "Raw line\nbreak in an old dump"
/garden | published open | -
1 | held | Xan | 2013-06-20T12:15:00Z | "Waiting\nwith a tab"
`,
	"blogger/old.xml": `Felt & other stuff | published open | http://hats.blogspot.example/2011/04/felt.html
1 | published | Hatter | 2011-04-02T08:00:00.001Z | "Felt is warm.\nToo warm."
1.1 | published | - | 2011-04-02T09:00:00Z | "Wool, then"
1.1.1 | retracted | Capper | 2011-04-02T10:00:00Z | ""
Untitled 202 | draft open | -
`,
	"blogger/takeout.xml": `Mittens | published open | -
1 | removed | - | 2012-10-10T08:00:00Z | ""
1.1 | published | Cold Hands | 2012-10-10T08:30:00Z | "Three for me.\nI lost one."
2 | spam | Glove shop | 2012-10-11T08:00:00Z | "Buy"
3 | held | New word | 2012-10-12T08:00:00Z | "?"
About | draft open | -
Thrown away | private open | -
`,
	"mt/ordinary.txt": `Boats & oars | published closed | -
1 | published | Owen | 2004-02-01T00:05:00Z | "Merrily,\nmerrily.\n\nURL: is what I would type here"
2 | published | Owen | 2004-02-01T00:05:00Z | "Merrily,\nmerrily.\n\nURL: is what I would type here"
3 | published | - | 2004-02-01T13:05:00Z | "No name given"
- | published link_back | Harbour | 2004-02-02T10:00:00Z | "A page about boats\n\nThey row there."
Later | scheduled open | -
`,
}

func TestImport_of_other_comment_systems(t *testing.T) {
	t.Parallel()
	for file, want := range foreignTrees {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile("../importer/testdata/" + file)
			if err != nil {
				t.Fatal(err)
			}
			d := newDesk(t)
			in := action.ImportInput{Files: []action.ImportFile{textFile("export", string(data))}}
			d.take(in)
			if got := d.outline(); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			before := d.export()
			again := d.take(in)
			if c := again.Comments; c.New+c.Changed > 0 || again.Articles.New+again.Articles.Changed > 0 {
				t.Errorf("the second import: %+v, %+v", again.Articles, c)
			}
			if d.export() != before {
				t.Error("the second import changed something")
			}
		})
	}
}

func TestImport_of_Movable_Type_takes_an_edit_for_an_edit(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../importer/testdata/mt/ordinary.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.takeText(string(data))
	out := d.takeText(strings.Replace(string(data), "merrily.\n", "cheerfully.\n", 1))
	if c := out.Comments; c.New != 0 || c.Changed != 1 || c.Same != 2 {
		t.Errorf("%+v", c)
	}
}

func TestImport_leads_from_the_old_addresses_of_all_threads_of_a_page(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../importer/testdata/blogger/takeout.xml")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.take(action.ImportInput{Source: "gloves.example", Files: []action.ImportFile{textFile("feed.atom", string(data))}})
	a, err := d.db.Article(t.Context(), forum.Anonymous, "mittens")
	if err != nil || orDash(a.SourceURL) != "https://gloves.example/2012/10/mittens.html" {
		t.Errorf("%v, %v", a.SourceURL, err)
	}
}
