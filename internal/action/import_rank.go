package action

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"hustings/internal/postgres"

	"golang.org/x/text/unicode/norm"
)

// A site can be had in several forms: its export, what its interface answers, its
// pages, its feeds. The further a form is from what was written, the more of it is
// made up on the way: quotation marks are turned, faces become pictures, feeds end
// after a paragraph. So each word of a source is noted with the rank of its form,
// in the last byte of its digest; what came before there were ranks has none.
//
// What a form says is compared with what the same form said last. Another form is
// only asked whether it says something else when white space, punctuation and
// letter case are left aside; if so, one that is nearer to the original is believed,
// and one that is further from it is not: it adds what is new and changes nothing.

// ranks says how near a format is to the original. What is not named is 0, as
// placeholders are: anything is nearer.
var ranks = map[string]int16{
	"jsonl": 5,
	"wxr":   exportRank, "disqus": exportRank, "remark42": exportRank, "commento": exportRank, "comentario": exportRank, "isso": exportRank,
	"blogger": exportRank, "mt": exportRank, "markdown": exportRank,
	"wprest": 3,
	"html":   2, "text": 2,
	"feed": 1,
}

const exportRank int16 = 4

// digestLen is the length of a digest without a rank.
const digestLen = 32

// ranked puts the rank of a form at the end of a digest.
func ranked(digest []byte, rank int16) []byte { return append(digest, byte(rank)) }

// rankOf is the rank of what has this digest; -1: it is not known.
func rankOf(digest []byte) int16 {
	if len(digest) != digestLen+1 {
		return -1
	}
	return int16(digest[digestLen])
}

// sameDigest tells whether a source says what was noted.
func sameDigest(was, now []byte) bool {
	return bytes.Equal(was, now) || len(was) == digestLen && bytes.HasPrefix(now, was)
}

// essence is what two forms of one text have in common: its letters and digits.
func essence(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(s))
}

// word is how a source's word on an article stands to what is here.
type word int

const (
	wordFirst  word = iota // it has said nothing yet
	wordAgain              // compared with its last word in the same form
	wordNearer             // the last one was further from the original
	wordBeside             // the text is another source's, or a nearer one's: nothing of it changes
)

// hear finds out how a source's word on an article that is here stands to what
// this source has said of it, under whatever key.
func (p *plan) hear(refs []postgres.ArticleRef) {
	var own, best *postgres.ArticleRef
	for i := range refs {
		r := &refs[i]
		if p.refs == nil {
			p.refs = map[string]bool{}
		}
		p.refs[r.Key] = true
		if r.Key == p.staged.Key {
			own = r
		}
		if r.Given != "" && (best == nil || rankOf(r.Digest) > rankOf(best.Digest)) {
			best = r
		}
	}
	if p.given == 0 || len(refs) == 0 {
		if p.adopted {
			p.word = wordBeside
		}
		return
	}
	now := rankOf(p.staged.Digest)
	switch {
	case best == nil:
		p.word = wordBeside
	case rankOf(best.Digest) > now:
		p.word = wordBeside
	case own != nil && own.Given != "" && (rankOf(own.Digest) == now || rankOf(own.Digest) < 0):
		p.word, p.was = wordAgain, own
	case rankOf(best.Digest) >= 0 && rankOf(best.Digest) < now:
		p.word, p.was = wordNearer, best
	default:
		p.word = wordBeside
	}
	if p.word == wordBeside {
		p.was = own
	}
}

// newer tells whether what a nearer form says of the article is something else.
func (p *plan) newer(ctx context.Context) (bool, error) {
	staged, err := p.im.stage.spool.article(p.staged.Body)
	if err != nil {
		return false, err
	}
	if by := p.im.addresses.textOf(p.article); by >= 0 {
		heads, err := p.im.session.StagedHeads(ctx, []int32{by})
		if err != nil {
			return false, err
		}
		now, err := p.im.stage.spool.article(heads[by].Body)
		return essence(p.staged.Title+staged.Text) != essence(heads[by].Title+now.Text), err
	}
	title, text, err := p.im.session.StoredArticleText(ctx, p.article)
	return essence(p.staged.Title+staged.Text) != essence(title+text), err
}

// weigh decides about comments that were last heard of in another form than that
// of this file.
func (t *taking) weigh(ctx context.Context) error {
	var pairs []int32
	for i := t.begin; i < t.end; i++ {
		if node := t.leaves[i].node; t.isStored(node) && t.stored[node].leaf == i && t.stored[node].flags.Is(nodeWeighed) {
			pairs = append(pairs, i)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	differ, err := t.differing(ctx, pairs)
	if err != nil {
		return err
	}
	for _, i := range pairs {
		s := &t.stored[t.leaves[i].node]
		s.flags &^= nodeWeighed
		last := saidOf(t.leaves[i].flags)
		last.same = !differ[i]
		if t.leaves[i].flags.Is(postgres.LeafNearer) {
			if last.text {
				s.flags |= nodeTold // from now on this form's word is compared
			}
			t.judge(s, i, last)
			continue
		}
		t.count(i, &t.report.Comments.Same)
		if !last.same && last.text {
			t.conflict(i, s.id, furtherReason)
		}
	}
	return nil
}

// differing finds the leaves that say something else than their source said last, in
// another form.
func (t *taking) differing(ctx context.Context, leaves []int32) (map[int32]bool, error) {
	differ := map[int32]bool{}
	for part := range slices.Chunk(leaves, portionRows) {
		keys, now := make([]string, len(part)), make(map[string]int32, len(part))
		for k, i := range part {
			c, err := t.im.stage.spool.get(t.n(i))
			if err != nil {
				return nil, err
			}
			keys[k], now[c.Key] = c.Key, i
		}
		var failed error
		err := t.im.session.EachForm(ctx, t.source, keys, func(key string, was postgres.Form) {
			i := now[key]
			c, err := t.im.stage.spool.get(t.n(i))
			if err != nil {
				failed = err
				return
			}
			differ[i] = otherwise(was, formOf(&c), t.leaves[i].flags.Is(postgres.LeafFurther))
		})
		if err := cmp.Or(err, failed); err != nil {
			return nil, err
		}
	}
	return differ, nil
}

func formOf(c *postgres.StagedComment) postgres.Form {
	return postgres.Form{Kind: c.Kind, Author: textIn(c.Author), CreatedAt: c.CreatedAt, Text: textIn(c.BodyText)}
}

// sameMinute is how far apart two forms may have a comment's time: many pages show
// no seconds.
const sameMinute = time.Minute

const furtherReason = "It says something else here than in what is nearer to the original, such as an export; that text stays."

// otherwise tells whether a comment says something else in another form.
func otherwise(was, now postgres.Form, further bool) bool {
	here, there := essence(was.Text), essence(now.Text)
	if further { // which may have the beginning only, and has its own idea of times
		return !strings.HasPrefix(here, there)
	}
	if was.Kind != now.Kind || here != there {
		return true
	}
	if now.Author != "" && essence(was.Author) != essence(now.Author) {
		return true
	}
	return now.CreatedAt != nil && (was.CreatedAt == nil || was.CreatedAt.Sub(*now.CreatedAt).Abs() >= sameMinute)
}
