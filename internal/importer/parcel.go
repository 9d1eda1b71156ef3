package importer

import (
	"archive/tar"
	"io"
	"strconv"
	"strings"
)

// A parcel is a tar archive of what was fetched at one address: the files, each
// with the address it came from and, where its comments are on an article of
// another file, that article's key; and what could not be got. Unpack takes it
// apart like any archive.
const (
	parcelName    = "HUSTINGS.name"
	parcelArticle = "HUSTINGS.article"
	parcelProblem = "HUSTINGS.problem"
	parcelHome    = "HUSTINGS.home"
)

// ParcelWriter writes a parcel.
type ParcelWriter struct {
	w    *tar.Writer
	n    int
	home string
}

// NewParcel begins a parcel.
func NewParcel(w io.Writer) *ParcelWriter { return &ParcelWriter{w: tar.NewWriter(w)} }

// Add adds a file of size bytes. See Source for article.
func (p *ParcelWriter) Add(name, article string, size int64, content io.Reader) error {
	if err := p.header(size, map[string]string{parcelName: name, parcelArticle: article, parcelHome: p.home}); err != nil {
		return err
	}
	_, err := io.CopyN(p.w, content, size)
	return err
}

// Problem adds something that could not be got at the address in p.File.
func (p *ParcelWriter) Problem(what Problem) error {
	return p.header(0, map[string]string{parcelName: what.File, parcelProblem: what.Reason})
}

// SpeaksFor makes the site of an address the only one for which the files that follow
// may speak: nobody looks at them before they are imported. See Source.Home.
func (p *ParcelWriter) SpeaksFor(address string) { p.home, _, _ = strings.Cut(siteName(address), "/") }

// Files is how many files and problems the parcel has so far.
func (p *ParcelWriter) Files() int { return p.n }

// Close ends the parcel.
func (p *ParcelWriter) Close() error { return p.w.Close() }

func (p *ParcelWriter) header(size int64, records map[string]string) error {
	for key, value := range records {
		if records[key], _ = clean(value); value == "" {
			delete(records, key)
		}
	}
	p.n++
	return p.w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "fetched/" + strconv.Itoa(p.n), Size: size, Mode: 0o600, PAXRecords: records, Format: tar.FormatPAX})
}

// parcelled gives what a parcel has for a file in it, "" for those of other archives:
// the name, the article, the only site it may speak for, and why it is missing.
func parcelled(h *tar.Header) (e entry, problem string) {
	e.fetched, _ = clean(h.PAXRecords[parcelName])
	e.article, _ = clean(h.PAXRecords[parcelArticle])
	e.home, _ = clean(h.PAXRecords[parcelHome])
	problem, _ = clean(h.PAXRecords[parcelProblem])
	return e, problem
}

// Emit is emit for the records of the file, which are on another article where
// Article says so, and of another site where Home does.
func (s Source) Emit(emit func(Record) error) func(Record) error {
	if s.Article == "" && s.Home == "" {
		return emit
	}
	return func(r Record) error {
		switch r := r.(type) {
		case Article:
			if host, _, _ := strings.Cut(r.Site, "/"); s.Home != "" && host != s.Home {
				r.Site = s.Home
			}
			if s.Article == "" {
				return emit(r)
			}
			return nil
		case Comment:
			if s.Article != "" {
				r.ArticleKey = s.Article
			}
			return emit(r)
		}
		return emit(r)
	}
}
