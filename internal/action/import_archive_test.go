package action_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// zipFile packs names and contents, one after the other.
func zipFile(t *testing.T, list ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for pair := range slices.Chunk(list, 2) {
		w, err := z.Create(pair[0])
		if err == nil {
			_, err = io.WriteString(w, pair[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImport_reads_an_archive_as_its_files(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	packed := zipFile(t, "__MACOSX/._one", "x", "inner/one.txt", "One\n\nFirst text.\n", "inner/bad.jsonl", `{"type":"hustings","version":1}`+"\n{oops\n",
		"two.jsonl", `{"type":"hustings","version":1}`+"\n"+`{"type":"article","slug":"two","title":"Two"}`+"\n")
	in := action.ImportInput{Files: []action.ImportFile{textFile("a.zip", string(packed)), textFile("empty.zip", string(zipFile(t)))}}
	out := d.take(in)
	if want := []string{"a.zip/inner/one.txt", "a.zip/inner/bad.jsonl", "a.zip/two.jsonl", "empty.zip"}; !slices.Equal(out.Files, want) {
		t.Errorf("files %q, want %q", out.Files, want)
	}
	if out.Articles.New != 2 || out.Format != "mixed" || len(out.Refused) != 2 ||
		out.Refused[0].File != "a.zip/inner/bad.jsonl" || out.Refused[0].Line != 2 || out.Refused[1].File != "empty.zip" {
		t.Errorf("%+v", out.Report)
	}
	if out = d.take(in); out.Articles.Same != 2 || out.Articles.New+out.Articles.Changed != 0 {
		t.Errorf("a second time: %+v", out.Articles)
	}
}

// owner is an admin of the desk's site.
func (d *desk) owner() (v forum.Viewer) {
	d.t.Helper()
	v.Role = forum.Admin
	err := d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		return tx.QueryRow(ctx, `insert into person (kind, role, name, handle, skeleton) values ('member', 'admin', 'Ada', 'ada', 'ada') returning id`).Scan(&v.ID)
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func TestImportJob_takes_an_archive_apart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ada := d.owner()
	id := d.sent(ada, string(zipFile(t, "one.txt", "One\n\nFirst text.\n", "deeper/two.txt", "Two\n\nSecond text.\n")))
	d.ok(d.act.LookImport(t.Context(), ada, id))
	d.work()
	_, found := d.is(ada, id, postgres.JobFound)
	if found.Articles.New != 2 || len(found.Each) != 2 || found.Each[1].Name != "folder/file0.jsonl/deeper/two.txt" {
		t.Errorf("%+v", found)
	}
}

func TestImport_renders_articles_in_Markdown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := action.ImportInput{Files: []action.ImportFile{textFile("site.zip", string(zipFile(t,
		"_posts/2014-05-03-lime-scale.md", "---\ntitle: Lime\nauthor: Ada\n---\nUse *vinegar*.<script>x</script>\n",
		"_posts/2014-05-04-ink.html", "---\ntitle: Ink\ndraft: true\n---\n<p>Blue <em>ink</em></p>\n")))}}
	out := d.take(in)
	if out.Articles.New != 2 || len(out.Refused)+len(out.Repairs) != 0 || out.Format != "markdown" {
		t.Errorf("%+v", out.Report)
	}
	all := d.export()
	for _, want := range []string{`"slug":"lime-scale"`, `<p>Use <em>vinegar</em>.</p>`, `"published_at":"2014-05-03T00:00:00Z"`, `"slug":"ink"`, `"state":"draft"`, `<p>Blue <em>ink</em></p>`} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %s in %s", want, all)
		}
	}
	if out = d.take(in); out.Articles.Same != 2 {
		t.Errorf("a second time: %+v", out.Articles)
	}
}
