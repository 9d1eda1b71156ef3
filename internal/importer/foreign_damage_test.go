package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keysOf are the keys of the comments among records.
func keysOf(list []Record) map[string]bool {
	keys := map[string]bool{}
	for _, r := range list {
		if c, ok := r.(Comment); ok {
			keys[c.Key] = true
		}
	}
	return keys
}

// TestForeign_cut_off_anywhere_keeps_what_came_before cuts every sample at many
// places: whatever a cut file gives, a longer one gives, too.
func TestForeign_cut_off_anywhere_keeps_what_came_before(t *testing.T) {
	t.Parallel()
	for _, sample := range []string{"disqus/ordinary.xml", "remark42/ordinary.json", "commento/ordinary.json", "comentario/ordinary.json",
		"isso/dump.sql", "isso/rows.json", "blogger/old.xml", "blogger/takeout.xml"} {
		t.Run(sample, func(t *testing.T) {
			t.Parallel()
			folder, _ := filepath.Split(sample)
			format := foreignFormats[strings.Trim(folder, "/")]
			data, err := os.ReadFile("testdata/" + sample)
			if err != nil {
				t.Fatal(err)
			}
			var before map[string]bool
			for cut := 0; cut < len(data)+23; cut += 23 {
				now := keysOf(recordsOf(t, format, string(data[:min(cut, len(data))])))
				for key := range before {
					if !now[key] {
						t.Fatalf("cut at %d: comment %s is lost", cut, key)
					}
				}
				before = now
			}
			if len(before) < 2 {
				t.Errorf("only %d comments at the end", len(before))
			}
		})
	}
}

// A file that ends between two records is no whole one either.
func TestForeign_cut_off_between_records_says_so(t *testing.T) {
	t.Parallel()
	for sample, end := range map[string]string{"disqus/ordinary.xml": "</post>", "blogger/old.xml": "</entry>", "blogger/takeout.xml": "</entry>", "mt/ordinary.txt": "\n-----\n"} {
		folder, _ := filepath.Split(sample)
		data, err := os.ReadFile("testdata/" + sample)
		if err != nil {
			t.Fatal(err)
		}
		early := func(file string) (n int) {
			for _, r := range recordsOf(t, foreignFormats[strings.Trim(folder, "/")], file) {
				if p, ok := r.(Problem); ok && p.Refused && p.Reason == readReason(io.ErrUnexpectedEOF) {
					n++
				}
			}
			return n
		}
		if n := early(string(data)); n != 0 {
			t.Errorf("%s: the whole file ends too early", sample)
		}
		parts := strings.SplitAfter(string(data), end)
		for i := 1; i < len(parts)-1; i++ {
			if n := early(strings.Join(parts[:i], "")); n != 1 {
				t.Errorf("%s: cut behind the %dth %q it says so %d times", sample, i, end, n)
			}
		}
	}
}

func TestForeign_is_read_from_gzip_as_well(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/remark42/ordinary.json")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(data) //nolint:errcheck // into memory
	w.Close()     //nolint:errcheck // likewise
	var got []Record
	name, err := Read(context.Background(), Source{Name: "backup", R: &packed}, "auto", func(r Record) error {
		got = append(got, r)
		return nil
	})
	if err != nil || name != "remark42" || len(keysOf(got)) != 5 {
		t.Errorf("%s, %d records, %v", name, len(got), err)
	}
}

