package importer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// spotted are the records of one file of a format, each on lines of its own.
type spotted struct {
	head, tail string
	record     func(n int) string
}

var spottedFormats = map[string]spotted{
	"disqus": {
		"<disqus>\n<thread dsq:id=\"1\">\n<id/>\n<link>https://a.example/b</link>\n<title>B</title>\n</thread>\n", "</disqus>\n",
		func(n int) string {
			return fmt.Sprintf("<post dsq:id=\"%d\">\n<message><![CDATA[<p>Words of %[1]d</p>]]></message>\n<createdAt>2021-01-02T03:04:05Z</createdAt>\n"+
				"<author>\n<name>Ann</name>\n</author>\n<thread dsq:id=\"1\"/>\n</post>\n", n)
		},
	},
	"blogger": {
		"<feed>\n<entry>\n<id>tag:blogger.com,1999:blog-1.post-1</id>\n<blogger:type>POST</blogger:type>\n<title>B</title>\n</entry>\n", "</feed>\n",
		func(n int) string {
			return fmt.Sprintf("<entry>\n<id>tag:blogger.com,1999:blog-1.post-%d</id>\n<blogger:type>COMMENT</blogger:type>\n"+
				"<blogger:parent>tag:blogger.com,1999:blog-1.post-1</blogger:parent>\n<content type='html'>Words of %[1]d</content>\n</entry>\n", n)
		},
	},
	"remark42": {
		`{"version":1}` + "\n", "",
		func(n int) string {
			return fmt.Sprintf(`{"id":"%d","pid":"","text":"<p>Words of %[1]d</p>",`+"\n"+`"user":{"name":"Ann","id":"a"},"locator":{"site":"s","url":"https://a.example/b"},"time":"2021-01-02T03:04:05Z"}`+"\n", n)
		},
	},
	"commento": {
		"{\"version\":1,\"comments\":[\n", "{}],\"commenters\":[]}\n",
		func(n int) string {
			return fmt.Sprintf("{\"commentHex\":\"%d\",\"domain\":\"a.example\",\n\"url\":\"/b\",\"commenterHex\":\"anonymous\",\"markdown\":\"Words of %[1]d\",\n\"parentHex\":\"root\",\"state\":\"approved\"},\n", n)
		},
	},
	"comentario": {
		"{\"version\":3,\"pages\":[{\"id\":\"p1\",\"path\":\"/b\",\"title\":\"B\"}],\"comments\":[\n", "{}],\"commenters\":[]}\n",
		func(n int) string {
			return fmt.Sprintf("{\"id\":\"%d\",\"pageId\":\"p1\",\n\"html\":\"<p>Words of %[1]d</p>\",\"markdown\":\"Words of %[1]d\",\n\"isApproved\":true,\"createdTime\":\"2021-01-02T03:04:05Z\"},\n", n)
		},
	},
	"wxr": {
		"<rss xmlns:wp=\"http://wordpress.org/export/1.2/\">\n<channel>\n<item>\n<title>B</title>\n<guid>https://a.example/?p=1</guid>\n", "</item>\n</channel>\n</rss>\n",
		func(n int) string {
			return fmt.Sprintf("<wp:comment>\n<wp:comment_id>%d</wp:comment_id>\n<wp:comment_author><![CDATA[Ann]]></wp:comment_author>\n"+
				"<wp:comment_content><![CDATA[Words of %[1]d]]></wp:comment_content>\n<wp:comment_approved>1</wp:comment_approved>\n<wp:comment_parent>0</wp:comment_parent>\n</wp:comment>\n", n)
		},
	},
	"isso": {
		"CREATE TABLE threads (id INTEGER, uri VARCHAR, title VARCHAR);\nINSERT INTO threads VALUES(1,'/b','B');\n", "COMMIT;\n",
		func(n int) string {
			return fmt.Sprintf("INSERT INTO comments VALUES(1,%d,NULL,1371730000.5,NULL,1,'192.0.2.0',\n'Words of %[1]d','Ann',NULL,NULL,0,0,X'00',0);\n", n)
		},
	},
}

// Damage in several places of a file costs the records it is in and at most the one
// behind each, and problems stand in lines that the file has.
func TestForeign_damage_in_many_places_costs_only_what_is_damaged(t *testing.T) {
	t.Parallel()
	const records = 40
	for name, s := range spottedFormats {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			format, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(9, 9))
			for round := range 120 {
				var file strings.Builder
				file.WriteString(s.head)
				hurt := map[int]bool{}
				for n := 1000; n < 1000+records; n++ {
					record := []byte(s.record(n))
					if random.IntN(6) == 0 {
						hurt[n] = true
						record[random.IntN(len(record))] = `<>/"'&x{}[],:`[random.IntN(13)]
					}
					file.Write(record)
				}
				file.WriteString(s.tail)
				list := recordsOf(t, format, file.String())
				keys := map[string]bool{}
				for key := range keysOf(list) {
					keys[strings.TrimPrefix(key, "isso ")] = true
				}
				lost := 0
				for n := 1000; n < 1000+records; n++ {
					if !keys[fmt.Sprint(n)] && !hurt[n] {
						if lost++; !hurt[n-1] {
							t.Fatalf("round %d: comment %d is lost, though neither it nor the one before is damaged", round, n)
						}
					}
				}
				if lost > len(hurt) {
					t.Fatalf("round %d: %d whole comments lost with %d damaged ones", round, lost, len(hurt))
				}
				lines := strings.Count(file.String(), "\n") + 1
				for _, r := range list {
					if p, ok := r.(Problem); ok && p.Line > lines {
						t.Fatalf("round %d: %s in line %d of %d", round, p.Reason, p.Line, lines)
					}
				}
			}
		})
	}
}
