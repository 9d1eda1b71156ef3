// Package archtest guards how the program is built: tests that fail, with the
// reason, when a package imports what it may not, when a page could show what it
// must not, when a template asks for what its page lacks, or when a sentence is
// missing from a language. It reads the source as text; nothing of the program may
// import it.
package archtest
