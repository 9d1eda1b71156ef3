package importer

import (
	"bytes"
	"html"
	"strings"
	"time"
)

// value is the text of a field: CDATA sections joined, references read, what is
// no text put right.
func (w *wxrReader) value(raw []byte, at cursor) string {
	w.piece = newMarkedPiece(raw, at)
	raw = bytes.TrimSpace(raw)
	var s string
	switch inner, ok := oneSection(raw); {
	case ok && isPlain(inner):
		return w.keep(bytes.TrimSpace(inner))
	case !ok && isPlain(raw) && bytes.IndexByte(raw, '<') < 0 && bytes.IndexByte(raw, '&') < 0:
		return w.keep(raw)
	case ok:
		w.buf = w.fix.chars(w.buf[:0], inner)
		s = string(bytes.TrimSpace(w.buf))
	default:
		w.buf = w.sections(w.buf[:0], raw)
		s = string(bytes.TrimSpace(w.buf))
	}
	if cap(w.buf) > 1<<20 {
		w.buf = nil
	}
	if w.src.Verbatim {
		return s
	}
	right, fixed := demojibake(s)
	if fixed {
		w.tally.note(at, fixedMojibake, right)
	}
	return right
}

// smallValue is the length up to which values share memory, and smallPiece how much
// they share, in bytes: names and dates live as long as the comments around them.
const (
	smallValue = 100
	smallPiece = 4 << 10
)

// keep makes a string of bytes that will be overwritten.
func (w *wxrReader) keep(b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case len(b) > smallValue:
		return string(b)
	case string(b) == "1":
		return "1"
	case string(b) == "0":
		return "0"
	case string(b) == "comment":
		return "comment"
	}
	if w.small.Cap()-w.small.Len() < len(b) {
		w.small.Reset()
		w.small.Grow(smallPiece)
	}
	w.small.Write(b)
	return w.small.String()[w.small.Len()-len(b):]
}

// found gives a repair its place.
func (w *wxrReader) found(src []byte, i int, reason string) {
	place, i := w.piece.place(src, i)
	w.tally.note(place, reason, around(w.piece.whole, i))
}

// oneSection gives the content of a field that is one CDATA section, as most are.
func oneSection(raw []byte) ([]byte, bool) {
	if !bytes.HasPrefix(raw, cdataStart) || !bytes.HasSuffix(raw, cdataEnd) || len(raw) < len(cdataStart)+len(cdataEnd) {
		return nil, false
	}
	inner := raw[len(cdataStart) : len(raw)-len(cdataEnd)]
	return inner, !bytes.Contains(inner, cdataEnd)
}

// isPlain reports whether b is nothing but ASCII without control characters.
func isPlain(b []byte) bool {
	const high, low = 0x8080808080808080, 0x0101010101010101
	for ; len(b) >= 8; b = b[8:] {
		v := eightBytes(b)
		control := v - low*' '          // borrows where a byte is below the space
		deleted := (v ^ low*0x7f) - low // and where one is DEL
		if (v|control|deleted)&high != 0 && !plainBytes(b[:8]) {
			return false
		}
	}
	return plainBytes(b)
}

// eightBytes is the first eight bytes as one number.
func eightBytes(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func plainBytes(b []byte) bool {
	for _, c := range b {
		if special[c] {
			return false
		}
	}
	return true
}

// sections joins CDATA sections and the text around them.
func (w *wxrReader) sections(dst, raw []byte) []byte {
	for {
		i := bytes.Index(raw, cdataStart)
		if i < 0 {
			return w.fix.text(dst, raw)
		}
		dst = w.fix.text(dst, raw[:i])
		raw = raw[i+len(cdataStart):]
		n := w.section(raw)
		dst = w.joined(dst, raw[:n])
		raw = raw[min(len(raw), n+len(cdataEnd)):]
	}
}

// joined appends the content of a section, with the "]]>" that stand in it.
func (w *wxrReader) joined(dst, content []byte) []byte {
	for {
		i := bytes.Index(content, cdataEnd)
		if i < 0 {
			return w.fix.chars(dst, content)
		}
		dst = w.fix.chars(dst, content[:i])
		w.found(content, i, fixedCDATA)
		dst = append(dst, cdataEnd...)
		content = content[i+len(cdataEnd):]
	}
}

// section gives the length of the content of the section at the beginning of raw.
// It goes on behind a "]]>" that another follows before the next section begins:
// old exports do not split them.
func (w *wxrReader) section(raw []byte) int {
	end := bytes.Index(raw, cdataEnd)
	if end < 0 {
		return len(raw)
	}
	for {
		rest := raw[end+len(cdataEnd):]
		next := bytes.Index(rest, cdataEnd)
		if next < 0 {
			return end
		}
		if begin := bytes.Index(rest, cdataStart); begin >= 0 && begin < next {
			return end
		}
		end += len(cdataEnd) + next
	}
}

// time reads a time of WordPress: the one in UTC, else the local one in the zone
// that was given. Zeros mean that there is none.
func (w *wxrReader) time(gmt, local string) *time.Time {
	if t := wxrTime(gmt, time.UTC); t != nil {
		return t
	}
	return wxrTime(local, w.src.zone())
}

func wxrTime(s string, zone *time.Location) *time.Time {
	if s == "" || strings.HasPrefix(s, "0000") {
		return nil
	}
	if t, ok := usualTime(s, zone); ok {
		return utc(t)
	}
	for _, layout := range []string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return utc(t)
		}
	}
	return nil
}

