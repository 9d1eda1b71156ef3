package importer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStaticman_golden_files(t *testing.T) {
	t.Parallel()
	for _, file := range samplesOf(t, "staticman") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := Sniff("import.dat", data); err != nil || f.Name() != "markdown" {
			t.Errorf("%s is taken for %v: %v", file, f, err)
		}
		var list []Record
		src := Source{Name: "site/_data/comments/Lime-Scale/" + filepath.Base(file), R: strings.NewReader(string(data))}
		if err := (Markdown{}).Read(context.Background(), src, func(r Record) error {
			list = append(list, r)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		checkGolden(t, file+".golden", describePage(list))
	}
}

func TestStaticman_finds_its_article_by_its_folder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, parent, want string }{
		{"_data/comments/lime-scale/entry1.yml", "", "lime-scale"},
		{"data\\comments\\salt\\x.yml", "https://a.example/pepper/", "salt"},
		{"comments/x.yml", "https://a.example/2014/05/pepper.html", "pepper"},
		{"x.yml", "/2014/05/pepper/", "pepper"},
		{"x.yml", "", ""},
		{"_data/comments/x.yml", "/", ""},
	} {
		same(t, c.file, remarkSlug(c.file, c.parent), c.want)
	}
	for _, c := range []struct{ file, slug, want string }{
		{"_posts/2014-05-03-lime-scale.md", "lime-scale", "slug lime-scale slug 2014-05-03-lime-scale"},
		{"content/post/Salt/index.md", "", "slug salt"},
		{"salt.md", "salt", "slug salt"},
		{"-", "", ""},
	} {
		same(t, c.file, strings.Join(slugKeys(c.file, c.slug), " "), c.want)
	}
}

func TestMarkdown_front_matter_has_bounds(t *testing.T) {
	t.Parallel()
	for what, data := range map[string]string{
		"deep TOML":      "+++\ntitle = \"x\"\na = " + strings.Repeat("[", 100_000) + "\n+++\n",
		"deep YAML":      "---\ntitle: x\na: " + strings.Repeat("[", 100_000) + "\n---\n",
		"deep JSON":      `{"title":"x","a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}\n\nText",
		"dotted TOML":    "+++\ntitle = [\"x\"]\na" + strings.Repeat(".a", 20_000) + " = 1\n+++\nx",
		"long YAML":      "---\ntitle: x\na: " + strings.Repeat("x", maxFront) + "\n---\n",
		"deep Staticman": "_id: 1\nmessage: x\na: " + strings.Repeat("[", 100_000),
	} {
		refused := 0
		src := Source{Name: "a/b.md", R: strings.NewReader(data)}
		if err := (Markdown{}).Read(context.Background(), src, func(r Record) error {
			if p, is := r.(Problem); is && p.Refused {
				refused++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if refused != 1 {
			t.Errorf("%s: refused %d times", what, refused)
		}
	}
}
