package importer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fuzzForeign feeds a reader anything. Whatever it is given, it ends, emits text,
// and makes no more of a file than the file has.
func fuzzForeign(f *testing.F, folder string) {
	files, _ := filepath.Glob("testdata/" + folder + "/*")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && filepath.Ext(file) != ".golden" {
			f.Add(data)
		}
	}
	format := foreignFormats[folder]
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &guard{t: t, known: map[string]bool{}}
		src := Source{Name: "f", R: strings.NewReader(string(data))}
		if err := format.Read(context.Background(), src, g.take); err != nil {
			t.Fatal(err)
		}
		// The shortest record is some bytes long and tells of itself at most a few
		// times; reasons, excerpts and keys take some hundred bytes each. What a
		// replaced or written-out text adds is less than eight times the text.
		if g.number > 8+len(data) || g.bytes > 12*len(data)+g.number*1000 {
			t.Fatalf("%d records, %d bytes of %d", g.number, g.bytes, len(data))
		}
		format.Sniff("f", data)
	})
}

func FuzzDisqus(f *testing.F)      { fuzzForeign(f, "disqus") }
func FuzzRemark42(f *testing.F)    { fuzzForeign(f, "remark42") }
func FuzzCommento(f *testing.F)    { fuzzForeign(f, "commento") }
func FuzzComentario(f *testing.F)  { fuzzForeign(f, "comentario") }
func FuzzIsso(f *testing.F)        { fuzzForeign(f, "isso") }
func FuzzBlogger(f *testing.F)     { fuzzForeign(f, "blogger") }
func FuzzWPREST(f *testing.F)      { fuzzForeign(f, "wprest") }
func FuzzMovableType(f *testing.F) { fuzzForeign(f, "mt") }
