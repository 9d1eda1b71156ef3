package importer

import (
	"bytes"
	"context"
	"regexp"
	"strings"
)

// Commento reads the JSON export of Commento, which the first version of Comentario
// has too: comments, then the people who wrote them.
type Commento struct{}

// Name is the word for --format.
func (Commento) Name() string { return "commento" }

// Sniff looks for its version and its ids.
func (Commento) Sniff(_ string, head []byte) int {
	if exportVersion(head) == "1" && (bytes.Contains(head, []byte(`"commentHex"`)) || bytes.Contains(head, []byte(`"commenters"`))) {
		return 95
	}
	return 0
}

// Read emits the comments, once the names of their authors are known, and the
// pages at the end.
func (Commento) Read(ctx context.Context, src Source, emit func(Record) error) error {
	return readCommento(ctx, src, emit)
}

// Comentario reads the JSON export of Comentario: pages, comments, then people.
type Comentario struct{}

// Name is the word for --format.
func (Comentario) Name() string { return "comentario" }

// Sniff looks for its version and its lists.
func (Comentario) Sniff(_ string, head []byte) int {
	if v := exportVersion(head); (v == "2" || v == "3") && (bytes.Contains(head, []byte(`"pages"`)) || bytes.Contains(head, []byte(`"commenters"`))) {
		return 95
	}
	return 0
}

// Read emits the comments, once the names of their authors are known, and the
// pages at the end. It reads the first version, too.
func (Comentario) Read(ctx context.Context, src Source, emit func(Record) error) error {
	return readCommento(ctx, src, emit)
}

var versionFirst = regexp.MustCompile(`^\s*\{\s*"version"\s*:\s*(\d+)\s*[,}]`)

// exportVersion is the version that a JSON export begins with, "" where it does not.
func exportVersion(head []byte) string {
	if m := versionFirst.FindSubmatch(bytes.TrimPrefix(head, []byte(byteOrderMark))); m != nil {
		return string(m[1])
	}
	return ""
}

// commento is one file of either program being read.
type commento struct {
	*foreign
	names    map[string]commenter // by id
	named    bool                 // the list of people has begun
	waiting  *held                // for the names
	nameless bool                 // too many to wait for them
}

// commenter is whom the list of people tells of.
type commenter struct{ name, mail, page string }

func readCommento(ctx context.Context, src Source, emit func(Record) error) error {
	c := &commento{foreign: newForeign(src, emit), names: map[string]commenter{}, waiting: newHeld()}
	lists := func(path string) bool {
		return path == ".comments[]" || path == ".commenters[]" || path == ".pages[]"
	}
	if err := eachJSON(ctx, c.foreign, lists, c.take); err != nil {
		return err
	}
	if err := c.release(); err != nil {
		return err
	}
	if err := c.emitPages(); err != nil {
		return err
	}
	return c.finish()
}

func (c *commento) take(r jsonRecord) error {
	switch {
	case r.path == ".pages[]":
		return c.comentarioPage(r)
	case r.path == ".commenters[]":
		return c.person(r)
	case bytes.Contains(r.data, []byte(`"commentHex"`)):
		return c.first(r)
	}
	return c.third(r)
}

func (c *commento) person(r jsonRecord) error {
	var l struct {
		Hex   string `json:"commenterHex"`
		ID    string `json:"id"`
		Name  string `json:"name"`
		Email string `json:"email"`
		Link  string `json:"link"`
		Page  string `json:"websiteUrl"`
	}
	if ok, err := c.decode(r, &l); !ok {
		return err
	}
	c.drop(hashMail, l.Email)
	c.names[l.Hex+l.ID] = commenter{l.Name, mailAddress(l.Email), strings.TrimPrefix(l.Link, "undefined") + l.Page}
	c.named = true
	return nil
}

// first reads a comment of version 1.
func (c *commento) first(r jsonRecord) error {
	var l struct {
		Hex       string `json:"commentHex"`
		Domain    string `json:"domain"`
		Host      string `json:"host"`
		URL       string `json:"url"`
		Path      string `json:"path"`
		Commenter string `json:"commenterHex"`
		Markdown  string `json:"markdown"`
		HTML      string `json:"html"`
		Parent    string `json:"parentHex"`
		State     string `json:"state"`
		Created   string `json:"creationDate"`
		Deleted   bool   `json:"deleted"`
		Score     loose  `json:"score"`
	}
	if ok, err := c.decode(r, &l); !ok {
		return err
	}
	if l.Hex == "" {
		return c.refuse(r.at, fieldError{"commentHex", "is missing"}.Error(), string(r.data))
	}
	path := l.Path
	if path == "" {
		path = l.URL
	}
	p := c.standsAt(l.Domain+l.Host, path, r.at)
	n := Comment{ArticleKey: p.key, Key: l.Hex, ParentKey: l.Parent, State: "published", Anchor: Anchor("commento-", l.Hex)}
	if l.Parent == "root" || strings.Trim(l.Parent, "0") == "" {
		n.ParentKey = ""
	}
	switch {
	case l.Deleted || l.Markdown == "[deleted]":
		n.State = "removed"
		if l.Markdown == "[deleted]" {
			l.Markdown, l.HTML = "", ""
		}
	case l.State == "flagged", l.State == "spam":
		n.State = "spam"
	case l.State != "" && l.State != "approved":
		n.State = "held"
	}
	n.written(l.Markdown, l.HTML)
	c.drop(dropVotes, string(l.Score))
	return c.wait(r.at, n, l.Created, "", l.Commenter)
}

