package pgembed

import "fmt"

// Error is a failure told to the person who started Hustings: Msg is an English
// sentence that says what to do, Err the technical cause, for the log only.
type Error struct {
	Msg string
	Err error
}

func (e *Error) Error() string { return e.Msg }

func (e *Error) Unwrap() error { return e.Err }

func problem(cause error, format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...), Err: cause}
}
