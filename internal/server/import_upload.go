package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

const (
	// maxPasted is the longest text that can be pasted; it alone of what is sent is
	// held in memory, so that it can be shown again.
	maxPasted = 8 << 20
	// maxSetting is the longest of the other fields.
	maxSetting = 4 << 10
	// uploadPatience is how long an upload may stand still.
	uploadPatience = time.Minute
)

// receiving is an upload under way: the parts of the form one after the other,
// in whatever order the browser sends them.
type receiving struct {
	*Server
	r     *http.Request
	v     forum.Viewer
	form  importForm
	job   postgres.JobID // 0: no file has come yet
	began bool           // by this request
	wrong error          // the first thing that was wrong with a file; the others are passed over
}

// postImport takes the form: files go straight into an import as they come. What
// is wrong with the form is said on it, with all that was typed, and the files
// that have arrived stay here.
func (s *Server) postImport(w http.ResponseWriter, r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return &forum.Error{Kind: forum.Malformed, Msg: oddForm, Err: err}
	}
	r.Body = flowing{r.Body, http.NewResponseController(w), new(time.Time)}
	in := receiving{Server: s, r: r, v: viewerOf(r)}
	if err = in.parts(parts); err == nil {
		err = in.finish()
	}
	if err == nil {
		return s.redirectToJob(w, r, in.job)
	}
	return in.fail(w, err)
}

// flowing gives a request more time for as long as something comes.
type flowing struct {
	io.ReadCloser
	control *http.ResponseController
	given   *time.Time
}

func (f flowing) Read(p []byte) (int, error) {
	if now := time.Now(); now.Sub(*f.given) > uploadPatience/4 {
		*f.given = now
		f.control.SetReadDeadline(now.Add(uploadPatience))      //nolint:errcheck // without it the listener's limit holds
		f.control.SetWriteDeadline(now.Add(2 * uploadPatience)) //nolint:errcheck // without it the listener's limit holds
	}
	return f.ReadCloser.Read(p)
}

// errBroken says that the sender has gone, or sent something that is no form.
var errBroken = errors.New("the form ended in the middle")

func (in *receiving) parts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return in.wrong
		}
		if err != nil {
			return unreadable(err)
		}
		if err := in.part(part); errors.Is(err, errBroken) || err != nil && !puttable(err) {
			return err
		} else if in.wrong == nil {
			in.wrong = err // what else was typed is still read, and shown again
		}
	}
}

// puttable tells of what the sender of a form can put right.
func puttable(err error) bool {
	kind := forum.KindOf(err)
	return kind == forum.Invalid || kind == forum.TooLarge
}

func unreadable(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		e := forum.NewError(forum.TooLarge, "One import takes at most %d GB. Larger ones can be brought in from the shell.", action.MaxImportBytes>>30)
		e.Err = errBroken
		return e
	}
	return &forum.Error{Kind: forum.Malformed, Msg: oddForm, Err: fmt.Errorf("%w: %w", errBroken, err)}
}

func (in *receiving) part(part *multipart.Part) error {
	name := part.FormName()
	if name == "file" {
		return in.file(part)
	}
	limit := int64(maxSetting)
	if name == "text" {
		limit = maxPasted
	}
	value, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return unreadable(err)
	}
	if int64(len(value)) > limit {
		return forum.NewError(forum.TooLarge, "At most %d MB of text can be pasted. Please save it as a file and choose that.", maxPasted>>20)
	}
	return in.field(name, strings.ToValidUTF8(strings.ReplaceAll(string(value), "\x00", "\uFFFD"), "\uFFFD"))
}

func (in *receiving) field(name, value string) (err error) {
	switch name {
	case "source":
		in.form.Source = markup.CleanLine(value)
	case "format":
		in.form.Format = value
	case "zone":
		in.form.Zone = strings.TrimSpace(value)
	case "drafts":
		in.form.Drafts = true
	case "address":
		in.form.Address = strings.TrimSpace(value)
	case "text":
		in.form.Text = value
	case "job":
		if in.job == 0 && value != "" {
			in.job, err = parseJobID(value)
		}
	}
	return err
}

