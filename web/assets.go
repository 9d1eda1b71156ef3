package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
)

// AssetPrefix begins the address of every asset; the handler is mounted there unstripped.
const AssetPrefix = "/static/"

// The names of the encodings in HTTP; plain is no encoding at all.
const (
	encodingZstd  = "zstd"
	encodingGzip  = "gzip"
	encodingPlain = "identity"
)

// Content types by file ending. Anything else in the directory stops the start: a guessed
// type is how a picture becomes a page.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml; charset=utf-8",
	".png": "image/png",
}

// Assets are the files of web/static as they are served: minified, compressed once, each
// under an address with the hash of its content, so that browsers may keep them for ever
// and a new version is a new address. Safe for use by many goroutines.
type Assets struct {
	byPath map[string]*asset // address -> file
	urls   map[string]string // name below static -> address
}

// asset is one file with the bodies it can be sent as.
type asset struct {
	contentType string
	hash        string
	bodies      map[string][]byte // by encoding; "identity" is always there
}

// NewAssets prepares the embedded files. It fails only where a file is damaged or of an
// unknown type, which a test notices before anybody starts the program.
func NewAssets() (*Assets, error) {
	static, err := fs.Sub(Files, "static")
	if err != nil {
		return nil, err
	}
	return loadAssets(static)
}

func loadAssets(static fs.FS) (*Assets, error) {
	minifier := minify.New()
	minifier.AddFunc(".css", css.Minify)
	minifier.AddFunc(".js", js.Minify)
	a := &Assets{byPath: map[string]*asset{}, urls: map[string]string{}}
	err := fs.WalkDir(static, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		content, err := fs.ReadFile(static, name)
		if err != nil {
			return err
		}
		if err := a.add(minifier, name, content); err != nil {
			return fmt.Errorf("asset %s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Assets) add(minifier *minify.M, name string, content []byte) error {
	ending := path.Ext(name)
	contentType, ok := contentTypes[ending]
	if !ok {
		return fmt.Errorf("no content type for %q", ending)
	}
	if ending == ".css" || ending == ".js" {
		small, err := minifier.Bytes(ending, content)
		if err != nil {
			return err
		}
		content = small
	}
	bodies, err := encode(content, ending == ".png")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	hash := base64.RawURLEncoding.EncodeToString(sum[:9]) // 72 bits: never the same for two versions
	url := AssetPrefix + hash + "/" + name
	a.byPath[url] = &asset{contentType: contentType, hash: hash, bodies: bodies}
	a.urls[name] = url
	return nil
}

// encode makes every body worth keeping: an encoding that saves nothing is left out.
func encode(content []byte, packed bool) (map[string][]byte, error) {
	bodies := map[string][]byte{encodingPlain: content}
	if packed {
		return bodies, nil
	}
	var zipped bytes.Buffer
	zip, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zip.Write(content); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	for encoding, body := range map[string][]byte{encodingGzip: zipped.Bytes(), encodingZstd: enc.EncodeAll(content, nil)} {
		if len(body) < len(content) {
			bodies[encoding] = body
		}
	}
	return bodies, nil
}

// URL is the address of the file with that name below web/static, as "css/hustings.css".
// An unknown name is a mistake in a template and panics; html/template turns that into
// the error of the page, which the test of every template finds.
func (a *Assets) URL(name string) string {
	url, ok := a.urls[name]
	if !ok {
		panic("web: no asset " + strconv.Quote(name))
	}
	return url
}

// ServeHTTP answers GET and HEAD for the addresses given by URL, and for nothing else: an
// address without the right hash is 404, so that no cache keeps an old file under a new name.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address can only be read.", http.StatusMethodNotAllowed)
		return
	}
	file, ok := a.byPath[r.URL.Path]
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	file.serve(w, r)
}

func (f *asset) serve(w http.ResponseWriter, r *http.Request) {
	encoding := chooseEncoding(r.Header.Values("Accept-Encoding"), f.bodies)
	// A strong tag names these very bytes, so each encoding has its own.
	tag := `"` + f.hash + "-" + encoding + `"`
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", tag)
	if len(f.bodies) > 1 {
		h.Set("Vary", "Accept-Encoding")
	}
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.bodies[encoding]
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if encoding != encodingPlain {
		h.Set("Content-Encoding", encoding)
	}
	if r.Method == http.MethodHead {
		return
	}
	// An error here means that the reader has gone; nobody is left to be told.
	_, _ = w.Write(body)
}

// matches compares as RFC 9110 13.1.2 has it for reading: a weak tag counts like a strong one.
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for candidate := range strings.SplitSeq(header, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}
