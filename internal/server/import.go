package server

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/paths"

	"github.com/go-chi/chi/v5"
)

// adminPage leads to what admins can do in the browser.
type adminPage struct{ layout }

func (s *Server) showAdmin(w http.ResponseWriter, r *http.Request) error {
	p := adminPage{s.adminLayout(r)}
	p.Title = p.T("Admin")
	p.MainClass = "narrow"
	return s.render(w, http.StatusOK, "admin", p)
}

func (s *Server) adminLayout(r *http.Request) layout {
	l := s.layout(r, "")
	l.Section, l.MainClass, l.NoIndex = "admin", "work import", true
	return l
}

// importPage is the first step: choose a file, or paste a text.
type importPage struct {
	layout
	Source  string
	Text    string
	Problem string
	Field   string
}

func (s *Server) showImport(w http.ResponseWriter, r *http.Request) error {
	return s.renderImport(w, r, http.StatusOK, importPage{})
}

func (s *Server) renderImport(w http.ResponseWriter, r *http.Request, status int, p importPage) error {
	p.layout = s.adminLayout(r)
	p.Title = p.T("Import")
	p.MainClass = "narrow"
	return s.render(w, status, "import", p)
}

// postImport keeps what was sent and leads to what was found in it.
func (s *Server) postImport(w http.ResponseWriter, r *http.Request) error {
	allow(w, importTime)
	in, err := readUpload(r)
	if err != nil {
		return err
	}
	token, err := s.act.Upload(r.Context(), viewerOf(r), in)
	if err == nil {
		return redirect(w, paths.Import+"/"+token)
	}
	e := kindly(err)
	if e.Kind != forum.Invalid {
		return err
	}
	noteFailure(r, statusFor(err), err)
	p := importPage{Source: in.Source, Problem: s.localeOf(r).Error(e), Field: e.Field}
	if in.Name == "" {
		p.Text = string(in.Content)
	}
	return s.renderImport(w, r, statusFor(err), p)
}

// readUpload reads the parts of the form one after the other, each at most once:
// a chosen file wins over a pasted text.
func readUpload(r *http.Request) (in action.UploadInput, err error) {
	unreadable := func(err error) error {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return forum.NewError(forum.TooLarge, "At most %d MB can be sent here. Larger files can be imported from the shell.", action.MaxUploadBytes>>20)
		}
		return &forum.Error{Kind: forum.Malformed, Msg: "This form arrived in a shape that can’t be read. Please use the form on the page.", Err: err}
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return in, unreadable(err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return in, nil
		}
		if err != nil {
			return in, unreadable(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return in, unreadable(err)
		}
		switch part.FormName() {
		case "source":
			in.Source = string(content)
		case "text":
			if in.Name == "" && len(in.Content) == 0 {
				in.Content = content
			}
		case "file":
			if len(content) > 0 {
				in.Name, in.Content = part.FileName(), content
			}
		}
	}
}

// foundPage is the second step, and the last one: what was found, or done.
type foundPage struct {
	layout
	Token    string
	Report   importer.Report
	Problems []importProblem
	More     int // problems that are not shown
	Done     bool
	Links    []action.ImportedArticle
	File     string
	Size     string
	Previews []importPreview
	Lines    []sourceLine
}

// showImportFound says what an import of the waiting file would do.
func (s *Server) showImportFound(w http.ResponseWriter, r *http.Request) error {
	return s.importUpload(w, r, true)
}

// postImportApply imports the waiting file and shows the result. Sent again, it
// finds everything here already.
func (s *Server) postImportApply(w http.ResponseWriter, r *http.Request) error {
	return s.importUpload(w, r, false)
}

// importTime is how long an upload or an import may take; the listener's own
// limits are for pages.
const importTime = 10 * time.Minute

// allow gives a request more time than pages get.
func allow(w http.ResponseWriter, d time.Duration) {
	c, end := http.NewResponseController(w), time.Now().Add(d)
	c.SetReadDeadline(end)  //nolint:errcheck // without it the listener's limit holds
	c.SetWriteDeadline(end) //nolint:errcheck // without it the listener's limit holds
}

func (s *Server) importUpload(w http.ResponseWriter, r *http.Request, dryRun bool) error {
	allow(w, importTime)
	start := time.Now()
	token := chi.URLParam(r, "token")
	done, file, err := s.act.ImportUpload(r.Context(), viewerOf(r), token, dryRun)
	if err != nil {
		return err
	}
	done.Seconds = time.Since(start).Seconds()
	p := foundPage{layout: s.adminLayout(r), Token: token, Report: done.Report, Done: !dryRun, Links: done.Links, File: file.Name}
	if p.File == action.PastedText {
		p.File = p.T(action.PastedText)
	}
	p.Title = p.T("Import: what we found")
	if p.Done {
		p.Title = p.T("Import: result")
	}
	p.Size = p.N((len(file.Content)+999)/1000, "%d kB", "%d kB")
	p.Problems, p.More = importProblems(&done.Report)
	if dryRun {
		if len(done.Files) == 1 && done.Files[0] == file.Name { // no archive, whose lines nobody can read
			p.Lines = sourceLines(file.Content, p.Problems)
		}
		p.Previews = p.previews(done)
	}
	return s.render(w, http.StatusOK, "import-found", &p)
}

// orOldAddress answers "/?p=…" and the like, under which some sites had their
// articles, and leaves everything else to the page.
func (s *Server) orOldAddress(page handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if slices.ContainsFunc(oldNumbers, r.URL.Query().Has) {
			if to, ok := s.oldAddress(r); ok {
				return s.moved(w, to)
			}
		}
		return page(w, r)
	}
}
