package action

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// UploadInput is a file, or pasted text, that an admin is about to import.
type UploadInput struct {
	Name    string // of the file, as the browser gives it; "": pasted
	Source  string // where it comes from; "": the file's own site, else "local"
	Content []byte // at most MaxUploadBytes
}

// MaxUploadBytes is the largest file that the browser may send; larger ones are
// for the shell.
const MaxUploadBytes = 32 << 20

// PastedText is what an upload without a file's name is called.
const PastedText = "pasted text"

// maxUploadName is the longest name of a file that is kept.
const maxUploadName = 300

// Upload keeps a file for a day, until its owner imports it, and gives the token
// that finds it again.
func (a *Actions) Upload(ctx context.Context, v forum.Viewer, in UploadInput) (token string, err error) {
	if err := forum.CanAdminister(v); err != nil {
		return "", err
	}
	if err := in.check(); err != nil {
		return "", err
	}
	token = rand.Text()
	sum := sha256.Sum256(in.Content)
	u := postgres.Upload{Owner: v.ID, TokenHash: uploadHash(token), Name: in.Name, Source: in.Source, SHA256: sum[:], Content: in.Content}
	return token, a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.KeepUpload(ctx, u) })
}

// check refuses what can't be kept and makes the names fit to be shown.
func (in *UploadInput) check() error {
	in.Source = markup.CleanLine(in.Source)
	in.Name = markup.CleanLine(filepath.Base(strings.ReplaceAll(in.Name, `\`, "/")))
	switch {
	case len(bytes.TrimSpace(in.Content)) == 0:
		return forum.FieldError("file", "Please choose a file or paste a text: there was nothing to import.")
	case len(in.Content) > MaxUploadBytes:
		return forum.NewError(forum.TooLarge, "At most %d MB can be sent here. Larger files can be imported from the shell.", MaxUploadBytes>>20)
	case utf8.RuneCountInString(in.Source) > maxSourceChars:
		return forum.FieldError("source", "The name of a source has at most %d characters.", maxSourceChars)
	}
	if in.Name == "" || in.Name == "." || in.Name == "/" || utf8.RuneCountInString(in.Name) > maxUploadName {
		in.Name = PastedText
	}
	return nil
}

func uploadHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// ImportUpload imports a file that waits, or says what an import would do. It
// gives the file too, so that it can be shown beside what was found.
func (a *Actions) ImportUpload(ctx context.Context, v forum.Viewer, token string, dryRun bool) (*Imported, postgres.Upload, error) {
	if err := forum.CanAdminister(v); err != nil {
		return nil, postgres.Upload{}, err
	}
	u, err := a.db.Upload(ctx, v, uploadHash(token))
	if err != nil {
		return nil, u, err
	}
	done, err := a.Import(ctx, v, ImportInput{DryRun: dryRun, Source: u.Source, Files: []ImportFile{{
		Name: u.Name, Open: func() (io.ReadCloser, error) { return upload{bytes.NewReader(u.Content)}, nil },
	}}})
	return done, u, err
}

// upload is a kept file; archives are read from its end.
type upload struct{ *bytes.Reader }

func (upload) Close() error { return nil }
