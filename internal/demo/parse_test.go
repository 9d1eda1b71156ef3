package demo

import (
	"strings"
	"testing"
	"time"
)

const small = "title: T\nstandfirst: S.\nauthor: Ann\nage: 1d\n\nOne & *two*.\n\n> “Three.”\n---\n"

var smallCast = map[string]bool{"Ann": true, "Bo": true}

func TestParse_reads_marks_and_times(t *testing.T) {
	t.Parallel()
	a, err := parseArticle("small", small+"@1 Ann +1h\n%report spam +10m Bo: a note\nNow.\n\n- a list\n%was +4m\nBefore.\n"+
		"@2 ? ?\n%imported\nUndated.\n@3 Bo +2h\n%branch locked +5m\nLate.\n", smallCast)
	if err != nil {
		t.Fatal(err)
	}
	if want := "<p>One &amp; <em>two</em>.</p>\n<blockquote><p>“Three.”</p></blockquote>"; a.BodyHTML != want {
		t.Errorf("text %q, want %q", a.BodyHTML, want)
	}
	c := a.Comments[0]
	if c.Age != 23*time.Hour || c.Body != "Now.\n\n- a list" {
		t.Errorf("comment %+v", c)
	}
	if len(c.Edits) != 1 || c.Edits[0] != (Edit{Body: "Before.", Until: 23*time.Hour - 4*time.Minute}) {
		t.Errorf("edits %+v", c.Edits)
	}
	if len(c.Reports) != 1 || c.Reports[0] != (Report{Reason: "spam", Reporter: "Bo", Note: "a note", Age: 23*time.Hour - 10*time.Minute}) {
		t.Errorf("reports %+v", c.Reports)
	}
	undated := c.Replies[0]
	if undated.Author != "" || undated.Age >= 0 || !undated.Imported {
		t.Errorf("undated %+v", undated)
	}
	if late := undated.Replies[0]; late.Age != 21*time.Hour || late.Branch != BranchLocked || late.Changed != 21*time.Hour-5*time.Minute {
		t.Errorf("a reply below an undated comment counts from the dated one above: %+v", late)
	}
}

func TestParse_names_file_and_line_of_a_mistake(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]string{
		"level too deep":    "@2 Ann +1h\nText.\n",
		"stranger":          "@1 Cy +1h\nText.\n",
		"no name for now":   "@1 ? +1h\nText.\n",
		"in the future":     "@1 Ann +1d\nText.\n",
		"no plus":           "@1 Ann 1h\nText.\n",
		"no span":           "@1 Ann +\nText.\n",
		"empty":             "@1 Ann +1h\n",
		"unknown mark":      "@1 Ann +1h\n%remved\nText.\n",
		"unknown reason":    "@1 Ann +1h\n%removed rude\nText.\n",
		"unknown reporter":  "@1 Ann +1h\n%report spam +1h Cy: x\nText.\n",
		"text before":       "Text.\n",
		"deep link-back":    "@1 Ann +1h\nText.\n@2 Elsewhere +1h\n%link_back\nText.\n",
		"unknown mark time": "@1 Ann +1h\n%held 5m\nText.\n",
		"branch unknown":    "@1 Ann +1h\n%branch shut\nText.\n",
		"mark first":        "%held\n",
		"edit first":        "%was +1m\nText.\n",
		"empty earlier":     "@1 Ann +1h\nText.\n%was +1m\n",
		"blank mark":        "@1 Ann +1h\n%\nText.\n",
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			_, err := parseArticle("small", small+tail, smallCast)
			if err == nil || !strings.HasPrefix(err.Error(), "small.txt:1") {
				t.Errorf("%q gave %v", tail, err)
			}
		})
	}
}
