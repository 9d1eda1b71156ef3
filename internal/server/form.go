package server

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"hustings/internal/forum"
)

// oddForm is what a form is told that no page of ours has sent.
const oddForm = "This form arrived in a shape that can’t be read. Please use the form on the page."

// readForm reads an ordinary form from the body, never from the query. What is
// too large or cannot be read is refused; line ends become plain newlines.
func readForm(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (kind != "application/x-www-form-urlencoded" && kind != "multipart/form-data") {
		return nil, forum.NewError(forum.Malformed, oddForm)
	}
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(formLimit)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, err
		}
		return nil, &forum.Error{Kind: forum.Malformed, Msg: oddForm, Err: err}
	}
	form := url.Values{}
	for name, values := range r.PostForm {
		if len(values) == 0 {
			continue
		}
		if !utf8.ValidString(values[0]) || strings.ContainsRune(values[0], 0) {
			return nil, forum.NewError(forum.Malformed, "This form holds characters that can’t be read. Please type the text again.")
		}
		form.Set(name, strings.ReplaceAll(values[0], "\r\n", "\n"))
	}
	return form, nil
}
