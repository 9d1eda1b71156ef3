package action

import (
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"hustings/internal/importer"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// maxStandfirstChars is the longest standfirst that is taken, in characters: a line
// or two below the title.
const maxStandfirstChars = 1000

// standfirst is the article's, fit to be shown as plain text.
func (s *stager) standfirst(r importer.Article) string {
	line := markup.CleanLine(r.Standfirst)
	if utf8.RuneCountInString(line) > maxStandfirstChars {
		s.repaired(r.File, r.Line, "The lines below its title have more than %d characters and are left out.", maxStandfirstChars)
		return ""
	}
	return line
}

// sign notes who wrote a comment at its source, and where it stood there.
func (s *stager) sign(c *postgres.StagedComment, r importer.Comment) {
	c.Anchor = pointer(importer.Anchor("", r.Anchor))
	if c.Author == nil {
		return
	}
	c.AuthorMail = s.mailHash(r.AuthorEmail)
	c.AuthorURL = homePage(r.AuthorURL)
	switch {
	case r.AuthorKey != "":
		c.AuthorKey = "id:" + refKey(r.AuthorKey)
	case c.AuthorMail != nil:
		c.AuthorKey = "mail:" + hex.EncodeToString(c.AuthorMail)
	default:
		c.AuthorKey = postgres.NameOnly
	}
}

// maxMails is how many hashes of addresses are remembered: who comments at all mostly
// does so again, and a hash takes as long as rendering an ordinary comment.
const maxMails = 8192

// mailHash is postgres.MailHash of an author's address.
func (s *stager) mailHash(address string) []byte {
	if address == "" {
		return nil
	}
	hash, ok := s.mails[address]
	if !ok {
		if s.mails == nil || len(s.mails) >= maxMails {
			s.mails = map[string][]byte{}
		}
		hash = postgres.MailHash(s.mail, address)
		s.mails[strings.Clone(address)] = hash
	}
	return hash
}

// homePage is an address that people may be sent to; nil for any other. Names and
// passwords in an address are somebody's secrets or somebody's trick.
func homePage(s string) *string {
	s = strings.TrimSpace(s)
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if s == "" || len(s) > maxURLBytes || !utf8.ValidString(s) || strings.ContainsFunc(s, odd) {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") || u.User != nil {
		return nil
	}
	return &s
}
