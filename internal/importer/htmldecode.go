package importer

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// pageText makes text of a page's bytes: UTF-8 where they can be that, else what
// the page says of itself, else Windows-1252, as browsers have it.
func pageText(data []byte, found func(src []byte, at int, reason string)) string {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	enc, named := declaredInPage(data[:min(len(data), headSize)])
	switch {
	case bytes.Contains(data, []byte("\x1b$")) && named == "iso-2022-jp": // looks like ASCII
	case utf8.Valid(data):
		return string(data)
	case enc == nil && named == "utf-8", enc == nil && foreignUTF8(data[:min(len(data), headSize)], false):
		fix := charFixer{found: found}
		return string(fix.chars(nil, data))
	case enc == nil:
		fix := charFixer{single: true, found: found}
		return string(fix.chars(nil, data))
	}
	decoded, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		fix := charFixer{found: found}
		return string(fix.chars(nil, data))
	}
	return string(decoded)
}

// pageCharset finds the encoding in a meta tag or in an XML declaration.
var pageCharset = regexp.MustCompile(`(?i)(?:<meta\s[^>]*?charset|^\s*<\?xml\s[^>]*?encoding)\s*=\s*["']?\s*([a-z0-9._:-]{2,40})`)

// declaredInPage gives the encoding that a page names; nil where that is UTF-8,
// Windows-1252, or none that is known.
func declaredInPage(head []byte) (encoding.Encoding, string) {
	m := pageCharset.FindSubmatch(head)
	if m == nil {
		return nil, ""
	}
	enc, err := htmlindex.Get(string(m[1]))
	if err != nil {
		return nil, ""
	}
	name, _ := htmlindex.Name(enc) //nolint:errcheck // Get has just found it
	switch {
	case name == "utf-8", strings.HasPrefix(name, "utf-16"):
		return nil, "utf-8" // as browsers have it: what could be read so far is no UTF-16
	case name == "windows-1252", name == "replacement", name == "x-user-defined":
		return nil, name
	}
	return enc, name
}

// mhtmlHead is how the archives begin in which browsers keep a page with its parts.
var mhtmlHead = regexp.MustCompile(`(?i)^\s*(?:[a-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*content-type:\s*multipart/related`)

// mhtmlPage takes the page out of an archive of a page with its parts. ok is false
// where data is no such archive.
func mhtmlPage(data []byte) (page []byte, location string, ok bool) {
	if !mhtmlHead.Match(data[:min(len(data), headSize)]) {
		return nil, "", false
	}
	in := bufio.NewReader(bytes.NewReader(bytes.TrimLeft(data, " \t\r\n")))
	header, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil {
		return nil, "", false
	}
	_, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, "", false
	}
	location = header.Get("Snapshot-Content-Location")
	parts := multipart.NewReader(in, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil, "", false
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")) //nolint:errcheck // what is no type is no page
		if kind != "text/html" && kind != "application/xhtml+xml" {
			continue
		}
		if location == "" {
			location = part.Header.Get("Content-Location")
		}
		page, err := io.ReadAll(mhtmlPart(part))
		return page, location, err == nil || errors.Is(err, io.ErrUnexpectedEOF)
	}
}

// mhtmlPart undoes the encoding of a part. What is behind damage is lost.
func mhtmlPart(part *multipart.Part) io.Reader {
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		return quotedprintable.NewReader(part)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, part)
	}
	return part
}
