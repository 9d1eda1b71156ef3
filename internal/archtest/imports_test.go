package archtest

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

var loaded = sync.OnceValues(Load)

// load gives the parsed repository, which all tests share and none changes.
func load(t *testing.T) *Source {
	t.Helper()
	s, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Packages) < 5 {
		t.Fatalf("only %d packages below %s: this is not the repository", len(s.Packages), s.Root)
	}
	return s
}

// room is what one package may import.
type room struct {
	ours   []string // packages of ours, beside it only the standard library and …
	theirs []string // … these, with all below them
	reason string
}

const (
	pgxV5  = "github.com/jackc/pgx/v5"
	goose  = "github.com/pressly/goose/v3"
	chi    = "github.com/go-chi/chi/v5"
	xtext  = "golang.org/x/text"
	xcrypt = "golang.org/x/crypto"
)

// rooms holds the directions of the program. A new package needs a line, and the
// line a reason.
var rooms = map[string]room{
	"cmd/hustings":    {[]string{"*"}, []string{"github.com/alecthomas/kong"}, "main wires everything; SQL and HTML are made elsewhere"},
	"cmd/dev":         {[]string{"*"}, []string{"*"}, "tasks of developers are not part of the program"},
	"internal/forum":  {nil, nil, "the nouns and their rules are pure: no database, no network, no HTML"},
	"internal/paths":  {[]string{"internal/forum"}, nil, "addresses are functions of nouns"},
	"internal/config": {nil, nil, "settings are read before there is anything else"},
	"internal/markup": {[]string{"internal/forum"}, []string{"github.com/microcosm-cc/bluemonday", "github.com/yuin/goldmark", "golang.org/x/net/html", xtext},
		"text becomes HTML without knowing who asks"},
	"internal/importer": {[]string{"internal/forum", "internal/markup"}, []string{"github.com/BurntSushi/toml", "golang.org/x/net/html", xtext, "gopkg.in/yaml.v3"},
		"readers are pure: bytes in, records out"},
	"internal/exporter":  {[]string{"internal/forum", "internal/markup"}, nil, "writers are pure: records in, bytes out"},
	"internal/suggest":   {[]string{"internal/forum"}, nil, "rules that find what a source lost are pure"},
	"internal/rules":     {[]string{"internal/forum"}, []string{xtext}, "rules are pure"},
	"internal/demo":      {[]string{"internal/forum"}, nil, "sample content is data"},
	"internal/fetch":     {[]string{"internal/forum"}, []string{"golang.org/x/net/idna"}, "other servers are asked in one place, which knows nothing of what it fetches"},
	"internal/imagefile": {[]string{"internal/forum"}, nil, "files under the digests of their content; what is kept stands in the database"},
	"internal/mail":      {[]string{"internal/forum", "internal/paths", "web"}, []string{"github.com/wneessen/go-mail"}, "messages go out; nothing is decided"},
	"internal/postgres":  {[]string{"internal/forum", "migrations"}, []string{pgxV5, goose, "golang.org/x/sync"}, "the one place of SQL knows nothing above the nouns"},
	"internal/action": {[]string{"internal/demo", "internal/exporter", "internal/fetch", "internal/forum", "internal/imagefile", "internal/importer", "internal/mail", "internal/markup", "internal/paths", "internal/postgres", "internal/rules", "internal/suggest"},
		[]string{"github.com/google/uuid", xcrypt, xtext, "golang.org/x/image", "golang.org/x/sync"}, "what people do stands below the pages: no HTTP, no templates, no pgx"},
	"internal/jobs": {[]string{"internal/forum"}, nil, "loops that each call one action; what is due stands in the database"},
	"internal/server": {[]string{"internal/action", "internal/forum", "internal/importer", "internal/markup", "internal/paths", "internal/postgres", "internal/suggest", "web"},
		[]string{chi, "github.com/google/uuid", "github.com/gorilla/sessions", "github.com/gorilla/securecookie", "golang.org/x/sync", xtext, "golang.org/x/time"},
		"pages read from postgres and write through action"},
	"internal/pgembed":    {nil, []string{pgxV5, "github.com/klauspost/compress", "golang.org/x/sys"}, "the private database knows nothing of discussions"},
	"internal/pgtest":     {[]string{"internal/pgembed", "internal/postgres", "migrations"}, []string{pgxV5, "golang.org/x/sys"}, "for tests"},
	"internal/htmltest":   {nil, []string{"github.com/PuerkitoBio/goquery", "github.com/andybalholm/cascadia"}, "for tests"},
	"internal/sampletest": {nil, nil, "for tests"},
	"internal/archtest":   {nil, []string{xtext}, "reads the source as text"},
	"migrations":          {nil, nil, "holds files"},
	"web":                 {nil, []string{"github.com/klauspost/compress", "github.com/tdewolff/minify/v2"}, "holds files and serves them; knows no page"},
}

