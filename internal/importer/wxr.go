package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// WXR reads the exports of WordPress, versions 1.0 to 1.2, and what other
// programs write in their form. It has a scanner of its own, as such files are
// often no XML: it reads on behind whatever is wrong. Comments come in any order,
// and their articles after them. Memory is bounded by the longest field.
type WXR struct{}

// WXRGenerator is what our own exports say of themselves: their siblings stand in
// the order of their ids, whatever their times.
const WXRGenerator = "Hustings"

// Name is the word for --format.
func (WXR) Name() string { return "wxr" }

// Sniff looks for WordPress' namespace, which is the same in all versions but for
// the number, or for its elements where the beginning is missing.
func (WXR) Sniff(_ string, head []byte) int {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n")
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	switch {
	case !has("<rss") && !has("<channel") && !has("<item"):
		return 0
	case len(trimmed) > 0 && trimmed[0] != '<' && !has("<wp:"):
		return 0
	case has("wordpress.org/export/") && has("<rss"), has("<wp:wxr_version"):
		return 97
	case has("<wp:post_id"), has("<wp:comment_id"), has("<wp:comment>"):
		return 85
	}
	return 0
}

// Read emits the comments of each item and then its article.
func (WXR) Read(ctx context.Context, src Source, emit func(Record) error) error {
	w := &wxrReader{src: src, tally: newTally(src.Name, emit), emit: emit, authors: map[string]string{}, keys: map[string]string{}, ids: idSet{}, itemIDs: idSet{}}
	in, single := decodeDeclared(src.R)
	w.scan = newWXRScanner(in)
	w.fix.single, w.fix.found = single, w.found
	if err := w.run(ctx); err != nil {
		return err
	}
	w.tellNotes()
	return w.tally.close()
}

// wxrReader is one file being read.
type wxrReader struct {
	src   Source
	emit  func(Record) error
	scan  *wxrScanner
	tally *tally
	fix   charFixer
	piece markedPiece // the field that fix works on
	buf   []byte

	base      wxrSlot           // address of the blog
	link      wxrSlot           // of the channel
	authors   map[string]string // display names by login
	keys      map[string]string // of articles so far: the post id of each
	ids       idSet             // of the comments of earlier items
	itemIDs   idSet             // of this one
	generator wxrSlot
	login     wxrSlot // of the author being read
	display   wxrSlot
	item      *wxrItem
	comment   *wxrComment
	spare     wxrComment      // the room for it
	small     strings.Builder // short values so far: many lie in one piece of memory
	inImage   bool
	items     int  // seen so far
	closed    bool // the file's own end has been seen
	ended     bool // there is nothing more
	notes     []*wxrNote
	mails     bool // comments have e-mail addresses
}

// wxrNote is something that is told once for the whole file.
type wxrNote struct {
	what  string // with one %s, for the number with its noun
	noun  string
	n     int
	first cursor
}

// maxNotes bounds how many different things are told of one file.
const maxNotes = 100

// note counts something that is no repair.
func (w *wxrReader) note(at cursor, noun, what string) {
	for _, n := range w.notes {
		if n.what == what && n.noun == noun {
			n.n++
			return
		}
	}
	if len(w.notes) >= maxNotes {
		noun, what = "record", "%s with something else that is told of only here."
		if last := w.notes[len(w.notes)-1]; last.what == what {
			last.n++
			return
		}
	}
	w.notes = append(w.notes, &wxrNote{what: what, noun: noun, n: 1, first: at})
}

func (w *wxrReader) tellNotes() {
	for _, n := range w.notes {
		w.tally.send(n.first, fmt.Sprintf(n.what, count(n.n, n.noun)), "", false)
	}
	if w.mails && w.tally.err == nil {
		w.tally.err = w.emit(Problem{File: w.src.Name, Offset: -1, Reason: hashedMail + "are not kept."})
	}
}

