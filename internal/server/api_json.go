package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"hustings/internal/forum"
)

// fields are what a JSON object says, by name, not yet read.
type fields map[string]json.RawMessage

// readFields reads a request's body: one JSON object with some of the named
// fields, each at most once. A field of another name is refused rather than
// ignored: a slip in "parent" would post a reply in the wrong place.
func readFields(r *http.Request, names ...string) (fields, error) {
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, err
	}
	if err != nil {
		return nil, &forum.Error{Kind: forum.Malformed, Msg: "The request did not arrive whole. Please send it again.", Err: err}
	}
	if !utf8.Valid(body) {
		return nil, forum.NewError(forum.Malformed, "This is not JSON: it has to be UTF-8.")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, forum.NewError(forum.Malformed, "The request is empty: it has to hold a JSON object.")
	}
	if !json.Valid(body) {
		return nil, forum.NewError(forum.Malformed, "This can’t be read as JSON.")
	}
	return splitObject(body, names)
}

// splitObject takes valid JSON apart.
func splitObject(body []byte, names []string) (fields, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, &forum.Error{Kind: forum.Invalid, Msg: "The request has to be a JSON object.", Err: err}
	}
	found := fields{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok || !slices.Contains(names, name) {
			return nil, forum.NewError(forum.Invalid, "There is no field “%s” here.", cutForMessage(name))
		}
		if _, twice := found[name]; twice {
			return nil, forum.FieldError(name, "The field “%s” is there twice.", name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		found[name] = value
	}
	return found, nil
}

// cutForMessage keeps what somebody sent from filling the answer.
func cutForMessage(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// has tells whether a field says anything.
func (f fields) has(name string) bool {
	value, ok := f[name]
	return ok && string(value) != "null"
}

// text reads a string; null or nothing is "".
func (f fields) text(name string) (string, error) {
	if !f.has(name) {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(f[name], &s); err != nil {
		return "", forum.FieldError(name, "The field “%s” has to be a string.", name)
	}
	return s, nil
}

// id reads the number of a comment; null or nothing is 0.
func (f fields) id(name string) (forum.CommentID, error) {
	if !f.has(name) {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(f[name]), 10, 64)
	if err != nil || n < 1 {
		return 0, forum.FieldError(name, "The field “%s” has to be the number of a comment, or null.", name)
	}
	return forum.CommentID(n), nil
}
