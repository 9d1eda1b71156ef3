package importer

import (
	"archive/tar"
	"io"
	"strconv"
)

// A parcel is a tar archive of what was fetched at one address: the files, each
// with the address it came from and, where its comments are on an article of
// another file, that article's key; and what could not be got. Unpack takes it
// apart like any archive.
const (
	parcelName    = "HUSTINGS.name"
	parcelArticle = "HUSTINGS.article"
	parcelProblem = "HUSTINGS.problem"
)

// ParcelWriter writes a parcel.
type ParcelWriter struct {
	w *tar.Writer
	n int
}

// NewParcel begins a parcel.
func NewParcel(w io.Writer) *ParcelWriter { return &ParcelWriter{w: tar.NewWriter(w)} }

// Add adds a file of size bytes. See Source for article.
func (p *ParcelWriter) Add(name, article string, size int64, content io.Reader) error {
	if err := p.header(size, map[string]string{parcelName: name, parcelArticle: article}); err != nil {
		return err
	}
	_, err := io.CopyN(p.w, content, size)
	return err
}

// Problem adds something that could not be got at the address in p.File.
func (p *ParcelWriter) Problem(what Problem) error {
	return p.header(0, map[string]string{parcelName: what.File, parcelProblem: what.Reason})
}

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

// parcelled gives the name and the article that a parcel has for a file in it; ""
// for those of other archives.
func parcelled(h *tar.Header) (name, article, problem string) {
	name, _ = clean(h.PAXRecords[parcelName])
	article, _ = clean(h.PAXRecords[parcelArticle])
	problem, _ = clean(h.PAXRecords[parcelProblem])
	return name, article, problem
}

// Emit is emit for the records of the file, which are on another article where
// Article says so.
func (s Source) Emit(emit func(Record) error) func(Record) error {
	if s.Article == "" {
		return emit
	}
	return func(r Record) error {
		switch r := r.(type) {
		case Article:
			return nil
		case Comment:
			r.ArticleKey = s.Article
			return emit(r)
		}
		return emit(r)
	}
}