func (w *wxrReader) run(ctx context.Context) error {
	for w.tally.err == nil {
		tag, ok := w.scan.next()
		if !ok {
			break
		}
		switch string(tag.name) {
		case "rss", "channel":
			w.closed = w.closed || tag.close
		case "wp:commentmeta":
			if w.comment != nil && !tag.empty {
				w.comment.meta(tag.close)
			}
		case "wp:postmeta", "wp:category", "wp:tag", "wp:term", "wp:termmeta": // only hold others
		case "image":
			w.inImage = !tag.close && !tag.empty
		case "item":
			if err := ctx.Err(); err != nil {
				return err
			}
			w.endItem(tag.close)
			if !tag.close && !tag.empty {
				w.beginItem(tag.at)
			}
		case "wp:comment":
			w.endComment(tag.close)
			if !tag.close && !tag.empty {
				w.spare = wxrComment{at: tag.at}
				w.comment = &w.spare
			}
		case "wp:author":
			w.login, w.display = wxrSlot{}, wxrSlot{}
		default:
			if !tag.close && !tag.empty {
				w.field()
			}
		}
	}
	if w.tally.err == nil {
		w.end()
	}
	return w.tally.err
}

// end finishes what the end of the file leaves open.
func (w *wxrReader) end() {
	at, err := w.scan.at, w.scan.err
	if w.closed && (err == nil || err == io.EOF) && w.item == nil {
		return
	}
	where := "The file ends before its end tag"
	switch {
	case w.comment != nil:
		where = "The file ends in the middle of a comment"
	case w.item != nil:
		where = "The file ends in the middle of an article"
	case w.items == 0:
		where = "The file holds no article"
	}
	if err != nil && err != io.EOF {
		where = strings.TrimSuffix(readReason(err), ".")
	}
	w.ended = true
	w.endItem(false)
	w.tally.refuse(at, fmt.Sprintf("%s, at byte %d; all before it has been read.", where, at.off), "")
}

// field reads the element that has just begun.
func (w *wxrReader) field() {
	slot := w.slot()
	raw, at, end := w.scan.field()
	if end != fieldWhole {
		w.damage(at, end, string(w.known()), slot)
		return
	}
	if slot == nil {
		return
	}
	if value := w.value(raw, at); slot.text == "" {
		slot.text = value
	}
	slot.seen = true
	if (slot == &w.login || slot == &w.display) && w.login.text != "" && w.display.text != "" {
		w.authors[strings.Clone(w.login.text)] = strings.Clone(w.display.text)
	}
}

// wxrSlot is the value of an element that is wanted.
type wxrSlot struct {
	text string
	seen bool
}

// damage leaves a field that has no end and goes on at the next place where that
// can be done.
func (w *wxrReader) damage(at cursor, end fieldEnd, name string, slot *wxrSlot) {
	w.spoil(slot)
	begin := around(w.scan.rest(), 0)
	going := w.scan.resync()
	switch {
	case end == fieldLong:
		w.tally.refuse(at, fmt.Sprintf("The element “%s” is longer than %d MiB and is left out.", name, maxField>>20), begin)
	case going: // else the end of the file tells of itself
		w.tally.refuse(at, fmt.Sprintf("The element “%s” has no end and is left out; reading goes on behind it.", name), begin)
	}
}

// spoil marks the record whose field was lost. Of a comment that is left out, of
// an article what was read is kept: the comments need it.
func (w *wxrReader) spoil(slot *wxrSlot) {
	switch {
	case w.comment != nil:
		w.comment.spoilt = w.comment.spoilt || slot != nil
	case w.item != nil:
		w.item.spoilt = true
	}
}

// known is the name of the last tag, shortened for reports.
func (w *wxrReader) known() []byte {
	return w.scan.name[:min(len(w.scan.name), 40)]
}

// slot is where the value of the last tag belongs, nil where nobody wants it.
func (w *wxrReader) slot() *wxrSlot {
	switch {
	case w.comment != nil:
		return w.comment.slot(w.scan.name)
	case w.item != nil:
		return w.item.slot(w.scan.name)
	}
	switch string(w.scan.name) {
	case "link":
		if w.inImage {
			return nil
		}
		return &w.link
	case "generator":
		return &w.generator
	case "wp:base_blog_url":
		return &w.base
	case "wp:author_login":
		return &w.login
	case "wp:author_display_name":
		return &w.display
	}
	return nil
}

// site is the blog's own name: its host and path, without what changes when a
// blog turns to https.
func (w *wxrReader) site() string {
	for _, address := range []string{w.base.text, w.link.text} {
		u, err := url.Parse(address)
		if err == nil && u.Host != "" {
			return strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimRight(u.Path, "/")
		}
	}
	return ""
}
