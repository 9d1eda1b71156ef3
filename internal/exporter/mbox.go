package exporter

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime/quotedprintable"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"
)

// maxReferences bounds the References of a message: the article and the nearest
// comments above. The last one is what the message answers, so that programs find
// the tree whatever its depth.
const maxReferences = 20

// Mbox writes articles and comments as mail: a file that mail programs and archives
// of mailing lists open, each comment an answer to what it answers. It holds what
// readers see: NewPublic's comments come in path order. Nobody's address is in it:
// those that it has end in ".invalid", which no mail reaches. A date that is not
// known is left out and said to be unknown in X-Hustings-Date. Lines end with \n.
// No line of a text begins with "From ": such a letter is encoded, so that all kinds
// of mbox read the file alike. The first error sticks and is returned by every
// later call.
type Mbox struct {
	w       *bufio.Writer
	site    Site
	article Article
	ids     []string // Message-IDs from the article down to the last comment
	err     error
}

// NewMbox starts a file. Close it when done.
func NewMbox(w io.Writer, site Site) *Mbox {
	return &Mbox{w: bufio.NewWriterSize(w, 64<<10), site: site}
}

// Article writes the first message of a thread.
func (x *Mbox) Article(a Article) error {
	x.article, x.ids = a, append(x.ids[:0], messageID("article", a.ID))
	x.begin(a.PublishedAt, a.Author)
	x.header("Subject", encoded(a.Title))
	x.header("Message-ID", x.ids[0])
	x.header("Archived-At", "<"+x.site.URL+"/articles/"+pathEscaped(a.Slug)+">")
	if a.SourceURL != nil {
		x.header("X-Hustings-Source", pathEscaped(*a.SourceURL))
	}
	x.header("X-Hustings-Kind", "article")
	text := a.BodyText
	if a.Standfirst != "" {
		text = a.Standfirst + "\n\n" + text
	}
	x.body(text)
	return x.err
}

// Comment writes a message of the last article's thread. number is the one that the
// comment has here; tomb tells what stands in its place.
func (x *Mbox) Comment(number int64, c Comment, tomb forum.Tomb) error {
	depth, kind := min(max(1, c.Depth), len(x.ids)), "comment"
	if c.Kind == "link_back" {
		depth, kind = 1, "link-back"
	}
	id := messageID("comment", c.ID)
	up := x.ids[:depth]
	x.begin(c.CreatedAt, c.Author)
	x.header("Subject", encoded("Re: "+x.article.Title))
	x.header("Message-ID", id)
	x.header("In-Reply-To", up[depth-1])
	if len(up) > maxReferences {
		up = append(up[:1:1], up[len(up)-maxReferences+1:]...)
	}
	x.header("References", strings.Join(up, "\n "))
	x.header("Archived-At", "<"+x.site.URL+"/comments/"+strconv.FormatInt(number, 10)+">")
	if c.EditedAt != nil {
		x.header("X-Hustings-Edited", c.EditedAt.UTC().Format(time.RFC1123Z))
	}
	text := ""
	if c.BodyText != nil {
		text = *c.BodyText
	}
	if tomb != forum.NoTomb {
		kind, text = tombNames[tomb], "["+tombWords[tomb]+"]"
	}
	x.header("X-Hustings-Kind", kind)
	x.body(text)
	x.ids = append(x.ids[:depth], id)
	return x.err
}

// Close writes what is still buffered. It does not close the writer below.
func (x *Mbox) Close() error {
	if x.err == nil {
		x.err = x.w.Flush()
	}
	return x.err
}

// begin writes the line that parts messages, and who wrote this one when. That line
// needs a date; of a message without one it says the beginning of 1970, as is usual,
// and there is no header Date.
func (x *Mbox) begin(at *time.Time, name *string) {
	stamp := time.Unix(0, 0)
	if at != nil {
		stamp = *at
	}
	address := "unknown@" + mailDomain
	if name != nil {
		sum := sha256.Sum256([]byte(*name))
		address = hex.EncodeToString(sum[:6]) + "@" + mailDomain
	}
	x.raw("From " + address + " " + stamp.UTC().Format("Mon Jan _2 15:04:05 2006") + "\n")
	if name == nil {
		x.header("From", address)
		x.header("X-Hustings-Author", "unknown")
	} else {
		x.header("From", phrase(*name)+" <"+address+">")
	}
	if at == nil {
		x.header("X-Hustings-Date", "unknown")
		return
	}
	x.header("Date", at.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000"))
}

const mailDomain = "hustings.invalid"

// messageID makes a Message-ID of a portable id, which may hold any characters: the
// others become % and two hex digits.
func messageID(kind, id string) string {
	var b strings.Builder
	b.WriteString("<" + kind + ".")
	for i := range len(id) {
		c := id[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + hex.EncodeToString([]byte{c}))
		}
	}
	return b.String() + "@" + mailDomain + ">"
}

// encoded makes a header's text of ASCII alone, after RFC 2047 where it is not.
func encoded(s string) string {
	s = strings.Join(strings.Fields(characters(s)), " ")
	if short(s) {
		return s
	}
	return words(s)
}

// phrase makes a displayed name fit to stand before an address.
func phrase(name string) string {
	s := strings.Join(strings.Fields(characters(name)), " ")
	if short(s) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return words(s)
}

// short tells whether s is plain ASCII that fits on a line and does not look
// encoded.
func short(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= 200 && !strings.Contains(s, "=?")
}

// words encodes text as words of at most 75 characters, a line each.
func words(s string) string {
	var list []string
	for s != "" {
		n := min(len(s), 45)
		for n < len(s) && n > 1 && !utf8.RuneStart(s[n]) {
			n--
		}
		list = append(list, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(list, "\n ")
}

// pathEscaped makes an address of ASCII alone.
func pathEscaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '<' || c == '>' || c == '"' {
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (x *Mbox) header(name, value string) { x.raw(name + ": " + value + "\n") }

// body ends the head and writes the text.
func (x *Mbox) body(text string) {
	x.raw("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n")
	var b strings.Builder
	q := quotedprintable.NewWriter(&b)
	_, err := io.WriteString(q, strings.ToValidUTF8(text, "\ufffd"))
	if err == nil {
		err = q.Close()
	}
	if x.err == nil {
		x.err = err
	}
	for l := range strings.Lines(b.String()) {
		x.bodyLine(strings.TrimRight(l, "\r\n"))
	}
	x.raw("\n")
}

// longestLine is what quoted-printable allows.
const longestLine = 76

// bodyLine writes a line that is encoded already, so that it cannot be taken for the
// beginning of a message, nor for a line that was changed for that reason.
func (x *Mbox) bodyLine(l string) {
	for strings.HasPrefix(strings.TrimLeft(l, ">"), "From ") {
		x.raw("=" + strings.ToUpper(hex.EncodeToString([]byte{l[0]})))
		if l = l[1:]; len(l) > longestLine-3 {
			x.raw("=\n")
			continue
		}
		break
	}
	x.raw(l + "\n")
}

func (x *Mbox) raw(s string) {
	if x.err == nil {
		_, x.err = x.w.WriteString(s)
	}
}