func TestForeign_reading_ends_with_the_error_of_whoever_takes_the_records(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	for folder, format := range foreignFormats {
		for _, file := range samplesOf(t, folder) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for after := range 3 {
				n := 0
				err := format.Read(context.Background(), Source{Name: "f", R: bytes.NewReader(data)}, func(Record) error {
					if n++; n > after {
						return stop
					}
					return nil
				})
				if !errors.Is(err, stop) || n != after+1 {
					t.Errorf("%s after %d: %v, %d records", file, after, err, n)
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if err := format.Read(ctx, Source{Name: "f", R: bytes.NewReader(data)}, func(Record) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v of a cancelled context", file, err)
			}
		}
	}
}

func TestForeign_refuses_one_record_that_is_too_long_and_reads_on(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxRecord)
	for name, text := range map[string]string{
		"disqus": `<disqus><thread id="1"><link>https://a.example/b</link></thread><post id="1"><thread id="1"/><message>` + long +
			`</message></post><post id="2"><thread id="1"/><message>good</message></post></disqus>`,
		"remark42": `{"version":1}` + "\n" + `{"id":"1","text":"` + long + `","locator":{"url":"https://a.example/b"}}` + "\n" +
			`{"id":"2","text":"good","locator":{"url":"https://a.example/b"}}`,
		"isso": "INSERT INTO comments VALUES(1,1,NULL,1.0,NULL,1,'x','" + long + "');\nINSERT INTO comments VALUES(1,2,NULL,1.0,NULL,1,'x','good');",
	} {
		list := recordsOf(t, foreignFormats[name], text)
		refused := 0
		for _, r := range list {
			if p, ok := r.(Problem); ok && p.Refused {
				refused++
			}
		}
		keys := keysOf(list)
		if refused != 1 || len(keys) != 1 || !keys["2"] && !keys["isso 2"] {
			t.Errorf("%s: %d refused, comments %v", name, refused, keys)
		}
	}
}

func TestPageKey_is_one_for_the_addresses_of_one_page(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://Kettles.example/a/b/":                  "kettles.example/a/b",
		"https://www.kettles.example/a/b?utm_source=x": "kettles.example/a/b",
		"https://kettles.example:443/a/b#comment-3":    "kettles.example/a/b",
		"https://kettles.example:8443/a/b":             "kettles.example:8443/a/b",
		"https://kettles.example/?p=12&fbclid=x":       "kettles.example?p=12",
		"https://kettles.example/?p=13":                "kettles.example?p=13",
		"https://kettles.example/#!page":               "kettles.example#!page",
		"/a/b/":                                        "/a/b",
		"/":                                            "/",
		"":                                             "/",
		"https://kettles.example/%C3%A4?b=2&a=1&utm_medium=": "kettles.example/%C3%A4?a=1&b=2",
	} {
		if got := pageKey(address); got != want {
			t.Errorf("%s gives %s, want %s", address, got, want)
		}
	}
}

func TestMovableType_reads_times_in_the_zone_of_the_source(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*60*60)
	for text, want := range map[string]string{
		"01/31/2004 03:31:05 PM": "2004-01-31T13:31:05Z",
		"01/31/2004 12:00:00 AM": "2004-01-30T22:00:00Z",
		"01/31/2004 15:31:05":    "2004-01-31T13:31:05Z",
		"01/31/2004 03:31:05 pm": "2004-01-31T13:31:05Z",
		"1/2/2004 3:31:05 AM":    "2004-01-02T01:31:05Z",
		"31/01/2004 15:31:05":    "",
		"":                       "",
	} {
		m := &movable{foreign: newForeign(Source{Zone: zone}, func(Record) error { return nil })}
		got, err := m.date(place{}, text)
		if err != nil || exact(got) != want {
			t.Errorf("%q gives %q, want %q (%v)", text, exact(got), want, err)
		}
	}
}

func TestFullLinks_writes_out_what_was_shortened(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`<a href="https://a.example/long/way">https://a.example/lo...</a>`: `<a href="https://a.example/long/way">https://a.example/long/way</a>`,
		`<a href="https://a.example/long/way">a.example/lo…</a>`:           `<a href="https://a.example/long/way">https://a.example/long/way</a>`,
		`<a href="https://a.example/x">well ...</a>`:                       `<a href="https://a.example/x">well ...</a>`,
		`<a href="https://a.example/?a=1&amp;b=2">this</a>`:                `<a href="https://a.example/?a=1&amp;b=2">this</a>`,
		`<a href="http://disq.us/url?url=javascript%3Aalert(1)%3Ax">y</a>`: `<a href="http://disq.us/url?url=javascript%3Aalert(1)%3Ax">y</a>`,
		`<a name=x>z</a>`: `<a name=x>z</a>`,
		`a < b`:           `a < b`,
	} {
		if got := fullLinks(message); got != want {
			t.Errorf("%s gives\n%s, want\n%s", message, got, want)
		}
	}
}
