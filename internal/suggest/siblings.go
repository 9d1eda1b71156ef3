package suggest

import (
	"hustings/internal/forum"
)

// Siblings looks through one list of siblings after the other: Begin for each
// list, then Next for its comments in their order. What it remembers is bounded,
// whatever the length of the list, and each comment costs the same. The zero
// Siblings is ready for Begin.
type Siblings struct {
	parent Comment
	above  func() ([]string, error)
	said   map[uint64]bool // by those above, QuoteWords in a row; nil: not asked for yet

	base   int // number of kept[0] in the list
	kept   []sibling
	words  int // in kept
	other  int // the newest by somebody else than the parent's author; -1: none
	found  map[uint64]place
	called calls
	by     map[forum.PersonID]int // the newest of each author
}

// sibling is what is remembered of a comment.
type sibling struct {
	Comment // without its text
	words   []uint32
}

// place is where some words were first said.
type place struct{ sibling, word int }

// Begin begins a list: the comments that answer parent, or the article where its
// id is 0. above gives the texts that these comments stand below; it is asked
// only where words recur.
func (s *Siblings) Begin(parent Comment, above func() ([]string, error)) {
	*s = Siblings{parent: parent, above: above, other: -1, found: map[uint64]place{}, called: calls{}, by: map[forum.PersonID]int{}}
}

// Next looks at the next comment of the list; ok is false where nothing speaks
// for another place. Errors are those of above.
func (s *Siblings) Next(c Comment) (found Suggestion, ok bool, err error) {
	words := split(c.Text)
	target, rule, evidence, err := s.judge(&c, words)
	if err != nil {
		return found, false, err
	}
	s.keep(c, hashes(words))
	if rule == "" {
		return found, false, nil
	}
	return Suggestion{Comment: c.ID, Parent: s.parent.ID, Target: target.ID, Rule: rule, Words: evidence}, true, nil
}

// judge asks the rules, the surest first.
func (s *Siblings) judge(c *Comment, words []word) (target *sibling, rule Rule, evidence string, err error) {
	if c.Settled || len(s.kept) == 0 {
		return nil, "", "", nil
	}
	if n := corrects(c.Text, words); n > 0 {
		if target := s.corrected(c); target != nil {
			return target, Correction, c.Text[words[0].from:words[n-1].to], nil
		}
		if c.Author != 0 && c.Author == s.parent.Author {
			return nil, "", "", nil // it stands below what it corrects
		}
	}
	target, evidence, err = s.quoted(c, words)
	if err != nil || target != nil {
		return target, Quote, evidence, err
	}
	named, name := s.named(c, words)
	if c.Author != 0 && c.Author == s.parent.Author && s.other >= s.base {
		if named != nil {
			return named, Reply, name, nil
		}
		return s.at(s.other), Reply, "", nil
	}
	if named != nil {
		return named, Name, name, nil
	}
	return nil, "", "", nil
}

func (s *Siblings) at(number int) *sibling { return &s.kept[number-s.base] }

// keep remembers a comment as one that later ones may belong to.
func (s *Siblings) keep(c Comment, words []uint32) {
	number := s.base + len(s.kept)
	c.Text = ""
	s.kept = append(s.kept, sibling{c, words})
	s.words += len(words)
	if c.Author != 0 {
		s.by[c.Author] = number
		if c.Author != s.parent.Author {
			s.other = number
		}
	}
	s.called.add(c.Name, number)
	for at, h := range prints(words) {
		if _, there := s.found[h]; !there {
			s.found[h] = place{number, at}
		}
	}
	for len(s.kept) > 1 && (len(s.kept) > reach || s.words > reachWords) {
		s.forget()
	}
}

// forget drops the oldest.
func (s *Siblings) forget() {
	old := &s.kept[0]
	for _, h := range prints(old.words) {
		if s.found[h].sibling == s.base {
			delete(s.found, h)
		}
	}
	if s.by[old.Author] == s.base {
		delete(s.by, old.Author)
	}
	s.called.drop(old.Name, s.base)
	s.words -= len(old.words)
	s.kept = s.kept[1:]
	s.base++
}
