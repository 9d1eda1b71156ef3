package importer

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Report is what one import command prints: how many records were new,
// changed or already here, and every line that was repaired or refused. Its
// JSON is a contract with other programs.
type Report struct {
	Format   string        `json:"format"` // "mixed" where files differ
	Files    []string      `json:"files"`
	DryRun   bool          `json:"dry_run"`
	Articles ArticleCounts `json:"articles"`
	Comments CommentCounts `json:"comments"`
	MaxDepth int           `json:"max_depth"`
	Figures
	Authors AuthorCounts `json:"authors,omitzero"`
	Repairs []Finding    `json:"repairs"`
	Refused []Finding    `json:"refused"`
	// Conflicts were changed at their source and here; what is here stays.
	Conflicts []Finding `json:"conflicts"`
	Seconds   float64   `json:"seconds"`
	// Estimated is about how many seconds the import itself takes; in a dry run only.
	Estimated float64 `json:"estimated_seconds,omitempty"`
	// Job is the number under which the import can be undone; 0: it can't be, as
	// after a dry run.
	Job int64 `json:"job,omitempty"`
}

// ArticleCounts counts articles by what the import did. Those that the source does
// not show to everybody are also one of the three.
type ArticleCounts struct {
	New     int `json:"new"`
	Changed int `json:"changed"`
	Same    int `json:"same"`

	Drafts    int `json:"drafts,omitempty"`
	Private   int `json:"private,omitempty"`
	Scheduled int `json:"scheduled,omitempty"`

	// Shared counts those that stand in several files of this import; Repeated is how
	// often they do so after the first, which Same counts too.
	Shared   int `json:"shared,omitempty"`
	Repeated int `json:"repeated,omitempty"`
}

// CommentCounts counts comments. New, Changed and Same are tree comments that
// have a body or an author; a held one is also one of the three, and so is one that
// is hidden at the source: as spam, removed by a moderator, taken back by its author
// or erased. Placeholders and link-backs are none of them.
type CommentCounts struct {
	New          int `json:"new"`
	Changed      int `json:"changed"`
	Same         int `json:"same"`
	Placeholders int `json:"placeholders"`
	Held         int `json:"held"`
	LinkBacks    int `json:"link_backs"`

	Spam      int `json:"spam,omitempty"`
	Removed   int `json:"removed,omitempty"`
	Retracted int `json:"retracted,omitempty"`
	Erased    int `json:"erased,omitempty"`
}

// Finding is a Problem as reports show it. What is not known of its place is 0 or
// "" and left out of the JSON, but for the file, the line and the reason.
type Finding struct {
	File   string `json:"file"`
	Line   int    `json:"line"`             // from 1; 0: the file as a whole
	Column int    `json:"column,omitempty"` // in bytes from 1
	// Byte is where it stands in the unpacked file, in bytes from 0.
	Byte   int64  `json:"byte,omitempty"`
	ID     string `json:"id,omitempty"` // that the source gives the record
	Reason string `json:"reason"`
	// Excerpt is what stands there: one line of at most 80 characters.
	Excerpt string `json:"excerpt,omitempty"`
	// Note tells of a repair that it put nothing right, but only tells something.
	Note bool `json:"note,omitempty"`
	// Ours is what stands here, where Excerpt is what the source says, both from the
	// place on where they differ; Comment is its number here. Of conflicts only.
	Ours    string `json:"ours,omitempty"`
	Comment int64  `json:"comment,omitempty"`
}

// finding is how a report shows a problem.
func (p Problem) finding() Finding {
	f := Finding{File: p.File, Line: p.Line, Column: p.Column, ID: excerpt(p.ID), Reason: p.Reason, Note: !p.Refused && !p.Conflict && IsNote(p.Reason),
		Excerpt: excerpt(withoutAddresses(printable(strings.Join(strings.Fields(p.Excerpt), " "))))}
	if p.Line > 0 && p.Offset >= 0 {
		f.Byte = p.Offset + int64(max(p.Column-1, 0))
	}
	return f
}

