package server

import (
	"html/template"
	"net/http"
	"strconv"
	"time"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// commentPage is the permalink of a comment: its ancestors above, its replies
// below.
type commentPage struct {
	layout
	Link      *postgres.Permalink
	Ancestors template.HTML
	Thread    template.HTML
	Tabs      []tab
	Wider     string // address with more ancestors; "" if all are shown
	Above     string // address of the outermost ancestor shown, where more are above it
	Start     string // address of the first replies, on later pages
	Composer  *composer
	Posted    string // a greeting to the author of a new comment, where the address leads
}

// Ancestors shown above a comment, at first and at most (what the closure table
// holds).
const (
	contextUsual = 4
	contextMost  = 64
)

func (s *Server) showComment(w http.ResponseWriter, r *http.Request) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	sort, err := forum.ParseSort(r.URL.Query().Get("sort"))
	if err != nil {
		return err
	}
	context, err := parseContext(r.URL.Query().Get("context"))
	if err != nil {
		return err
	}
	after, err := parseParent(r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	link, err := s.db.Comment(r.Context(), viewerOf(r), id, postgres.PermalinkPage{Sort: sort, Context: context, After: after})
	if err != nil {
		return err
	}
	return s.renderComment(w, r, link, sort, after)
}

func parseContext(s string) (int, error) {
	if s == "" {
		return contextUsual, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, forum.NewError(forum.Malformed, "The context is a number of comments, such as 8.")
	}
	return min(n, contextMost), nil
}

func (s *Server) renderComment(w http.ResponseWriter, r *http.Request, link *postgres.Permalink, sort forum.Sort, after forum.CommentID) error {
	subject := link.Subject()
	p := commentPage{layout: s.layout(r, link.Article.Title), Link: link}
	p.Title = p.commentTitle(subject, link.Article.Title)
	p.Canonical = s.absolute(paths.Comment(subject.ID))
	if after != 0 {
		p.Start = paths.Comment(subject.ID)
	}
	p.NoIndex = after != 0 || subject.Tomb != forum.NoTomb || subject.State != forum.Published || subject.Gone
	p.Feeds = append([]feedLink{{p.T("Replies to this comment"), paths.CommentAct(subject.ID, "replies.atom")}}, p.Feeds...)
	t := s.threadWriter(p.layout, &link.Article)
	t.open = t.open && (!link.BranchLocked || p.Viewer.Moderates())
	p.Ancestors = s.lineage(t, link.Ancestors)
	p.addWider(link, subject.ID)
	if p.Viewer.SignedIn() && t.open && subject.Tomb == forum.NoTomb && !subject.Gone && subject.State == forum.Published {
		p.Composer = s.newComposer(r, p.locale, link.Article.Slug, subject)
		if err := s.fillFromDraft(r, p.Composer); err != nil {
			return err
		}
	}
	t.subject = subject.ID
	p.Thread = placed
	p.Posted = p.justPosted(link)
	for _, o := range []struct {
		label string
		sort  forum.Sort
	}{{"Oldest", forum.Oldest}, {"Newest", forum.Newest}, {"Best", forum.Best}} {
		path := paths.Comment(subject.ID)
		if o.sort != forum.Oldest {
			path += "?sort=" + string(o.sort)
		}
		p.Tabs = append(p.Tabs, tab{p.T(o.label), path, o.sort == sort})
	}
	if err := s.render(w, http.StatusOK, "comment", p); err != nil {
		return err
	}
	placeThread(w, usualComment*len(link.Nodes), func(b []byte) []byte { return t.append(b, link.Nodes) })
	return nil
}

func (p *commentPage) commentTitle(n *forum.Node, article string) string {
	if n.Tomb != forum.NoTomb || n.AuthorName == "" {
		return p.T("A comment on “%s”", article)
	}
	return p.T("%s on “%s”", n.AuthorName, article)
}

// freshFor is how long a comment's own page greets its author.
const freshFor = 2 * time.Minute

func (p *commentPage) justPosted(link *postgres.Permalink) string {
	s := link.Subject()
	switch {
	case !p.Viewer.SignedIn() || s.AuthorID != p.Viewer.ID || link.Age > freshFor || s.EditedAt != nil:
		return ""
	case s.State == forum.Held:
		return p.T("Waiting for a moderator.")
	case s.State == forum.Published:
		return p.T("Posted. You can edit for 15 minutes.")
	}
	return ""
}

func (p *commentPage) addWider(link *postgres.Permalink, id forum.CommentID) {
	switch {
	case link.Above == 0:
	case len(link.Ancestors) < contextMost:
		p.Wider = paths.Comment(id) + "?context=" + strconv.Itoa(min(contextMost, 4*max(len(link.Ancestors), 2))) + "#" + paths.Anchor(id)
	default:
		p.Above = paths.Comment(link.Ancestors[0].ID)
	}
}

// lineage writes the ancestors one below the other, without their other replies.
func (s *Server) lineage(t *threadWriter, ancestors []*forum.Node) template.HTML {
	if len(ancestors) == 0 {
		return ""
	}
	quiet := *t
	quiet.open = false
	flat := make([]*forum.Node, len(ancestors))
	for i, n := range ancestors {
		alone := *n
		alone.Nested, alone.More, alone.Place, alone.Siblings = 0, 0, 1, 1
		flat[i] = &alone
	}
	return markup.Safe(string(quiet.append(nil, flat)))
}
