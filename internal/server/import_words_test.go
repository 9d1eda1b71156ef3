package server_test

import (
	"archive/zip"
	"net/http"
	"strings"
	"testing"
)

func TestImport_that_brings_nothing_says_so_and_offers_nothing_to_take_back(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	found, _ := b.sent(nil, "odd.jsonl", `{"odd":1}`+"\n")
	_, p := b.arrives(b.post(found+"/apply", nil).wants(http.StatusSeeOther).location())
	p.In("h1", "Nothing was imported")
	p.In(".standfirst", "In odd.jsonl there was nothing that can be read.")
	p.None(".figures")
	p.None("main .stop")
	b.get("/admin/import").page().In(".log li", "nothing was imported")
	p = b.get(found + "/undo").wants(200).page()
	p.In("h1", "Nothing to take back")
	p.None("main .stop")
}

func TestImport_says_that_one_article_in_two_files_is_one(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	article := `{"type":"article","id":"a","slug":"s","title":"T"}` + "\n"
	comment := `{"type":"comment","parent":null,"article":"s","id":"%","body_text":"It was there."}` + "\n"
	found, p := b.sent(map[string]string{"source": "old"}, "one.jsonl", article+strings.Replace(comment, "%", "1", 1), "two.jsonl", article+strings.Replace(comment, "%", "2", 1))
	p.In("h1", "1 article and 2 comments")
	p.In(".standfirst", "2 files (one.jsonl …)")
	p.In("main ul.hint", "1 article stands in more than one file; it is one article")
	p.In(".figures tbody tr:first-child td:last-child", "0")
	p.In("main .go", "Import 1 new article and 2 new comments")
	b.get(found, "Accept-Language", "de").page().In("main .go", "1 neuen Artikel und 2 neue Kommentare importieren")
}

func TestImport_says_what_archives_were_unpacked_into(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	var packed strings.Builder
	w := zip.NewWriter(&packed)
	for name, text := range map[string]string{"wheel.txt": wheelbarrow, "ladder.txt": strings.Replace(wheelbarrow, "wheelbarrow", "ladder", 1)} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, p := b.sent(nil, "both.zip", packed.String(), "spade.txt", strings.Replace(wheelbarrow, "wheelbarrow", "spade", 1))
	p.In(".standfirst", "2 files (both.zip …)")
	p.In("h2:contains('file')", "2 files")
	p.In("h2 + .hint", "1 archive was unpacked into 2 files.")
}

func TestImport_says_which_articles_readers_do_not_see(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	found, p := b.sent(nil, "theme.xml", themeTest())
	p.In("main ul.hint", "2 comments are spam at the source and are not shown")
	_, p = b.arrives(b.post(found+"/apply", nil).location())
	for slug, words := range map[string]string{"a-draft": "draft", "tomorrow": "scheduled", "mine": "private"} {
		p.In(`main li:has(a[href="/articles/`+slug+`"]) .hint`, words)
	}
}
