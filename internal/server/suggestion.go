package server

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"
	"hustings/internal/suggest"

	"github.com/go-chi/chi/v5"
)

// suggestionsPage lists what an import's source may have lost, each with what
// speaks for it.
type suggestionsPage struct {
	layout
	Lanes    []lane
	Lane     postgres.SuggestionLane
	Groups   []*suggestionGroup
	Due      int    // articles that are still to be looked through
	Article  string // slug, where the page is about one
	Title1   string // its title
	Self     string // address of this page, to come back to
	NextURL  string // "" at the end
	FirstURL string // the beginning, where this is not it
	Bulk     string // what accepting many has done, in words
	Problem  string // why nothing was done
}

// suggestionGroup are the suggestions of one rule in one article.
type suggestionGroup struct {
	*locale
	Slug, Title string
	Rule        suggest.Rule
	Of          int // open ones of the group, shown here or not
	Sure        bool
	Items       []*suggestionView
	Self        string
}

func (s *Server) showSuggestions(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newSuggestionsPage(r, r.URL.Query())
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "suggestions", p)
}

func (s *Server) newSuggestionsPage(r *http.Request, q url.Values) (*suggestionsPage, error) {
	lane, err := postgres.ParseSuggestionLane(q.Get("lane"))
	if err != nil {
		return nil, err
	}
	f := postgres.SuggestionFilter{Lane: lane, Article: q.Get("article"), After: q.Get("after")}
	list, err := s.db.Suggestions(r.Context(), viewerOf(r), f)
	if err != nil {
		return nil, err
	}
	p := &suggestionsPage{layout: s.layout(r, ""), Lane: lane, Due: list.Due, Article: f.Article, Self: suggestionsPath(f)}
	p.Title, p.NoIndex, p.MainClass, p.Section = p.T("Suggestions"), true, "work import", "queue"
	p.addLanes(f, list.Counts)
	if list.Next != "" {
		next := f
		next.After = list.Next
		p.NextURL = suggestionsPath(next)
	}
	if f.After != "" {
		first := f
		first.After = ""
		p.FirstURL = suggestionsPath(first)
	}
	items := s.withDecided(r, list.Items, lane, q.Get("decided"))
	p.addGroups(items)
	p.Bulk = p.sayBulk(q)
	return p, nil
}

func suggestionsPath(f postgres.SuggestionFilter) string {
	q := url.Values{}
	lane := string(f.Lane)
	if f.Lane == postgres.LaneToDecide {
		lane = ""
	}
	for name, value := range map[string]string{"lane": lane, "article": f.Article, "after": f.After} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return paths.Suggestions
	}
	return paths.Suggestions + "?" + q.Encode()
}

func (p *suggestionsPage) addLanes(f postgres.SuggestionFilter, counts map[postgres.SuggestionLane]int) {
	f.After = ""
	for _, l := range postgres.SuggestionLanes {
		f.Lane = l
		label := map[postgres.SuggestionLane]string{
			postgres.LaneToDecide: p.T("To decide"), postgres.LaneWeak: p.T("Only a name"),
			postgres.LaneAccepted: p.T("Accepted"), postgres.LaneDismissed: p.T("Dismissed"),
		}[l]
		p.Lanes = append(p.Lanes, lane{label, suggestionsPath(f), counts[l], l == p.Lane})
	}
}

// withDecided puts the suggestion that was decided a moment ago back into the list
// where it stood, so that it can be taken back there.
func (s *Server) withDecided(r *http.Request, items []postgres.SuggestionItem, lane postgres.SuggestionLane, decided string) []postgres.SuggestionItem {
	id, err := strconv.ParseInt(decided, 10, 64)
	if err != nil || lane == postgres.LaneAccepted || lane == postgres.LaneDismissed {
		return items
	}
	item, err := s.db.SuggestionItem(r.Context(), viewerOf(r), id)
	if err != nil || item.State == postgres.SuggestionOpen {
		return items // a courtesy: whatever is wrong shows nothing
	}
	at := 0
	for at < len(items) && items[at].Before(&item) {
		at++
	}
	return append(items[:at:at], append([]postgres.SuggestionItem{item}, items[at:]...)...)
}

