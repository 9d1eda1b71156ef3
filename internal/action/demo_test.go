package action_test

import (
	"strconv"
	"strings"
	"testing"

	"hustings/internal/demo"
	"hustings/internal/forum"
)

func TestSeedDemo_fills_an_empty_site_once_and_whole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	passwords := map[string]string{}
	for _, account := range demo.Accounts {
		passwords[account.Name] = "correct horse " + account.Role
	}
	for range 2 {
		if err := d.act.SeedDemo(t.Context(), passwords); err != nil {
			t.Fatal(err)
		}
	}
	d.whole()
	articles, err := demo.Articles()
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, a := range articles {
		a.Walk(func(*demo.Comment, int) { want++ })
	}
	if got := d.one(`select count(*) - 2000 from comment`); got != strconv.Itoa(want) {
		t.Errorf("%s written comments, want %d", got, want)
	}
	if n := d.one(`select count(*) from comment where created_at > now()`); n != "0" {
		t.Errorf("%s comments are from the future", n)
	}
	for _, account := range demo.Accounts {
		if role := d.one(`select role from person where kind = 'member' and name = $1 and password_hash is not null`, account.Name); role != account.Role {
			t.Errorf("%s is %q, want %q", account.Name, role, account.Role)
		}
	}
	if n := d.one(`select count(*) from person where password_hash is not null`); n != strconv.Itoa(len(demo.Accounts)) {
		t.Errorf("%s people can sign in", n)
	}
	a, err := d.db.Article(t.Context(), forum.Anonymous, demo.Generated(0).Slug)
	if err != nil || a.Comments != 2000 {
		t.Errorf("the generated thread: %+v %v", a, err)
	}
}

func TestSeedDemo_exported_and_imported_elsewhere_is_the_same(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.act.SeedDemo(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	exported := d.export()
	elsewhere := newDesk(t)
	out := elsewhere.takeText(exported)
	if len(out.Refused)+len(out.Repairs) > 0 {
		t.Errorf("refused %v, repairs %v", out.Refused, out.Repairs)
	}
	again := strings.Split(elsewhere.export(), "\n")
	for i, line := range strings.Split(exported, "\n") {
		if again[i] != line {
			t.Fatalf("line %d:\n%s\nwas:\n%s", i+1, again[i], line)
		}
	}
	elsewhere.whole()
	before := d.export()
	if out := d.takeText(exported); out.Comments.New+out.Comments.Changed > 0 || len(out.Repairs) > 0 || d.export() != before {
		t.Errorf("a site's own export changed it: %+v", out.Report)
	}
}
