package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestParcel_gives_back_what_was_put_in(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	p := NewParcel(&packed)
	article := "https://pond.example/?p=1=\n\"é"
	long := strings.Repeat("https://pond.example/a/", 200)
	for _, err := range []error{
		p.Add("https://pond.example/feed/", "", 5, strings.NewReader("first")),
		p.Problem(Problem{File: long, Reason: "pond.example takes too long to answer."}),
		p.Add("https://pond.example/../feed\x00", article, 6, strings.NewReader("second and more")),
		p.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := Unpack(context.Background(), Source{Name: "https://pond.example/", R: &packed}, func(s Source) error {
		data, err := io.ReadAll(s.R)
		got = append(got, fmt.Sprintf("%s|%s|%s", s.Name, s.Article, data))
		return err
	}, func(problem Problem) error {
		got = append(got, fmt.Sprintf("%s|%v|%s", problem.File, problem.Refused, problem.Reason))
		return nil
	})
	want := []string{"https://pond.example/feed/||first", long + "|true|pond.example takes too long to answer.",
		"https://pond.example/../feed\uFFFD|" + article + "|second"}
	if err != nil || !slices.Equal(got, want) || p.Files() != 3 {
		t.Errorf("%d files, %v:\n%q\nnot\n%q", p.Files(), err, got, want)
	}
}

func TestEmit_puts_comments_on_their_article(t *testing.T) {
	t.Parallel()
	var got []Record
	emit := Source{Article: "a"}.Emit(func(r Record) error {
		got = append(got, r)
		return nil
	})
	for _, r := range []Record{Article{Key: "b"}, Comment{Key: "1", ArticleKey: "b"}, Problem{Line: 3}} {
		if err := emit(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 2 || got[0].(Comment).ArticleKey != "a" || got[1].(Problem).Line != 3 {
		t.Errorf("%+v", got)
	}
}

func TestParcel_says_for_which_site_its_files_speak(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewParcel(&b)
	p.SpeaksFor("https://www.Pond.example/news/feed/")
	feed := `<rss version="2.0"><channel><title>A</title>` +
		`<item><title>Ours</title><link>https://pond.example/news/1</link></item>` +
		`<item><title>Theirs</title><link>https://lake.example/1</link></item></channel></rss>`
	if err := errors.Join(p.Add("https://pond.example/feed", "", int64(len(feed)), strings.NewReader(feed)), p.Close()); err != nil {
		t.Fatal(err)
	}
	var sites []string
	err := Unpack(context.Background(), Source{Name: "parcel", R: &b}, func(src Source) error {
		opened, _, err := Open(src)
		if err != nil {
			return err
		}
		return Feed{}.Read(context.Background(), opened, opened.Emit(func(r Record) error {
			if a, ok := r.(Article); ok {
				sites = append(sites, a.Title+" "+a.Site)
			}
			return nil
		}))
	}, func(p Problem) error { return errors.New(p.Reason) })
	if err != nil || len(sites) != 2 || !strings.HasPrefix(sites[0], "Ours pond.example") || sites[1] != "Theirs pond.example" {
		t.Errorf("%q, %v", sites, err)
	}
}