// printable is s without control characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// NewReport starts the report of one file; its lists are empty, never null.
func NewReport(format, file string) Report {
	return Report{Format: format, Files: []string{file}, Repairs: []Finding{}, Refused: []Finding{}, Conflicts: []Finding{}}
}

// Add lists a problem under refused, conflicts or repairs.
func (r *Report) Add(p Problem) {
	switch {
	case p.Refused:
		r.Refused = append(r.Refused, p.finding())
	case p.Conflict:
		r.Conflicts = append(r.Conflicts, p.finding())
	default:
		r.Repairs = append(r.Repairs, p.finding())
	}
}

// Read counts the records that were read well, whatever was done with them.
func (r Report) Read() int {
	a, c := r.Articles, r.Comments
	return a.New + a.Changed + a.Same + c.New + c.Changed + c.Same + c.Placeholders + c.LinkBacks
}

// Wrote tells whether something was, or would be, written for what was read.
func (r Report) Wrote() bool {
	a, c := r.Articles, r.Comments
	return a.New+a.Changed+c.New+c.Changed+c.Placeholders+c.LinkBacks+r.Redirects.New > 0
}

// Merge adds the report of another file of the same command. Merging into the
// zero Report takes over the other's format.
func (r *Report) Merge(o Report) {
	switch {
	case len(r.Files) == 0:
		r.Format = o.Format
	case r.Format != o.Format:
		r.Format = "mixed"
	}
	r.Files = append(notNil(r.Files), o.Files...)
	r.DryRun = r.DryRun || o.DryRun
	r.Articles.Add(o.Articles)
	r.Comments.Add(o.Comments)
	r.MaxDepth = max(r.MaxDepth, o.MaxDepth)
	r.AddFigures(o.Figures)
	r.Authors.New += o.Authors.New
	r.Authors.Known += o.Authors.Known
	r.Authors.Clash += o.Authors.Clash
	r.Repairs = append(notNil(r.Repairs), o.Repairs...)
	r.Refused = append(notNil(r.Refused), o.Refused...)
	r.Conflicts = append(notNil(r.Conflicts), o.Conflicts...)
	r.Seconds += o.Seconds
	r.Estimated += o.Estimated
}

// Add adds another count to this one.
func (c *ArticleCounts) Add(o ArticleCounts) {
	c.New += o.New
	c.Changed += o.Changed
	c.Same += o.Same
	c.Drafts += o.Drafts
	c.Private += o.Private
	c.Scheduled += o.Scheduled
	c.Shared += o.Shared
	c.Repeated += o.Repeated
}

// Said is how many comments have a body or an author, whatever was done with them.
func (c CommentCounts) Said() int { return c.New + c.Changed + c.Same }

// InTree is how many comments of threads there are, whatever was done with them.
func (c CommentCounts) InTree() int { return c.New + c.Changed + c.Same + c.Placeholders }

// Add adds another count to this one.
func (c *CommentCounts) Add(o CommentCounts) {
	c.New += o.New
	c.Changed += o.Changed
	c.Same += o.Same
	c.Placeholders += o.Placeholders
	c.Held += o.Held
	c.LinkBacks += o.LinkBacks
	c.Spam += o.Spam
	c.Removed += o.Removed
	c.Retracted += o.Retracted
	c.Erased += o.Erased
}

// notNil keeps an empty list from being printed as null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Sort puts the findings into the order of the files and their lines; they are
// found in the order of the work.
func (r *Report) Sort() {
	order := make(map[string]int, len(r.Files))
	for i, file := range r.Files {
		order[file] = i
	}
	byPlace := func(a, b Finding) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	}
	slices.SortStableFunc(r.Repairs, byPlace)
	slices.SortStableFunc(r.Refused, byPlace)
	slices.SortStableFunc(r.Conflicts, byPlace)
}
