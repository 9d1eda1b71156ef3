package suggest

// quoted gives the sibling from which a comment has the most words in a row, and
// these words. Words that were said above the siblings, in the article perhaps,
// are nobody's answer; words of one's own are a repetition.
func (s *Siblings) quoted(c *Comment, words []word) (target *sibling, evidence string, err error) {
	if len(words) < QuoteWords {
		return nil, "", nil
	}
	own := hashes(words)
	best, end := run{}, 0
	for at, h := range prints(own) {
		p, there := s.found[h]
		if !there || at < end || p.sibling < s.base {
			continue
		}
		r := s.run(own, at, p)
		if end = r.to; r.length() < QuoteWords || r.length() <= best.length() || s.unfit(c, own, r) {
			continue
		}
		above, err := s.saidAbove(own[r.from:r.to])
		if err != nil {
			return nil, "", err
		}
		if !above {
			best = r
		}
	}
	if best.length() == 0 {
		return nil, "", nil
	}
	return s.at(best.sibling), shortened(c.Text[words[best.from].from:words[best.to-1].to]), nil
}

// run is a row of words of a comment that a sibling has too.
type run struct{ from, to, sibling int }

func (r run) length() int { return r.to - r.from }

// run follows a gram both ways, as far as the words are the same.
func (s *Siblings) run(own []uint32, at int, p place) run {
	theirs := s.at(p.sibling).words
	r := run{at, at, p.sibling}
	for i := p.word; r.to < len(own) && i < len(theirs) && own[r.to] == theirs[i]; i++ {
		r.to++
	}
	for i := p.word - 1; r.from > 0 && i >= 0 && own[r.from-1] == theirs[i]; i-- {
		r.from--
	}
	return r
}

// ownWords is what a comment says beside its quotation, at least.
const ownWords = 3

// unfit tells what is no answer: a repetition of one's own words, or of nothing
// but somebody's.
func (s *Siblings) unfit(c *Comment, own []uint32, r run) bool {
	author := s.at(r.sibling).Author
	return author != 0 && author == c.Author || len(own)-r.length() < ownWords
}

func (s *Siblings) saidAbove(words []uint32) (bool, error) {
	if s.said == nil {
		texts, err := s.above()
		if err != nil {
			return false, err
		}
		s.said = map[uint64]bool{}
		for _, text := range texts {
			for _, h := range grams(hashes(split(text)), QuoteWords) {
				s.said[h] = true
			}
		}
	}
	for _, h := range grams(words, QuoteWords) {
		if s.said[h] {
			return true, nil
		}
	}
	return false, nil
}

// shortened cuts evidence to what is kept, behind a word.
func shortened(text string) string {
	if len(text) <= wordsLongest {
		return text
	}
	end := 0
	for _, to := range spans(text[:wordsLongest]) {
		if to < wordsLongest { // the last word may be cut
			end = to
		}
	}
	return text[:end]
}
