package suggest

import (
	"hash/fnv"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is a word of a text, with its place in it.
type word struct {
	hash     uint32
	from, to int // bytes
}

// split gives the words of a text: letters and digits, whatever their case; an
// apostrophe is part of its word, whichever one was typed.
func split(text string) (list []word) {
	for from, to := range spans(text) {
		list = append(list, word{hashOf(text[from:to]), from, to})
	}
	return list
}

func spans(text string) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		from := -1
		for i, r := range text {
			in := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || from >= 0 && apostrophe(r) && letterAt(text, i+utf8.RuneLen(r))
			switch {
			case in && from < 0:
				from = i
			case !in && from >= 0:
				if !yield(from, i) {
					return
				}
				from = -1
			}
		}
		if from >= 0 {
			yield(from, len(text))
		}
	}
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' }

func letterAt(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[min(max(i, 0), len(text)):])
	return unicode.IsLetter(r)
}

// folded is a word as it is compared.
func folded(w string) string {
	return strings.ReplaceAll(strings.ToLower(w), "’", "'")
}

func hashOf(w string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(folded(w))) //nolint:errcheck // a hash takes everything
	return h.Sum32()
}

// hashes drops the places.
func hashes(list []word) []uint32 {
	all := make([]uint32, len(list))
	for i, w := range list {
		all[i] = w.hash
	}
	return all
}

const gramBase = 0x9E3779B97F4A7C15

// grams gives a number for each k words in a row, by the place of the first.
func grams(words []uint32, k int) iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		var h, high uint64 = 0, 1
		for range k {
			high *= gramBase
		}
		for i, w := range words {
			h = h*gramBase + uint64(w) + 1
			if i >= k {
				h -= high * (uint64(words[i-k]) + 1)
			}
			if i >= k-1 && !yield(i-k+1, h) {
				return
			}
		}
	}
}

// A quotation of QuoteWords is found by one of its grams: of each printWindow
// grams in a row the smallest is kept (winnowing), which spares three out of four.
const (
	gramWords   = 6
	printWindow = QuoteWords - gramWords + 1
)

// prints gives the grams by which a text is found again, by the place of the
// first word.
func prints(words []uint32) iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		type gram struct {
			at   int
			hash uint64
		}
		var queue []gram // rising; the first is the smallest of the window
		last := -1
		for at, h := range grams(words, gramWords) {
			h ^= h >> 29 // numbers of words that are alike are not alike
			for len(queue) > 0 && queue[len(queue)-1].hash >= h {
				queue = queue[:len(queue)-1]
			}
			queue = append(queue, gram{at, h})
			if queue[0].at <= at-printWindow {
				queue = queue[1:]
			}
			if at < printWindow-1 || queue[0].at == last {
				continue
			}
			if last = queue[0].at; !yield(last, queue[0].hash) {
				return
			}
		}
	}
}

// Find gives the place, in bytes, at which the words of another text stand in a
// text in the same order, whatever is between them that is no word. ok is false
// where they don't.
func Find(text, words string) (from, to int, ok bool) {
	all, wanted := split(text), hashes(split(words))
	if len(wanted) == 0 {
		return 0, 0, false
	}
	var want uint64
	for _, h := range grams(wanted, len(wanted)) {
		want = h
	}
	for at, h := range grams(hashes(all), len(wanted)) {
		if h == want {
			return all[at].from, all[at+len(wanted)-1].to, true
		}
	}
	return 0, 0, false
}

// CountWords is how many words a text has.
func CountWords(text string) (n int) {
	for range spans(text) {
		n++
	}
	return n
}