func TestImports_keep_their_directions(t *testing.T) {
	t.Parallel()
	for dir, p := range load(t).Packages {
		r, ok := rooms[dir]
		if !ok {
			t.Errorf("%s is a new package: add a line to rooms in imports_test.go that says what it may import and why", dir)
			continue
		}
		for _, f := range p.Program() {
			for _, imported := range f.ImportPaths() {
				if !r.allows(imported) {
					t.Errorf("%s imports %s, which %s may not: %s", f.Path, imported, dir, r.reason)
				}
			}
		}
	}
}

func (r room) allows(imported string) bool {
	if ours, ok := strings.CutPrefix(imported, Module+"/"); ok {
		return slices.Contains(r.ours, "*") || slices.Contains(r.ours, ours)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // the standard library; restricted below
	}
	return slices.ContainsFunc(r.theirs, func(p string) bool {
		return p == "*" || imported == p || strings.HasPrefix(imported, p+"/")
	})
}

// keepers says which packages of the standard library and of tests belong to few.
var keepers = []struct {
	imported string
	rooms    []string
	reason   string
}{
	{"html/template", []string{"internal/server", "internal/markup", "internal/mail", "web"}, "HTML is made in few places, so that all of them can be watched"},
	{"net/http", []string{"internal/server", "internal/fetch", "internal/pgembed", "web", "cmd/hustings", "cmd/dev"}, "what people do does not depend on how they ask"},
	{"database/sql", []string{"internal/postgres"}, "only the migrations need it; everything else speaks pgx"},
	{"testing", []string{"internal/pgtest", "internal/htmltest", "internal/sampletest"}, "test code stays out of the program"},
	{"unsafe", nil, "nothing here is worth it"},
	{"github.com/gorilla/csrf", nil, "CVE-2025-47909 has no fixed version; http.CrossOriginProtection does it"},
	{"log", nil, "there is one log, log/slog"},
	{Module + "/internal/pgtest", nil, "test code stays out of the program"},
	{Module + "/internal/sampletest", nil, "test code stays out of the program"},
	{Module + "/internal/htmltest", nil, "test code stays out of the program"},
	{Module + "/internal/archtest", nil, "test code stays out of the program"},
}

func TestImports_of_few_stay_with_them(t *testing.T) {
	t.Parallel()
	for dir, p := range load(t).Packages {
		for _, f := range p.Program() {
			for _, imported := range f.ImportPaths() {
				for _, k := range keepers {
					if imported == k.imported && !slices.Contains(k.rooms, dir) && dir != "cmd/dev" {
						t.Errorf("%s imports %s, which only %v may: %s", f.Path, imported, k.rooms, k.reason)
					}
				}
			}
		}
	}
}

func TestForum_does_no_input_or_output(t *testing.T) {
	t.Parallel()
	banned := []string{"os", "io", "net", "database/sql", "log/slog", "context", "embed", "math/rand", "math/rand/v2", "crypto/rand"}
	p := load(t).Packages["internal/forum"]
	if p == nil {
		t.Fatal("there is no internal/forum")
	}
	for _, f := range p.Program() {
		for _, imported := range f.ImportPaths() {
			if slices.Contains(banned, imported) || strings.HasPrefix(imported, "net/") {
				t.Errorf("%s imports %s: the nouns are pure, so that their rules can be read and tested on their own", f.Path, imported)
			}
		}
	}
}

func TestPackages_say_what_they_are_for(t *testing.T) {
	t.Parallel()
	vague := []string{"util", "utils", "common", "helper", "helpers", "model", "models", "service", "services", "manager", "managers", "misc", "shared", "base", "core", "lib"}
	for dir, p := range load(t).Packages {
		if len(p.Program()) == 0 {
			continue
		}
		if slices.Contains(vague, p.Name) {
			t.Errorf("%s is called %s, which says nothing about what belongs there", dir, p.Name)
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command "
		}
		documented := slices.ContainsFunc(p.Program(), func(f *File) bool { return f.Doc != nil && strings.HasPrefix(f.Doc.Text(), want) })
		if !documented {
			t.Errorf("%s has no package comment that begins with %q: say what it is for and what it may not do", dir, want)
		}
	}
}

func TestRooms_name_packages_that_are_there(t *testing.T) {
	t.Parallel()
	planned := []string{"internal/rules", "internal/mail"}
	packages := load(t).Packages
	for dir := range rooms {
		if packages[dir] == nil && !slices.Contains(planned, dir) {
			t.Errorf("rooms has a line for %s, which is not there any more", dir)
		}
	}
}
