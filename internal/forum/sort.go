package forum

// Sort is an order of siblings in a thread.
type Sort string

// The orders of a thread. Best: the number of different people in the branch
// in the last 30 days, then newest, until readers can recommend.
const (
	Oldest Sort = "oldest"
	Newest Sort = "newest"
	Best   Sort = "best"
)

// ParseSort reads a thread order; "" is Oldest.
func ParseSort(s string) (Sort, error) {
	switch o := Sort(s); o {
	case "":
		return Oldest, nil
	case Oldest, Newest, Best:
		return o, nil
	}
	return "", NewError(Malformed, "There is no such order. A thread can be sorted by oldest, newest and best.")
}

// FrontSort is an order of the front page.
type FrontSort string

// The orders of the front page. Top: the number of different people in the
// thread in the last 30 days, then newest.
const (
	FrontActive FrontSort = "active"
	FrontNew    FrontSort = "new"
	FrontTop    FrontSort = "top"
)

// ParseFrontSort reads an order of the front page; "" is FrontActive.
func ParseFrontSort(s string) (FrontSort, error) {
	switch o := FrontSort(s); o {
	case "":
		return FrontActive, nil
	case FrontActive, FrontNew, FrontTop:
		return o, nil
	}
	return "", NewError(Malformed, "There is no such order. The front page can be sorted by active, new and top.")
}