func (p *suggestionsPage) addGroups(items []postgres.SuggestionItem) {
	var g *suggestionGroup
	first := true
	for i := range items {
		item := &items[i]
		if rule := suggest.Rule(item.Rule); g == nil || g.Slug != item.Slug || g.Rule != rule {
			g = &suggestionGroup{locale: p.locale, Slug: item.Slug, Title: item.Title, Rule: rule, Sure: rule.Sure(), Self: p.Self}
			p.Groups = append(p.Groups, g)
		}
		g.Of = max(g.Of, item.Of)
		v := newSuggestion(p.locale, item, p.Self)
		v.First, v.Fresh = first && v.Open(), !v.Open() && p.Lane != postgres.LaneAccepted && p.Lane != postgres.LaneDismissed
		first = first && !v.First
		g.Items = append(g.Items, v)
		if p.Article != "" {
			p.Title1 = item.Title
		}
	}
}

// sayBulk says what accepting many has done.
func (p *suggestionsPage) sayBulk(q url.Values) string {
	accepted, err := strconv.Atoi(q.Get("accepted"))
	if err != nil || accepted < 0 {
		return ""
	}
	text := p.N(accepted, "Moved %d comment.", "Moved %d comments.")
	if left, err := strconv.Atoi(q.Get("left")); err == nil && left > 0 {
		text += " " + p.N(left, "%d could not be moved any more and was left.", "%d could not be moved any more and were left.")
	}
	return text
}

// suggestionTime is how long deciding may take: branches may be large, and there
// may be many.
const suggestionTime = 2 * time.Minute

// decideSuggestion makes the handler of a decision about one suggestion.
func (s *Server) decideSuggestion(decide func(context.Context, forum.Viewer, int64) (action.Decided, error)) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		allow(w, suggestionTime)
		id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
		if err != nil || id <= 0 {
			return forum.NewError(forum.NotFound, "There is no such suggestion any more.")
		}
		form, err := readForm(r)
		if err != nil {
			return err
		}
		next := suggestionsNext(form)
		if _, err := decide(r.Context(), viewerOf(r), id); err != nil {
			return s.refuseSuggestion(w, r, next, err)
		}
		q := next.Query()
		q.Set("decided", strconv.FormatInt(id, 10))
		return redirect(w, paths.Suggestions+"?"+q.Encode()+"#s"+strconv.FormatInt(id, 10))
	}
}

// suggestionsNext is the page of suggestions that a form came from.
func suggestionsNext(form url.Values) *url.URL {
	u, err := url.Parse(localPath(form.Get(fieldNext)))
	if err != nil || u.Path != paths.Suggestions {
		return &url.URL{Path: paths.Suggestions}
	}
	q := u.Query()
	for _, name := range []string{"decided", "accepted", "left"} {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u
}

// refuseSuggestion shows the page again, with why nothing was done.
func (s *Server) refuseSuggestion(w http.ResponseWriter, r *http.Request, next *url.URL, problem error) error {
	kind := forum.KindOf(problem)
	if !viewerOf(r).Moderates() || kind != forum.Conflict && kind != forum.Invalid && kind != forum.Forbidden {
		return problem
	}
	p, err := s.newSuggestionsPage(r, next.Query())
	if err != nil {
		return problem
	}
	noteFailure(r, statusFor(problem), problem)
	p.Problem = p.Error(kindly(problem))
	return s.render(w, statusFor(problem), "suggestions", p)
}

// postAcceptSuggestions accepts all that one rule has found in one article.
func (s *Server) postAcceptSuggestions(w http.ResponseWriter, r *http.Request) error {
	allow(w, suggestionTime)
	form, err := readForm(r)
	if err != nil {
		return err
	}
	next := suggestionsNext(form)
	rule, _ := suggest.ParseRule(form.Get("rule"))
	accepted, left, err := s.act.AcceptSuggestions(r.Context(), viewerOf(r), form.Get("article"), rule)
	if err != nil {
		return s.refuseSuggestion(w, r, next, err)
	}
	q := next.Query()
	q.Set("accepted", strconv.Itoa(accepted))
	q.Set("left", strconv.Itoa(left))
	return redirect(w, paths.Suggestions+"?"+q.Encode())
}
