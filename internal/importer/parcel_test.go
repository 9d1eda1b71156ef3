package importer

import (
	"bytes"
	"context"
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