// usualTime reads "2006-01-02 15:04:05", as nearly all times are; of the days that not
// every month has it leaves the reading to others.
func usualTime(s string, zone *time.Location) (t time.Time, ok bool) {
	if len(s) != len(time.DateTime) || s[4] != '-' || s[7] != '-' || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return t, false
	}
	var n [6]int
	for i, at := range [6]int{2, 5, 8, 11, 14, 17} {
		if s[at]-'0' > 9 || s[at+1]-'0' > 9 {
			return t, false
		}
		n[i] = int(s[at]-'0')*10 + int(s[at+1]-'0')
	}
	if s[0]-'0' > 9 || s[1]-'0' > 9 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 28 || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return t, false
	}
	year := int(s[0]-'0')*1000 + int(s[1]-'0')*100 + n[0]
	return time.Date(year, time.Month(n[1]), n[2], n[3], n[4], n[5], 0, zone), true
}

// plainHTML is the text of a title or name, which WordPress keeps as HTML.
func plainHTML(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		n := tagLength(s)
		if n == 0 {
			b.WriteByte('<')
			n = 1
		} else if isBreak(s[:n]) {
			b.WriteByte(' ')
		}
		s = s[n:]
	}
	b.WriteString(s)
	return dropNUL(html.UnescapeString(b.String()))
}

func dropNUL(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// isBreak reports whether a tag parts words.
func isBreak(tag string) bool {
	name, _ := tagName(tag)
	return name == "br" || blockTags[name] || rawTags[name]
}

// shortcodes are names in square brackets that plugins replace. Only these, and
// names with a value or an end, are taken for some: people use brackets, too.
var shortcodes = map[string]bool{
	"gallery": true, "caption": true, "embed": true, "audio": true, "video": true, "playlist": true, "youtube": true,
	"vimeo": true, "sourcecode": true, "code": true, "contact-form": true, "contact-form-7": true, "polldaddy": true, "googlemaps": true,
}

// countShortcodes counts what is left as text.
func (w *wxrReader) countShortcodes(at cursor, text string) {
	for rest := text; ; {
		i := strings.IndexByte(rest, '[')
		if i < 0 {
			return
		}
		rest = rest[i+1:]
		if name := shortcode(rest); name != "" && (shortcodes[name] || hasValue(rest[len(name):]) || strings.Contains(rest, "[/"+name+"]")) {
			w.note(at, "shortcode", "%s ["+name+"] left as text.")
		}
	}
}

// shortcode is the name at the beginning of s, "" for none.
func shortcode(s string) string {
	i := 0
	for i < len(s) && i < 40 && (s[i] >= 'a' && s[i] <= 'z' || s[i] == '_' || i > 0 && (s[i] == '-' || s[i] >= '0' && s[i] <= '9')) {
		i++
	}
	if i < 2 || i == len(s) || s[i] != ' ' && s[i] != ']' {
		return ""
	}
	return s[:i]
}

// hasValue reports whether name= stands before the end of the bracket.
func hasValue(s string) bool {
	if len(s) > 200 {
		s = s[:200]
	}
	s, _, ok := strings.Cut(s, "]")
	return ok && strings.ContainsRune(s, '=')
}
