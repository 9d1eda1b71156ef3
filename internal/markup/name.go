package markup

import "errors"

// Name is being written.
func Name(s string) (string, error) { return s, errors.ErrUnsupported }

// Skeleton is being written.
func Skeleton(name string) string { return name }

// CleanLine is being written.
func CleanLine(s string) string { return s }