// file receives one file. One that is empty is taken as one with an empty line:
// then the report says of it, by its name, that there is nothing in it.
func (in *receiving) file(part *multipart.Part) error {
	name := fileName(part)
	if name == "" || passedOver(name) || in.wrong != nil {
		_, err := io.Copy(io.Discard, part)
		return brokenOr(err)
	}
	content := &whole{r: part}
	first := make([]byte, 1)
	n, err := io.ReadFull(content, first)
	if err != nil && !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	if n == 0 {
		first[0] = '\n'
	}
	if err := in.begin(); err != nil {
		return err
	}
	_, err = in.act.AddImportFile(in.r.Context(), in.v, in.job, name, io.MultiReader(strings.NewReader(string(first)), content))
	if content.err != nil {
		return unreadable(content.err)
	}
	return err
}

func brokenOr(err error) error {
	if err != nil {
		return unreadable(err)
	}
	return nil
}

// whole is a part of a form that tells a file's end from a connection's: package
// multipart gives io.ErrUnexpectedEOF for the latter, which others take for the
// former.
type whole struct {
	r   io.Reader
	err error
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
		err = errBroken
	}
	return n, err
}

// fileName is what the browser calls a file, with the folders it is in: package
// multipart would take those away. It is a name and nothing else.
func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return part.FileName()
	}
	return strings.NewReplacer("%22", `"`, "%0D", "\r", "%0A", "\n").Replace(params["filename"])
}

// passedOver tells of a file in a folder that nobody meant: hidden ones, and what
// macOS and Windows leave behind. One that was chosen by itself is meant.
func passedOver(name string) bool {
	folders := strings.FieldsFunc(name, func(c rune) bool { return c == '/' || c == '\\' })
	if len(folders) < 2 {
		return false
	}
	return slices.ContainsFunc(folders, func(s string) bool {
		return s != "." && s != ".." && importer.LeftBehind(s)
	})
}

// begin makes the import when its first file comes; what to make of the files may
// stand behind them in the form.
func (in *receiving) begin() (err error) {
	if in.job == 0 {
		in.began = true
		in.job, err = in.act.StartImport(in.r.Context(), in.v, postgres.JobOptions{})
	}
	return err
}

// finish adds what is no file and has the whole looked at.
func (in *receiving) finish() error {
	ctx := in.r.Context()
	options := postgres.JobOptions{Source: in.form.Source, Format: in.form.Format, Zone: in.form.Zone, Drafts: in.form.Drafts}
	pasted := strings.TrimSpace(in.form.Text) != ""
	if in.job == 0 && !pasted && in.form.Address == "" {
		return forum.FieldError("file", "Please choose a file, give an address or paste a text: there was nothing to import.")
	}
	if err := in.begin(); err != nil {
		return err
	}
	if err := in.act.ChooseForImport(ctx, in.v, in.job, options); err != nil {
		return err
	}
	if in.form.Address != "" {
		if _, err := in.act.AddImportAddress(ctx, in.v, in.job, in.form.Address); err != nil {
			return err
		}
		in.form.Address = "" // it is among what has arrived
	}
	if pasted {
		if _, err := in.act.AddImportFile(ctx, in.v, in.job, action.PastedText, strings.NewReader(in.form.Text)); err != nil {
			return err
		}
		in.form.Text = ""
	}
	return in.act.LookImport(ctx, in.v, in.job)
}

// fail shows the form again where its sender can put it right, and else lets go of
// what this request began.
func (in *receiving) fail(w http.ResponseWriter, err error) error {
	e := kindly(err)
	shown := puttable(e)
	if !in.began && (e.Kind == forum.Conflict || e.Kind == forum.NotFound) {
		shown, in.job = true, 0 // the files of an earlier form have gone their way since
	}
	ctx := context.WithoutCancel(in.r.Context())
	if in.began && in.job != 0 && (!shown || in.empty(ctx)) {
		if gone := in.act.DiscardImport(ctx, in.v, in.job); gone == nil {
			in.job = 0
		}
	}
	if !shown {
		return err
	}
	noteFailure(in.r, statusFor(err), err)
	p := &importPage{importForm: in.form, Job: in.job, Problem: in.localeOf(in.r).Error(e), Field: e.Field}
	return in.renderImport(w, in.r, statusFor(err), p)
}

func (in *receiving) empty(ctx context.Context) bool {
	list, err := in.db.JobFiles(ctx, in.v, in.job)
	return err == nil && len(list) == 0
}
