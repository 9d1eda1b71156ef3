package importer

import (
	"bytes"
	"context"
	"regexp"
)

// Remark42 reads the backup of Remark42: one line about users and posts, then one
// JSON object for each comment. Comments are grouped by the address they stand at.
type Remark42 struct{}

var remarkMeta = regexp.MustCompile(`^\s*\{\s*"version"\s*:\s*\d+\s*,\s*"(users|posts)"\s*:`)

// Name is the word for --format.
func (Remark42) Name() string { return "remark42" }

// Sniff looks for the first line, or for a comment with its place.
func (Remark42) Sniff(_ string, head []byte) int {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	switch {
	case !bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")):
		return 0
	case remarkMeta.Match(head) || bytes.Contains(head, []byte(`"locator"`)) && bytes.Contains(head, []byte(`"pid"`)):
		return 95
	}
	return 0
}

// remarkLine is the first line or a comment.
type remarkLine struct {
	Posts []struct {
		URL      string `json:"url"`
		ReadOnly bool   `json:"read_only"`
	} `json:"posts"`
	ID   loose  `json:"id"`
	PID  loose  `json:"pid"`
	Text string `json:"text"`
	Orig string `json:"orig"`
	User struct {
		Name string `json:"name"`
		ID   string `json:"id"`
		IP   string `json:"ip"`
	} `json:"user"`
	Locator *struct {
		Site string `json:"site"`
		URL  string `json:"url"`
	} `json:"locator"`
	Score loose  `json:"score"`
	Time  string `json:"time"`
	Edit  *struct {
		Time string `json:"time"`
	} `json:"edit"`
	Deleted bool   `json:"delete"`
	Title   string `json:"title"`
}

// Read emits the comments as they come and the pages at the end.
func (Remark42) Read(ctx context.Context, src Source, emit func(Record) error) error {
	r := &remark{newForeign(src, emit)}
	err := eachJSON(ctx, r.foreign, func(path string) bool { return path == "" }, r.take)
	if err != nil {
		return err
	}
	if err := r.emitPages(); err != nil {
		return err
	}
	return r.finish()
}

// remark is one file being read.
type remark struct{ *foreign }

func (r *remark) take(rec jsonRecord) error {
	var l remarkLine
	if ok, err := r.decode(rec, &l); !ok {
		return err
	}
	switch {
	case l.Locator == nil && l.ID == "":
		return r.meta(l)
	case l.Locator == nil || l.Locator.URL == "":
		return r.refuse(rec.at, "The comment says no address that it stands at.", string(rec.data))
	case l.ID == "":
		return r.refuse(rec.at, fieldError{"id", "is missing"}.Error(), string(rec.data))
	}
	p := r.page(pageKey(l.Locator.URL))
	p.isAt(l.Locator.URL)
	if p.at.line == 0 {
		p.at = rec.at
	}
	if p.site == "" {
		p.site = l.Locator.Site
	}
	if p.title == "" {
		p.title = l.Title
	}
	if !p.used {
		p.used, p.open = true, !p.closed
	}
	return r.comment(rec.at, l, p.key)
}

// meta reads the first line: posts that take no more comments.
func (r *remark) meta(l remarkLine) error {
	for _, post := range l.Posts {
		p := r.page(pageKey(post.URL))
		p.isAt(post.URL)
		p.closed = p.closed || post.ReadOnly
		p.open = p.used && !p.closed
	}
	return nil
}

func (r *remark) comment(at place, l remarkLine, page string) error {
	created, err := r.time(at, l.Time)
	if err != nil {
		return err
	}
	c := Comment{ArticleKey: page, Key: string(l.ID), ParentKey: string(l.PID), Kind: KindComment, State: "published",
		CreatedAt: created, Ordinal: byTime(created), File: r.src.Name, Line: at.line}
	r.drop(dropIP, l.User.IP)
	r.drop(dropVotes, string(l.Score))
	if l.User.ID != "deleted" {
		c.Author, c.AuthorKind = author(unescape(l.User.Name))
		c.AuthorKey = l.User.ID
	} else {
		c.AuthorKind = "unknown"
	}
	c.Anchor = Anchor("remark42__comment-", c.Key)
	if l.Edit != nil {
		if c.EditedAt, err = r.time(at, l.Edit.Time); err != nil {
			return err
		}
	}
	if l.Deleted {
		c.State = "removed"
	}
	c.written(l.Orig, l.Text)
	return r.emit(c)
}

// written sets the text of a comment that was typed as Markdown; page is the HTML
// that readers saw, where the export has it.
func (c *Comment) written(markdown, page string) {
	if markdown != "" {
		c.SourceText = &markdown
	}
	switch {
	case page != "":
		c.BodyHTML = &page
	case markdown == "":
		empty := ""
		c.BodyText = &empty
	}
}
