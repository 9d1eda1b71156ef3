package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Isso reads the discussions of Isso, which has no export of its own: its database
// as "sqlite3 comments.db .dump" writes it, or as JSON rows ("sqlite3 -json"), and
// the JSON that Isso imports.
type Isso struct{}

// Name is the word for --format.
func (Isso) Name() string { return "isso" }

var (
	issoTables  = regexp.MustCompile(`(?i)(create table|insert into)\s+(if not exists\s+)?["'\x60\[]?(comments|threads)\b`)
	issoColumns = regexp.MustCompile(`(?i)\b(tid|remote_addr|voters|uri)\b`)
	issoThreads = regexp.MustCompile(`^\s*\[\s*\{\s*"(comments|id|title|tid|uri)"\s*:`)
)

// Sniff looks for its tables, or for lists with its columns.
func (Isso) Sniff(_ string, head []byte) int {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	switch {
	case issoTables.Match(head) && (issoColumns.Match(head) || bytes.Contains(head, []byte("INTO threads VALUES"))) && head[0] != '{' && head[0] != '[':
		return 90
	case !issoThreads.Match(head):
		return 0
	case hasAll(head, `"tid"`, `"mode"`), hasAll(head, `"comments"`, `"remote_addr"`), hasAll(head, `"uri"`, `"title"`, `"id"`):
		return 95
	case hasAll(head, `"comments"`, `"author"`, `"created"`):
		return 80
	}
	return 0
}

func hasAll(head []byte, list ...string) bool {
	for _, s := range list {
		if !bytes.Contains(head, []byte(s)) {
			return false
		}
	}
	return true
}

// Read emits threads and comments as they come.
func (Isso) Read(ctx context.Context, src Source, emit func(Record) error) error {
	i := &isso{foreign: newForeign(src, emit)}
	in := newPosReader(src.R)
	var err error
	switch in.firstByte() {
	case '[', '{':
		i.src.R = in
		err = eachJSON(ctx, i.foreign, func(path string) bool {
			return path == "[]" || path == ".threads[]" || path == ".comments[]"
		}, i.row)
	default:
		err = i.dump(ctx, in)
	}
	if err != nil {
		return err
	}
	return i.finish()
}

// isso is one file being read.
type isso struct{ *foreign }

// issoRow is a row of either table, with the names of Isso's columns; in the JSON
// that Isso imports, a thread with its comments.
type issoRow struct {
	TID      loose             `json:"tid"`
	ID       loose             `json:"id"`
	Parent   loose             `json:"parent"`
	Created  loose             `json:"created"`
	Modified loose             `json:"modified"`
	Mode     loose             `json:"mode"`
	IP       loose             `json:"remote_addr"`
	Text     *string           `json:"text"`
	Author   string            `json:"author"`
	Email    string            `json:"email"`
	Website  string            `json:"website"`
	Likes    loose             `json:"likes"`
	Dislikes loose             `json:"dislikes"`
	URI      string            `json:"uri"`
	Title    string            `json:"title"`
	Comments []json.RawMessage `json:"comments"`
}

func (i *isso) row(r jsonRecord) error {
	var l issoRow
	if ok, err := i.decode(r, &l); !ok {
		return err
	}
	switch {
	case l.Comments != nil:
		return i.generic(r, l)
	case l.Text == nil && l.TID == "":
		return i.thread(r.at, l)
	}
	return i.rowComment(r.at, l)
}

// thread reads a row of the table of threads.
func (i *isso) thread(at place, l issoRow) error {
	if l.ID == "" || l.URI == "" {
		return i.refuse(at, "The thread says no id or no address.", "")
	}
	return i.article(at, "isso thread "+string(l.ID), l.URI, l.Title)
}

func (i *isso) article(at place, key, uri, title string) error {
	return i.emit(Article{Key: key, Title: pageTitle(title, uri), SourceURL: i.address(uri, ""), Site: hostOf(uri),
		State: "published", Replies: "open", File: i.src.Name, Line: at.line})
}

// hostOf is the host of an address, "" where it has none.
func hostOf(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		return strings.ToLower(host)
	}
	return ""
}

// rowComment reads a row of the table of comments, perhaps joined with its thread.
func (i *isso) rowComment(at place, l issoRow) error {
	if l.ID == "" || l.TID == "" {
		return i.refuse(at, "The comment says no id or no thread.", "")
	}
	c := Comment{ArticleKey: "isso thread " + string(l.TID), Key: "isso " + string(l.ID)}
	if l.Parent != "" {
		c.ParentKey = "isso " + string(l.Parent)
	}
	if l.URI != "" && i.pages[c.ArticleKey] == nil {
		i.page(c.ArticleKey)
		if err := i.article(at, c.ArticleKey, l.URI, l.Title); err != nil {
			return err
		}
	}
	return i.comment(at, c, l)
}

// generic reads a thread of the JSON that Isso imports. The ids of its comments
// count in their thread only; nobody answers anybody.
func (i *isso) generic(r jsonRecord, l issoRow) error {
	if l.ID == "" {
		return i.refuse(r.at, "The thread says no address.", string(r.data))
	}
	key := pageKey(string(l.ID))
	if err := i.article(r.at, key, string(l.ID), l.Title); err != nil {
		return err
	}
	return i.within(r, ".comments[]", func(r jsonRecord) error {
		var row issoRow
		if ok, err := i.decode(r, &row); !ok {
			return err
		}
		c := Comment{ArticleKey: key, Key: key + "#" + string(row.ID)}
		if row.Parent != "" {
			c.ParentKey = key + "#" + string(row.Parent)
		}
		return i.comment(r.at, c, row)
	})
}

func (i *isso) comment(at place, c Comment, l issoRow) (err error) {
	c.Kind, c.File, c.Line = KindComment, i.src.Name, at.line
	if c.CreatedAt, err = i.moment(at, string(l.Created)); err != nil {
		return err
	}
	if c.EditedAt, err = i.moment(at, string(l.Modified)); err != nil {
		return err
	}
	c.Ordinal = byTime(c.CreatedAt)
	c.Author, c.AuthorKind = author(l.Author)
	c.AuthorEmail, c.AuthorURL, c.Anchor = mailAddress(l.Email), l.Website, Anchor("isso-", string(l.ID))
	i.drop(hashMail, l.Email)
	i.drop(dropIP, string(l.IP))
	i.drop(dropVotes, strings.TrimPrefix(string(l.Likes+l.Dislikes), "0"))
	if c.State, err = i.state(at, string(l.Mode)); err != nil {
		return err
	}
	text := ""
	if l.Text != nil {
		text = strings.TrimRight(*l.Text, "\n")
	}
	c.written(text, "")
	return i.emit(c)
}

// state reads Isso's mode.
func (i *isso) state(at place, mode string) (string, error) {
	switch mode {
	case "1", "":
		return "published", nil
	case "2":
		return "held", nil
	case "4":
		return "removed", nil
	}
	return "held", i.note(at, "Its mode “"+excerpt(mode)+"” is not known; the comment is held.", "")
}

// moment reads a time as Isso stores it, seconds since 1970 with a fraction, or
// written out.
func (i *isso) moment(at place, text string) (*time.Time, error) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return i.time(at, text)
	}
	if seconds <= 0 || seconds > 253402300799 || math.IsNaN(seconds) {
		return nil, nil //nolint:nilnil // unknown
	}
	whole, part := math.Modf(seconds)
	return utc(time.Unix(int64(whole), int64(math.Round(part*1e6))*1000)), nil
}
