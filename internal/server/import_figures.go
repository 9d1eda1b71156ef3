package server

import (
	"strings"

	"hustings/internal/importer"
)

// figures are what a report counts apart, in words: what the source shows nobody,
// the levels of the threads, people, old addresses and images.
func (l *locale) figures(r *importer.Report, done bool) []string {
	list := l.hiddenFigures(r)
	if n := len(r.Depths); n > 1 {
		levels := make([]string, n)
		for i, of := range r.Depths {
			levels[i] = l.Number(of)
		}
		list = append(list, l.T("comments level by level from the top, placeholders too: %s", strings.Join(levels, " · ")))
	}
	list = append(append(list, l.authorFigures(r)...), l.redirectFigures(r, done)...)
	if n := r.Images.Images; n > 0 {
		list = append(list, l.N(n, "%[1]d image in %[2]s", "%[1]d images in %[2]s", l.N(r.Images.Articles, "%d article", "%d articles")))
	}
	return list
}

func (l *locale) hiddenFigures(r *importer.Report) (list []string) {
	a, c := &r.Articles, &r.Comments
	if n := a.Drafts; n > 0 {
		list = append(list, l.N(n, "%d article is a draft", "%d articles are drafts"))
	}
	if n := a.Private; n > 0 {
		list = append(list, l.N(n, "%d article is private", "%d articles are private"))
	}
	if n := a.Scheduled; n > 0 {
		list = append(list, l.N(n, "%d article is to appear later", "%d articles are to appear later"))
	}
	if n := c.Spam; n > 0 {
		list = append(list, l.N(n, "%d comment is spam at the source and is not shown", "%d comments are spam at the source and are not shown"))
	}
	if n := c.Removed; n > 0 {
		list = append(list, l.N(n, "%d comment was removed at the source and is not shown", "%d comments were removed at the source and are not shown"))
	}
	if n := c.Retracted; n > 0 {
		list = append(list, l.N(n, "%d comment was taken back by its author and is not shown", "%d comments were taken back by their authors and are not shown"))
	}
	if n := c.Erased; n > 0 {
		list = append(list, l.N(n, "%d comment was erased at the source", "%d comments were erased at the source"))
	}
	return list
}

func (l *locale) authorFigures(r *importer.Report) (list []string) {
	if n := r.Authors.New; n > 0 {
		list = append(list, l.N(n, "%d author is new here", "%d authors are new here"))
	}
	if n := r.Authors.Known; n > 0 {
		list = append(list, l.N(n, "%d author is known from an earlier import", "%d authors are known from earlier imports"))
	}
	if n := r.Authors.Clash; n > 0 {
		list = append(list, l.N(n, "%d author has the name of a member; the comments keep it, marked as imported", "%d authors have the names of members; the comments keep them, marked as imported"))
	}
	return list
}

func (l *locale) redirectFigures(r *importer.Report, done bool) (list []string) {
	switch n := r.Redirects.New; {
	case n > 0 && done:
		list = append(list, l.N(n, "%d old address of an article leads here now", "%d old addresses of articles lead here now"))
	case n > 0:
		list = append(list, l.N(n, "%d old address of an article will lead here", "%d old addresses of articles will lead here"))
	}
	if n := r.Redirects.Same; n > 0 {
		list = append(list, l.N(n, "%d old address of an article led here before", "%d old addresses of articles led here before"))
	}
	if n := r.Redirects.Taken; n > 0 {
		list = append(list, l.N(n, "%d old address leads to another article, which had it first", "%d old addresses lead to other articles, which had them first"))
	}
	if n := r.Redirects.Ours; n > 0 {
		list = append(list, l.N(n, "%d old address is one of this site’s own and leads nowhere else", "%d old addresses are some of this site’s own and lead nowhere else"))
	}
	return list
}
