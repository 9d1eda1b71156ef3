package server

import (
	"encoding/hex"
	"math"
	"net/http"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// showImage is an image of an article. Its address is made of its content, which
// therefore never changes.
func (s *Server) showImage(w http.ResponseWriter, r *http.Request) error {
	sum, err := hex.DecodeString(chi.URLParam(r, "hash"))
	if err != nil {
		return forum.NewError(forum.NotFound, "There is no such image.")
	}
	image, err := s.act.OpenImage(r.Context(), viewerOf(r), sum)
	if err != nil {
		return err
	}
	defer image.Close() //nolint:errcheck // it was only read
	out := takeOver(w, image.MediaType)
	h := out.w.Header()
	h.Del("X-Accel-Buffering") // proxies may take it at their own pace
	// What somebody sees who is signed in may be of a draft: no shared cache keeps it.
	h.Set("Cache-Control", "private, max-age=604800, immutable")
	if !viewerOf(r).SignedIn() {
		h.Set("Cache-Control", "public, max-age=604800, immutable")
	}
	h.Set("ETag", `"`+hex.EncodeToString(sum)+`"`)
	http.ServeContent(&imageWriter{patient{out, time.Time{}}}, r, "", time.Time{}, image)
	return nil
}

// imageWriter gives slow readers time, piece by piece.
type imageWriter struct{ patient }

// Header is that of the connection.
func (w *imageWriter) Header() http.Header { return w.w.Header() }

// WriteHeader sends the head.
func (w *imageWriter) WriteHeader(status int) { w.w.WriteHeader(status) }

// articleBody is the text of an article as a page shows it. Where its images can't
// be read now, links stand in their place.
func (s *Server) articleBody(r *http.Request, a *forum.Article) string {
	if !strings.Contains(a.BodyHTML, "<img ") {
		return a.BodyHTML
	}
	list, err := s.db.ArticlePictures(r.Context(), viewerOf(r), a.ID)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "the images of an article", "article", a.ID, "error", err)
	}
	kept := make(map[string]markup.Picture, len(list))
	for _, p := range list {
		kept[p.Address] = markup.Picture{Path: paths.Image(p.SHA256), Width: p.Width, Height: p.Height}
	}
	return markup.ShowPictures(a.BodyHTML, kept)
}

// imagesPage says which images articles name, and what became of them.
type imagesPage struct {
	layout
	Counts  postgres.ImageCounts
	Size    string // of those that are kept
	Missing []postgres.MissingImage
	More    int // missing ones that are not shown
}

func (s *Server) showImages(w http.ResponseWriter, r *http.Request) error {
	counts, err := s.db.ImageCounts(r.Context(), viewerOf(r))
	if err != nil {
		return err
	}
	missing, err := s.db.MissingImages(r.Context(), viewerOf(r))
	if err != nil {
		return err
	}
	p := &imagesPage{layout: s.adminLayout(r), Counts: counts, Missing: missing, More: counts.Missing - len(missing)}
	p.Title, p.MainClass = p.T("Images"), "narrow"
	p.Size = p.T("%.1f MB", math.Ceil(float64(counts.Bytes)/1e5)/10)
	return s.render(w, http.StatusOK, "images", p)
}

// Why is what is wrong with an image, in the language of the page where that is known,
// and else the language that it is in.
func (p *imagesPage) Why(m postgres.MissingImage) (why [2]string) {
	why[0], why[1] = p.reason(m.Reason)
	return why
}

// postImages has all images fetched that are not kept here yet.
func (s *Server) postImages(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.act.FetchImages(r.Context(), viewerOf(r)); err != nil {
		return err
	}
	return redirect(w, paths.Images)
}