// standsAt finds the page of a path at a host. Either may be missing, and some
// files have a whole address for a path.
func (c *commento) standsAt(host, path string, at place) *commentPage {
	address := path
	if !strings.HasPrefix(path, "http://") && !strings.HasPrefix(path, "https://") {
		address = "/" + strings.TrimPrefix(path, "/")
		if host != "" {
			address = "https://" + host + address
		}
	}
	p := c.page(pageKey(address))
	if !p.used {
		p.url, p.site, p.at, p.used, p.open = address, host, at, true, true
	}
	return p
}

func (c *commento) comentarioPage(r jsonRecord) error {
	var l struct {
		ID       string `json:"id"`
		Path     string `json:"path"`
		Title    string `json:"title"`
		ReadOnly bool   `json:"isReadonly"`
	}
	if ok, err := c.decode(r, &l); !ok {
		return err
	}
	p := c.page("page " + l.ID)
	p.url, p.title, p.at, p.open = "/"+strings.TrimPrefix(l.Path, "/"), l.Title, r.at, !l.ReadOnly
	return nil
}

// third reads a comment of version 3.
func (c *commento) third(r jsonRecord) error {
	var l struct {
		ID          string `json:"id"`
		Parent      string `json:"parentId"`
		Page        string `json:"pageId"`
		Markdown    string `json:"markdown"`
		HTML        string `json:"html"`
		Approved    *bool  `json:"isApproved"`
		Pending     bool   `json:"isPending"`
		Deleted     bool   `json:"isDeleted"`
		Created     string `json:"createdTime"`
		Edited      string `json:"editedTime"`
		UserCreated string `json:"userCreated"`
		UserDeleted string `json:"userDeleted"`
		AuthorName  string `json:"authorName"`
		IP          string `json:"authorIp"`
		Score       loose  `json:"score"`
	}
	if ok, err := c.decode(r, &l); !ok {
		return err
	}
	if l.ID == "" {
		return c.refuse(r.at, fieldError{"id", "is missing"}.Error(), string(r.data))
	}
	p := c.page("page " + l.Page)
	p.used = true
	n := Comment{ArticleKey: p.key, Key: l.ID, ParentKey: l.Parent, State: "published", Anchor: Anchor("comentario-", l.ID)}
	if nobody(l.Parent) {
		n.ParentKey = ""
	}
	switch {
	case l.Deleted && l.UserDeleted == l.UserCreated && !nobody(l.UserDeleted):
		n.State = "retracted"
	case l.Deleted:
		n.State = "removed"
	case l.Pending, l.Approved != nil && !*l.Approved:
		n.State = "held"
	}
	n.written(l.Markdown, l.HTML)
	c.drop(dropVotes, string(l.Score))
	c.drop(dropIP, l.IP)
	n.Author, _ = author(l.AuthorName)
	return c.wait(r.at, n, l.Created, l.Edited, l.UserCreated)
}

// nobody tells whether an id is none: that of people without an account, or a
// parent that is not there.
func nobody(id string) bool {
	return id == "anonymous" || strings.Trim(id, "0-") == ""
}

// wait completes a comment and emits it when its author's name is known.
func (c *commento) wait(at place, n Comment, created, edited, who string) (err error) {
	n.Kind, n.File, n.Line = KindComment, c.src.Name, at.line
	if n.CreatedAt, err = c.time(at, created); err != nil {
		return err
	}
	if n.EditedAt, err = c.time(at, edited); err != nil {
		return err
	}
	n.Ordinal = byTime(n.CreatedAt)
	if c.named || c.nameless || nobody(who) {
		return c.signed(n, who)
	}
	if c.waiting.add(n, who) {
		return nil
	}
	c.nameless = true
	if err := c.note(at, "Names stand at the end of the file, which is too large to wait for them; from here on comments are without.", ""); err != nil {
		return err
	}
	return c.signed(n, who)
}

// signed gives a comment its author and emits it. Comments are only known to be
// anonymous when the export says so; a missing name is unknown all the same.
func (c *commento) signed(n Comment, who string) error {
	if !nobody(who) && c.names[who].name != "" {
		known := c.names[who]
		n.Author, n.AuthorKind = author(known.name)
		n.AuthorKey, n.AuthorEmail, n.AuthorURL = who, known.mail, known.page
		return c.emit(n)
	}
	n.AuthorKind = "unknown"
	if n.Author != nil {
		n.AuthorKind = "imported"
	}
	return c.emit(n)
}

func (c *commento) release() error {
	return c.waiting.each(c.signed)
}
