package importer

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func discard(Record) error { return nil }

func bench(b *testing.B, f Format, file string, records int) {
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Read(context.Background(), Source{Name: "b", R: strings.NewReader(file)}, discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkText(b *testing.B) {
	var s strings.Builder
	s.WriteString("Title\n\nBody.\n\n")
	body := strings.Repeat("Some words of a comment, not many. ", 8)
	for i := 1; i <= 2500; i++ {
		fmt.Fprintf(&s, "  %d. Ann says:\n\n    %s\n\n    %s\n\n    1. Bo says:\n\n      %s\n\n      1. Cy says:\n\n        %s\n\n", i, body, body, body, body)
	}
	bench(b, Text{}, s.String(), 7501)
}

func BenchmarkJSONL(b *testing.B) {
	var s strings.Builder
	body := strings.Repeat("Some words of a comment, not many. ", 8)
	for i := range 5000 {
		fmt.Fprintf(&s, `{"type":"comment","article":"tea","id":"%036d","parent":null,"path":"%d","depth":1,"author":"Ann","author_kind":"imported","created_at":"2021-07-26T17:31:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>%s</p>","body_text":"%s"}`+"\n", i, i, body, body)
	}
	bench(b, JSONL{}, s.String(), 5000)
}
