// Package postgres holds every SQL statement of the program: one concrete DB,
// one file per noun, closure.go for the closure table. It decides nothing that
// forum decides: writes take values that an action has already authorised, and
// reads take the viewer and return only what that viewer may see.
package postgres
