package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hustings/internal/importer"
)

// siteFormats have all articles of a site in them, unless only a part was asked for.
// Nobody can tell that from the file, so what is missing is told in one sentence, and
// not at all where it is most of what earlier exports had.
var siteFormats = []string{"jsonl", "wxr", "disqus", "remark42", "commento", "comentario", "isso", "blogger", "mt"}

// maxGoneTitles is how many articles that a source no longer has are named.
const maxGoneTitles = 5

const (
	oneGone  = "Earlier exports of this source had the article %s, which this one has not; it stays here."
	manyGone = "Earlier exports of this source had %d articles that this one has not, such as %s; they stay here."
)

// lookForGone finds the articles that whole exports of a source brought earlier and
// that none of its files names now. The sources that have no name of their own are
// left out: anything may come from there.
func (im *importing) lookForGone(ctx context.Context) (err error) {
	whole, torn := []int32{}, []int32{} // not null
	for file, is := range im.stage.site {
		if is {
			whole = append(whole, file)
		}
	}
	for file, is := range im.stage.torn {
		if is {
			torn = append(torn, file)
		}
	}
	if len(whole) == 0 || im.stage.lost {
		return nil
	}
	im.gone, err = im.session.GoneArticles(ctx, whole, torn, unnamedSource)
	return err
}

// met notes that the files have these articles after all, under other keys.
func (im *importing) met(plans []*plan) {
	for i := range im.gone {
		g := &im.gone[i]
		for _, p := range plans {
			if at, here := slices.BinarySearch(g.Articles, p.article); here {
				g.Articles = slices.Delete(g.Articles, at, at+1)
			}
		}
	}
}

// tellGone lists them, for each source in one sentence.
func (im *importing) tellGone(ctx context.Context) error {
	for _, g := range im.gone {
		if len(g.Articles) == 0 {
			continue
		}
		titles, err := im.session.Titles(ctx, g.Articles[:min(len(g.Articles), maxGoneTitles)])
		if err != nil {
			return err
		}
		for i, title := range titles {
			titles[i] = "“" + shortened(title) + "”"
		}
		reason := fmt.Sprintf(oneGone, titles[0])
		if n := len(g.Articles); n > 1 {
			reason = fmt.Sprintf(manyGone, n, strings.Join(titles, ", "))
		}
		told := importer.NewReport("", "")
		told.Add(importer.Problem{File: im.stage.names[g.File-1], Conflict: true, Reason: reason})
		if err := im.list(ctx, &told); err != nil {
			return err
		}
	}
	return nil
}
