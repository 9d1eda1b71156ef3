package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// queuePage is the moderators' queue: the cases of a lane, and one of them with
// everything needed to decide.
type queuePage struct {
	layout
	Queue    postgres.Queue
	Lanes    []lane
	Items    []queueItem
	Case     *caseView
	Done     *doneNotice
	Total    int    // cases in all lanes
	Self     string // address of the lane's page, to come back to
	NextURL  string // older cases, "" at the end
	FirstURL string // the beginning, where this is not it
	// Suggested is how many suggestions wait for somebody, at most 1,000.
	Suggested int
}

type lane struct {
	Label   string
	Path    string
	Count   int
	Current bool
}

type queueItem struct {
	postgres.QueueItem
	Path    string
	Why     string
	Current bool
}

func (s *Server) showQueue(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p, err := s.newQueuePage(r, q)
	if err != nil {
		return err
	}
	id, err := p.pick(q.Get("case"))
	if err != nil {
		return err
	}
	if p.Done = s.done(r, p.locale); p.Done != nil {
		p.Done.Next = p.casePath(p.Done.Comment)
	}
	if id != 0 {
		c, err := s.db.Case(r.Context(), viewerOf(r), id)
		switch {
		case err == nil:
			p.show(s.newCase(r, &c))
		case q.Get("case") != "" || forum.KindOf(err) != forum.NotFound:
			return err
		}
	}
	return s.render(w, http.StatusOK, "queue", p)
}

func (s *Server) newQueuePage(r *http.Request, q url.Values) (*queuePage, error) {
	name, err := postgres.ParseLane(q.Get("lane"))
	if err != nil {
		return nil, err
	}
	list, err := s.db.Queue(r.Context(), viewerOf(r), name, q.Get("after"))
	if err != nil {
		return nil, err
	}
	p := &queuePage{layout: s.layout(r, ""), Queue: list}
	p.Title, p.NoIndex, p.MainClass, p.Section = p.T("Queue: reported"), true, "work", "queue"
	if name == postgres.LaneHeld {
		p.Title = p.T("Queue: held")
	}
	p.Lanes = []lane{
		{p.T("Reported"), lanePath(postgres.LaneReported, ""), list.Reported, name == postgres.LaneReported},
		{p.T("Held"), lanePath(postgres.LaneHeld, ""), list.Held, name == postgres.LaneHeld},
	}
	p.Total = list.Reported + list.Held
	if p.Suggested, err = s.db.SuggestionCount(r.Context(), viewerOf(r)); err != nil {
		return nil, err
	}
	p.Self = lanePath(name, q.Get("after"))
	if list.Next != "" {
		p.NextURL = lanePath(name, list.Next)
	}
	if q.Get("after") != "" {
		p.FirstURL = lanePath(name, "")
	}
	for _, item := range list.Items {
		p.Items = append(p.Items, queueItem{QueueItem: item, Path: p.casePath(item.Comment), Why: p.why(&item)})
	}
	return p, nil
}

// casePath opens a case on this page of the lane.
func (p *queuePage) casePath(id forum.CommentID) string {
	return p.Self + "&case=" + strconv.FormatInt(int64(id), 10)
}

func lanePath(l postgres.Lane, after string) string {
	path := paths.Queue + "?lane=" + string(l)
	if after != "" {
		path += "&after=" + url.QueryEscape(after)
	}
	return path
}

// why says in a few words why a comment is in the queue.
func (p *queuePage) why(i *postgres.QueueItem) string {
	if i.Reports == 0 {
		return p.T("waits to be published")
	}
	var reasons []string
	for _, r := range i.Reasons {
		reasons = append(reasons, p.ReasonWords(r))
	}
	text := strings.Join(reasons, ", ")
	if i.Reports > 1 {
		text = p.N(i.Reports, "%d report: %s", "%d reports: %s", text)
	}
	return text
}

// pick chooses the case to show: the one asked for, or the first of the lane.
func (p *queuePage) pick(asked string) (forum.CommentID, error) {
	if asked != "" {
		return parseCommentID(asked)
	}
	if len(p.Items) > 0 {
		return p.Items[0].Comment, nil
	}
	return 0, nil
}

// show opens a case; an act on it leads on to the one after it.
func (p *queuePage) show(c *caseView) {
	p.Case = c
	c.Next = p.Self
	for i := range p.Items {
		if p.Items[i].Comment != c.Comment.ID {
			continue
		}
		p.Items[i].Current = true
		if i+1 < len(p.Items) { // at the end of the list it begins again
			c.Next = p.Items[i+1].Path
		}
	}
}

// renderRefused shows the queue page that a refused act came from.
func (s *Server) renderRefused(w http.ResponseWriter, r *http.Request, status int, next string, c *caseView) error {
	u, err := url.Parse(next)
	if err != nil {
		u = &url.URL{}
	}
	p, err := s.newQueuePage(r, u.Query())
	if err != nil {
		return err
	}
	p.show(c)
	return s.render(w, status, "queue", p)
}
