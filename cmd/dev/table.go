package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// check is one measured figure beside what it has to hold.
type check struct {
	what     string
	measured float64
	unit     string
	limit    float64
	atLeast  bool // the limit is a floor, not a ceiling
	free     bool // there is no limit: the figure is for information
	note     string
}

func (c *check) holds() bool {
	switch {
	case c.free:
		return true
	case c.atLeast:
		return c.measured >= c.limit
	}
	return c.measured <= c.limit
}

func (c *check) target() string {
	if c.free {
		return "-"
	}
	sign := "<="
	if c.atLeast {
		sign = ">="
	}
	return strings.TrimSpace(sign + " " + figure(c.limit) + " " + c.unit)
}

func (c *check) verdict() string {
	switch {
	case c.free:
		return ""
	case c.holds():
		return "holds"
	}
	return "MISSED"
}

// printChecks prints a table and tells how many targets were missed.
func printChecks(w io.Writer, list []check) int {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "check\tmeasured\ttarget\t\tnote")
	missed := 0
	for i := range list {
		c := &list[i]
		if !c.holds() {
			missed++
		}
		fmt.Fprintf(t, "%s\t%s %s\t%s\t%s\t%s\n", c.what, figure(c.measured), c.unit, c.target(), c.verdict(), c.note)
	}
	t.Flush() //nolint:errcheck // standard output
	return missed
}

// figure writes a number with three digits that mean something.
func figure(f float64) string {
	switch {
	case f >= 100 || f == float64(int64(f)):
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	case f >= 1:
		return fmt.Sprintf("%.2f", f)
	}
	return fmt.Sprintf("%.3f", f)
}
