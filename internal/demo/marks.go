package demo

import (
	"slices"
	"strings"
)

// mark reads a line "%word …" that says something about the comment.
func (p *parser) mark(c *Comment, line string) error {
	words := strings.Fields(line[1:])
	if len(words) == 0 {
		return p.fail("an empty mark")
	}
	switch words[0] {
	case Removed, Held, Retracted:
		c.State = words[0]
		return p.change(c, words[1:])
	case "branch":
		if len(words) < 2 || words[1] != BranchRemoved && words[1] != BranchLocked {
			return p.fail("want %%branch removed or %%branch locked")
		}
		c.Branch = words[1]
		return p.change(c, words[2:])
	case "report":
		return p.report(c, words[1:])
	case "imported":
		c.Imported = true
	case KindLinkBack:
		c.Kind = KindLinkBack
	default:
		return p.fail("unknown mark %q", words[0])
	}
	return nil
}

// change reads the reason and the time of a removal, hold or lock, each of
// which may be missing.
func (p *parser) change(c *Comment, words []string) error {
	c.Changed = c.Age
	for _, w := range words {
		switch {
		case strings.HasPrefix(w, "+"):
			age, err := after(c.Age, w)
			if err != nil {
				return p.fail("%v", err)
			}
			c.Changed = age
		case slices.Contains(Reasons, w):
			c.Reason = w
		default:
			return p.fail("%q is neither a reason nor a +span", w)
		}
	}
	return nil
}

// report reads "%report REASON +SPAN Name: note".
func (p *parser) report(c *Comment, words []string) error {
	if len(words) < 3 || !slices.Contains(Reasons, words[0]) {
		return p.fail("want %%report reason +span name: note")
	}
	age, err := after(c.Age, words[1])
	if err != nil {
		return p.fail("%v", err)
	}
	name, note, _ := strings.Cut(strings.Join(words[2:], " "), ": ")
	if !p.cast[name] {
		return p.fail("reporter %q is not in people.txt", name)
	}
	c.Reports = append(c.Reports, Report{Reason: words[0], Reporter: name, Note: note, Age: age})
	return nil
}
