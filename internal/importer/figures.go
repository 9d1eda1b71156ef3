package importer

// Figures are what a report counts besides what is new, changed and the same. A dry
// run counts what the import itself would. What is 0 is left out of the JSON.
type Figures struct {
	// Depths counts the comments of the threads by their level, the top level first:
	// those that the files have, placeholders too. The last of MaxDepths has all that
	// are deeper.
	Depths    []int          `json:"depths,omitempty"`
	Redirects RedirectCounts `json:"redirects,omitzero"`
	Images    ImageCounts    `json:"images,omitzero"`
}

// MaxDepths is how many levels are counted apart.
const MaxDepths = 20

// RedirectCounts counts the old addresses that the files give of their articles, by
// where they lead once the import is done. Forms of one address, with and without
// the last slash, are one.
type RedirectCounts struct {
	New  int `json:"new"`  // to the article, from then on
	Same int `json:"same"` // to the article, as they do already
	// Taken lead to another article, which had them first.
	Taken int `json:"taken"`
	// Ours are addresses of this site itself, which shows its own pages there; leading
	// from them would lead round in a circle.
	Ours int `json:"ours"`
}

// ImageCounts counts the images that the articles show, and the articles that show
// any.
type ImageCounts struct {
	Images   int `json:"images"`
	Articles int `json:"articles"`
}

// AuthorCounts counts the people whom the files name as authors of comments. Two of
// one name whom their source tells apart are two.
type AuthorCounts struct {
	New   int `json:"new"`
	Known int `json:"known"` // an earlier import brought them
	// Clash counts those of both whose name a member of this site has, small and
	// capital letters being the same. Their comments keep the name, marked as
	// imported; nobody's account is touched.
	Clash int `json:"clash"`
}

// AtLevel counts a comment of a thread; the top level is 1.
func (f *Figures) AtLevel(level int) {
	level = min(max(level, 1), MaxDepths)
	for len(f.Depths) < level {
		f.Depths = append(f.Depths, 0)
	}
	f.Depths[level-1]++
}

// AddFigures adds those of other articles.
func (f *Figures) AddFigures(o Figures) {
	for len(f.Depths) < len(o.Depths) {
		f.Depths = append(f.Depths, 0)
	}
	for i, n := range o.Depths {
		f.Depths[i] += n
	}
	f.Redirects.New += o.Redirects.New
	f.Redirects.Same += o.Redirects.Same
	f.Redirects.Taken += o.Redirects.Taken
	f.Redirects.Ours += o.Redirects.Ours
	f.Images.Images += o.Images.Images
	f.Images.Articles += o.Images.Articles
}

// writeShare says how much longer than looking at a comment it takes to look and
// write it, both measured by "dev bench-import" on one machine: 60,120 looked at and
// 17,815 brought into a live database in a second.
const writeShare = 2.4

// Estimate is about how many seconds the import takes of which this is the dry run,
// reckoned from the dry run's own: what is the same is only looked at.
func (r *Report) Estimate() float64 {
	written, all := r.Articles.New+r.Articles.Changed+r.Comments.New+r.Comments.Changed, r.Read()
	if all == 0 {
		return r.Seconds
	}
	return r.Seconds * (1 + writeShare*float64(written)/float64(all))
}
