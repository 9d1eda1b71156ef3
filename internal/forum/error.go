package forum

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure an Error is. Each maps to one HTTP status and
// one exit code; anything that is not an Error is a fault of the program.
type Kind int

// The kinds of failure, with the HTTP status they become.
const (
	Invalid         Kind = iota + 1 // 422: something typed has to change
	Malformed                       // 400: the request cannot be read
	Unauthenticated                 // 303 to sign in, or 401 for the API
	Forbidden                       // 403
	Closed                          // 403: the thread or branch takes no replies
	NotFound                        // 404
	Gone                            // 410
	Conflict                        // 409: someone else was faster
	TooLarge                        // 413
	TooMany                         // 429, with RetryAfter
	Unavailable                     // 503
)

// Error is a failure that can be explained to a person. Msg is a sentence in
// plain English (a format, where Args are given) that may be shown and is
// translated at the edge; Err is the private cause, for the log only.
type Error struct {
	Kind       Kind
	Msg        string
	Args       []any
	Field      string        // the form field it belongs to, or ""
	RetryAfter time.Duration // with TooMany
	Err        error
}

// Error gives the sentence and the private cause; it is for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message() + ": " + e.Err.Error()
	}
	return e.Message()
}

// Message gives the English sentence alone.
func (e *Error) Message() string {
	if len(e.Args) == 0 {
		return e.Msg
	}
	return fmt.Sprintf(e.Msg, e.Args...)
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.Err }

// NewError makes an Error of a kind with a sentence, a format where args are given.
func NewError(kind Kind, msg string, args ...any) *Error {
	return &Error{Kind: kind, Msg: msg, Args: args}
}

// FieldError makes an Invalid error that belongs to one form field.
func FieldError(field, msg string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Msg: msg, Args: args}
}

// KindOf gives the Kind of an error, or 0 for one that is no Error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return 0
}
