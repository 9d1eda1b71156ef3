package server

import (
	"net/http"
	"slices"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
)

// maxExports is how many exports are written at the same time: each holds a
// connection to the database for as long as its reader takes.
const maxExports = 2

// saveExport gives everything, or one article, as a file; it is written as it is
// read, however long it is.
func (s *Server) saveExport(w http.ResponseWriter, r *http.Request) error {
	if err := forum.CanAdminister(viewerOf(r)); err != nil {
		return err
	}
	q := r.URL.Query()
	in := action.ExportInput{Format: q.Get("format"), Article: q.Get("article"), Site: s.BaseURL.Host, BaseURL: s.absolute(""), At: time.Now()}
	i := slices.IndexFunc(action.ExportFormats, func(f action.ExportFormat) bool { return f.Name == in.Format })
	if i < 0 {
		return forum.NewError(forum.NotFound, "Exports are written as jsonl, wxr, html or mbox.")
	}
	contentType, end := action.ExportFormats[i].Type, action.ExportFormats[i].End
	if in.Article != "" {
		if _, err := s.db.Article(r.Context(), viewerOf(r), in.Article); err != nil {
			return err
		}
		if action.ExportFormats[i].Pages {
			contentType, end = "text/html; charset=utf-8", ".html"
		}
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", contentType)
		return nil
	}
	if s.exports.Add(1) > maxExports {
		s.exports.Add(-1)
		return &forum.Error{Kind: forum.Unavailable, Msg: "Other exports are being saved at the moment. Please try again when they are done.", RetryAfter: time.Minute}
	}
	defer s.exports.Add(-1)
	out := takeOver(w, contentType)
	out.w.Header().Set("Content-Disposition", `attachment; filename="hustings-`+in.At.UTC().Format(time.DateOnly)+end+`"`)
	if err := s.act.Export(r.Context(), viewerOf(r), in, &patient{out, time.Time{}}); err != nil {
		s.Log.ErrorContext(r.Context(), "an export broke off", "err", err)
		panic(http.ErrAbortHandler) // an export that breaks off must not look whole
	}
	return nil
}
