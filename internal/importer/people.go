package importer

import (
	"regexp"
	"strings"
)

// maxMail is the longest e-mail address there can be, in bytes (RFC 5321).
const maxMail = 254

// mailLike tells two words with an @ between them.
func mailLike(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && host != "" && !strings.Contains(host, "@") && !strings.ContainsAny(s, " \t\n\f\r<>\"(),:;")
}

// mailAddress is an e-mail address in the form in which two of one owner are
// equal: without white space around it, in small letters. It is "" for what is no
// address, and for those that programs put where somebody has none.
func mailAddress(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) > maxMail || !mailLike(s) {
		return ""
	}
	switch name, host, _ := strings.Cut(s, "@"); {
	case name == "noreply", name == "no-reply", host == "localhost", strings.HasSuffix(host, ".invalid"):
		return ""
	}
	return s
}

// maxAnchor is the longest fragment that is kept, in bytes.
const maxAnchor = 100

// maxOwnAnchor is the longest id that a comment has on our own pages, in bytes.
const maxOwnAnchor = len("c") + 16

// Anchor is the fragment that a comment had, made of what its program puts in
// front of ids, at most 100 bytes. It is "" without an id, for what never stood in an
// address as it is, and for what could be an id of our own pages: those of comments
// are a c and digits, the others have no digits.
func Anchor(prefix, id string) string {
	a := prefix + id
	if id == "" || len(a) > maxAnchor {
		return ""
	}
	digits := 0
	for i := range len(a) {
		switch c := a[i]; {
		case c >= '0' && c <= '9' && i > 0:
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i == 0 || strings.IndexByte("_.:-", c) < 0:
			return ""
		}
	}
	if digits == 0 || digits == len(a)-1 && a[0] == 'c' && len(a) <= maxOwnAnchor {
		return ""
	}
	return a
}

// addresses are those of mail and of networks, cut off at the end or not.
var addresses = regexp.MustCompile(`[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]*|\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b|\b([0-9a-fA-F]{0,4}:){4,7}[0-9a-fA-F.]*`)

// withoutAddresses leaves addresses of mail and networks out of what a finding
// quotes: reports are kept and passed on, and those are nobody's business.
func withoutAddresses(s string) string {
	if !strings.ContainsAny(s, "@.:") {
		return s
	}
	return addresses.ReplaceAllString(s, "…")
}
