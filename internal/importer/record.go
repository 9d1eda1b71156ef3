package importer

import "time"

// Record is what a Format emits: an Article, a Comment or a Problem (values,
// never pointers). A type switch over the three is complete.
//
// Every string of a record is valid UTF-8 without NUL. A nil pointer means
// that the source does not say; nothing is ever made up.
type Record interface{ record() }

func (Article) record() {}
func (Comment) record() {}
func (Problem) record() {}

// Kind says what place a comment has.
type Kind string

const (
	KindComment     Kind = "comment"     // a comment of the tree
	KindLinkBack    Kind = "link_back"   // another page links here: listed apart, never in the tree
	KindPlaceholder Kind = "placeholder" // the source lost it; it keeps its replies at their depth
)

// Article is one article as its source shows it.
type Article struct {
	// Key names the article inside this source; Comment.ArticleKey refers to
	// it. Equal keys in one source are the same article.
	Key string
	// Aliases are further keys by which comments in other files of the same import
	// may refer to it.
	Aliases []string
	// ID is the portable id that the file itself gives (JSON Lines); "" where
	// it is for us to derive one (PortableID).
	ID string
	// Site is the name the file gives for its own site, "" if none.
	Site string
	// Slug is the address the source asks for, "" where it has none.
	Slug  string
	Title string
	// Standfirst is the line or two that the source shows below the title, or in
	// lists, as plain text; "" where it has none of its own.
	Standfirst string
	// Author is the byline, verbatim.
	Author      *string
	PublishedAt *time.Time // UTC
	SourceURL   *string
	// OldURLs are further addresses under which the source answered with it.
	OldURLs []string
	State   string // published, draft, private or scheduled
	Replies string // open, locked or closed
	// BodyHTML and BodyText hold the text; one of the two may be empty. HTML
	// is as untrusted as anything else here. Text has paragraphs joined by a
	// blank line and lines by \n.
	BodyHTML, BodyText string
	// BodyMarkdown is the text where the source has it as Markdown and in neither
	// of the other forms; nobody has rendered it yet.
	BodyMarkdown string
	File         string
	Line         int // where the record begins, from 1
}

// Comment is one comment, link-back or placeholder.
type Comment struct {
	// ArticleKey is the Key of its article, which may be emitted later.
	ArticleKey string
	// Key names the comment inside this source: the source's own id, else
	// Fingerprint. ParentKey is "" at the top level. In the text format every
	// parent is emitted before its children; elsewhere any order is possible
	// and a parent may never come.
	Key, ParentKey string
	// ID is the portable id that the file itself gives; "" where we derive it.
	ID   string
	Kind Kind
	// Author is the displayed name, verbatim.
	Author *string
	// AuthorKind is imported, guest, member or unknown. It is a claim of the
	// file: "member" makes nobody a member here.
	AuthorKind string
	// AuthorKey is the source's own id of its author's account, "" where it has
	// none: it tells two people of one name apart.
	AuthorKey string
	// AuthorEmail serves to tell people apart and to recognise their owners. It is
	// hashed before it is kept anywhere; no problem and no log may quote it.
	AuthorEmail string
	// AuthorURL is what the author gave as a home page, unchecked.
	AuthorURL string
	// Anchor is the fragment at which the source's page showed the comment, such
	// as "comment-123", so that old links still land; "" where it had none.
	Anchor              string
	CreatedAt, EditedAt *time.Time // UTC
	State               string     // published, held, quarantined, removed, spam, retracted or erased
	Branch              string     // "", removed or locked
	// SourceText is what the author typed, where the source kept it.
	SourceText *string
	// BodyHTML is untrusted HTML, nil where the source has only plain text.
	// BodyText is the exact plain text, nil where the source has only HTML and
	// for placeholders. "" is an empty body. Where both are nil and SourceText is
	// not, that is Markdown which nobody has rendered yet.
	BodyHTML, BodyText *string
	// Ordinal orders the children of one parent; only its order has meaning.
	Ordinal int64
	File    string
	Line    int
}

// Problem is a line that was refused or repaired.
type Problem struct {
	File   string
	Line   int   // from 1; 0 when the whole file is meant
	Column int   // in bytes from 1; 0 when unknown
	Offset int64 // of the line's first byte in the unpacked file; -1 when unknown
	// ID is what the source calls the record, "" where it has no id or it is not known.
	ID     string
	Reason string
	// Refused: the record is not imported. Otherwise it is, and Reason says
	// what was put right.
	Refused bool
	// Conflict: the record was changed at its source and here; what is here stays.
	Conflict bool
	Excerpt  string // at most 80 characters
}

// Error makes a Problem usable where an error is wanted.
func (p Problem) Error() string { return p.Reason }

// maxExcerpt is the length of Problem.Excerpt in characters: enough to find
// the place, little enough to print.
const maxExcerpt = 80

// excerpt shortens s for Problem.Excerpt.
func excerpt(s string) string {
	n := 0
	for i := range s {
		if n == maxExcerpt {
			return s[:i]
		}
		n++
	}
	return s
}
