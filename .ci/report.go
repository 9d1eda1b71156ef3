// Command report reads what `go test -json` says and shows it as go test would
// without -v: the output of what failed, and last a line for each package. It
// names every test that was skipped, and exits with 1 when a test failed or when
// one was skipped that CI has to run: those with the database or the browser.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of build output
}

// place is a test, or with an empty name a package as a whole.
type place struct{ pkg, test string }

// needed tells by its message a skip that means that CI is not set up as it should
// be; forRoot, one that only says as whom it runs.
var (
	needed  = regexp.MustCompile(`(?i)\b(database|postgresql|postgres|browser|chrom(e|ium))\b`)
	forRoot = regexp.MustCompile(`(?i)\bonly root\b`)
)

type report struct {
	output  map[place][]string // of what has not ended yet
	skipped []string
	missing []string // skips that must not be
	closing []string // go test's line for each package
	failed  bool
}

func main() {
	r := report{output: map[place][]string{}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // go itself complains in plain text
			continue
		}
		r.take(e)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		r.failed = true
	}
	r.end()
	if r.failed || len(r.missing) > 0 || len(r.closing) == 0 {
		os.Exit(1)
	}
}

func (r *report) take(e event) {
	at := place{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		r.output[at] = append(r.output[at], e.Output)
	case "pass", "bench":
		r.close(at)
	case "skip":
		if e.Test != "" {
			r.skip(at)
		}
		r.close(at)
	case "fail":
		r.fail(at)
		r.close(at)
	}
}

// close forgets what ended; a package leaves its closing line.
func (r *report) close(at place) {
	if at.test == "" {
		for _, line := range r.output[at] {
			if isClosing(line) {
				r.closing = append(r.closing, strings.TrimRight(line, "\n"))
			}
		}
	}
	delete(r.output, at)
}

func isClosing(line string) bool {
	return strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "FAIL\t") || strings.HasPrefix(line, "?   \t") ||
		strings.HasPrefix(line, "\t") && strings.Contains(line, "coverage:")
}

func (r *report) skip(at place) {
	why := strings.Join(strings.Fields(strings.Join(slices.DeleteFunc(r.output[at], isFrame), " ")), " ")
	line := fmt.Sprintf("%s %s: %s", at.pkg, at.test, why)
	r.skipped = append(r.skipped, line)
	if needed.MatchString(why) && !forRoot.MatchString(why) {
		r.missing = append(r.missing, line)
	}
}

// isFrame tells what the testing package writes around a test's own words.
func isFrame(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ")
}

// fail shows what failed. With a package goes what its unfinished tests said: one
// of them ended the process.
func (r *report) fail(at place) {
	r.failed = true
	if at.test != "" {
		fmt.Printf("\n%s\n%s", at.pkg, strings.Join(r.output[at], ""))
		return
	}
	unfinished := []place{at}
	for other := range r.output {
		if other.pkg == at.pkg && other.test != "" {
			unfinished = append(unfinished, other)
		}
	}
	slices.SortFunc(unfinished, func(a, b place) int { return cmp.Compare(a.test, b.test) })
	for _, p := range unfinished {
		fmt.Print(strings.Join(r.output[p], ""))
		if p != at {
			delete(r.output, p)
		}
	}
}

func (r *report) end() {
	slices.Sort(r.closing)
	if len(r.skipped) > 0 {
		fmt.Printf("\nSkipped: %d tests\n", len(r.skipped))
		for _, line := range r.skipped {
			fmt.Println("  " + line)
		}
	}
	fmt.Println()
	for _, line := range r.closing {
		fmt.Println(line)
	}
	if len(r.missing) > 0 {
		fmt.Printf("\nThese were skipped, but CI has to run them:\n  %s\n", strings.Join(r.missing, "\n  "))
	}
}
