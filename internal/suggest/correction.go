package suggest

import "strings"

// corrections are the openings of comments that correct what their author has
// just said, in words; the longest has three.
var corrections = map[string]bool{
	"correction": true, "corrections": true, "corrected": true, "erratum": true, "errata": true, "corrigendum": true, "typo": true, "typos": true,
	"i meant": true, "i mean": true, "sorry i meant": true, "oops i meant": true, "of course i meant": true, "should read": true, "should have read": true,
	"that should read": true, "that should be": true, "that should say": true, "this should read": true, "make that": true, "for the record i meant": true,
	"korrektur": true, "berichtigung": true, "tippfehler": true, "ich meinte": true, "sorry ich meinte": true, "gemeint war": true, "sollte heißen": true,
	"das sollte heißen": true, "muss heißen": true, "es muss heißen": true, "correctif": true, "rectificatif": true, "je voulais dire": true,
}

// longestOpening is how many words the longest of corrections has.
const longestOpening = 5

// corrects is how many words of a comment announce that it corrects something; 0:
// none do.
func corrects(text string, words []word) int {
	if len(words) > correctionLongest {
		return 0
	}
	longest := 0
	var opening strings.Builder
	for i := 0; i < len(words) && i < longestOpening; i++ {
		if i > 0 {
			opening.WriteByte(' ')
		}
		opening.WriteString(folded(text[words[i].from:words[i].to]))
		if corrections[opening.String()] {
			longest = i + 1
		}
	}
	return longest
}

// corrected gives the comment that the same person wrote shortly before.
func (s *Siblings) corrected(c *Comment) *sibling {
	number, there := s.by[c.Author]
	if c.Author == 0 || !there || number < s.base {
		return nil
	}
	target := s.at(number)
	if c.At != nil && target.At != nil {
		if after := c.At.Sub(*target.At); after < 0 || after > CorrectionWithin {
			return nil
		}
		return target
	}
	if apart := s.base + len(s.kept) - 1 - number; apart > correctionApart {
		return nil
	}
	return target
}
