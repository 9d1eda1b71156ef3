package main

import (
	"bufio"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"hustings/internal/postgres"
)

// shapes are threads of a site with so many comments in all, of the sizes that
// data-and-speed.md gives; always the same.
func shapes(comments int) iter.Seq[postgres.Shape] {
	return func(yield func(postgres.Shape) bool) {
		random := rand.New(rand.NewPCG(3, 4))
		for left := comments; left > 0; {
			s := ordinary(random, min(left, size(random.Float64())))
			left -= len(s)
			if !yield(s) {
				return
			}
		}
	}
}

// someTexts are texts to choose from: making one anew for each comment would take
// longer than importing it.
func someTexts(random *rand.Rand) []string {
	texts := make([]string, 2000)
	for i := range texts {
		texts[i] = words(random)
	}
	return texts
}

// wxrMaker writes an export as WordPress does, item by item, holding none.
type wxrMaker struct {
	w       *bufio.Writer
	site    string
	random  *rand.Rand
	texts   []string
	post    int
	comment int
	written int64
}

func newWXRMaker(w *bufio.Writer, site string) *wxrMaker {
	random := rand.New(rand.NewPCG(5, 6))
	m := &wxrMaker{w: w, site: site, random: random, texts: someTexts(random)}
	m.printf(`<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
	<title>%s</title>
	<link>https://%[1]s</link>
	<wp:wxr_version>1.2</wp:wxr_version>
	<wp:base_site_url>https://%[1]s</wp:base_site_url>
	<wp:base_blog_url>https://%[1]s</wp:base_blog_url>
`, site)
	return m
}

func (m *wxrMaker) printf(format string, args ...any) {
	n, _ := fmt.Fprintf(m.w, format, args...) //nolint:errcheck // Flush tells
	m.written += int64(n)
}

func (m *wxrMaker) end() { m.printf("</channel>\n</rss>\n") }

func (m *wxrMaker) text() string { return m.texts[m.random.IntN(len(m.texts))] }

// begun is when the site's first article was published.
var begun = time.Date(2008, 3, 1, 7, 30, 0, 0, time.UTC)

const wxrTime = "2006-01-02 15:04:05"

// item writes an article with a thread of this shape.
func (m *wxrMaker) item(s postgres.Shape) {
	m.post++
	at := begun.Add(time.Duration(m.post) * time.Hour).Format(wxrTime)
	m.printf(`	<item>
		<title>Article %d</title>
		<link>https://%s/2008/%[1]d/</link>
		<dc:creator><![CDATA[author]]></dc:creator>
		<guid isPermaLink="false">https://%[2]s/?p=%[1]d</guid>
		<description></description>
		<content:encoded><![CDATA[%[3]s]]></content:encoded>
		<excerpt:encoded><![CDATA[]]></excerpt:encoded>
		<wp:post_id>%[1]d</wp:post_id>
		<wp:post_date><![CDATA[%[4]s]]></wp:post_date>
		<wp:post_date_gmt><![CDATA[%[4]s]]></wp:post_date_gmt>
		<wp:comment_status><![CDATA[open]]></wp:comment_status>
		<wp:post_name><![CDATA[%[5]s-%[1]d]]></wp:post_name>
		<wp:status><![CDATA[publish]]></wp:status>
		<wp:post_parent>0</wp:post_parent>
		<wp:post_type><![CDATA[post]]></wp:post_type>
`, m.post, m.site, strings.Repeat(m.text()+"\n\n", 4), at, strings.TrimSuffix(m.site, ".example"))
	first := m.comment + 1
	for _, parent := range s {
		m.comment++
		up := 0
		if parent >= 0 {
			up = first + parent
		}
		m.writeComment(up)
	}
	m.printf("\t</item>\n")
}

// peopleOfSite is how many people write on a generated site.
const peopleOfSite = 5000

func (m *wxrMaker) writeComment(parent int) {
	text := m.text()
	half := strings.IndexByte(text[len(text)/2:], ' ') + len(text)/2
	who := m.random.IntN(peopleOfSite)
	at := begun.Add(time.Duration(m.comment) * time.Minute).Format(wxrTime)
	m.printf(`		<wp:comment>
			<wp:comment_id>%d</wp:comment_id>
			<wp:comment_author><![CDATA[Person %d]]></wp:comment_author>
			<wp:comment_author_email><![CDATA[person-%[2]d@mail.example]]></wp:comment_author_email>
			<wp:comment_author_url></wp:comment_author_url>
			<wp:comment_author_IP><![CDATA[192.0.2.%[3]d]]></wp:comment_author_IP>
			<wp:comment_date><![CDATA[%[4]s]]></wp:comment_date>
			<wp:comment_date_gmt><![CDATA[%[4]s]]></wp:comment_date_gmt>
			<wp:comment_content><![CDATA[%[5]s

%[6]s]]></wp:comment_content>
			<wp:comment_approved><![CDATA[1]]></wp:comment_approved>
			<wp:comment_type><![CDATA[comment]]></wp:comment_type>
			<wp:comment_parent>%[7]d</wp:comment_parent>
			<wp:comment_user_id>0</wp:comment_user_id>
		</wp:comment>
`, m.comment, who, who%250, at, text[:half], text[half:], parent)
}
