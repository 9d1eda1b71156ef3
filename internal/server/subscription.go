package server

import (
	"net/http"
	"strconv"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// subscriptionsPage lists the feeds that are followed, and the drafts that wait.
type subscriptionsPage struct {
	layout
	Followed  []subscriptionView
	Drafts    []postgres.ArticleDraft
	AllDrafts int

	// What was typed, where it was refused.
	Address, Source string
	AsDrafts        bool
	Field, Problem  string
}

// subscriptionView is a feed as the page shows it.
type subscriptionView struct {
	postgres.Subscription
	Name   string // its title, else its address
	Looked string // "10 minutes ago", "": not yet
	Next   string // "in 2 hours", "": not planned
	Said   string
	Wrong  bool // what was said is a failure
	Import string
}

// ProblemAt is the problem where it belongs to a field, else "".
func (p subscriptionsPage) ProblemAt(field string) string {
	if p.Field == field {
		return p.Problem
	}
	return ""
}

func (s *Server) showSubscriptions(w http.ResponseWriter, r *http.Request) error {
	return s.renderSubscriptions(w, r, http.StatusOK, subscriptionsPage{AsDrafts: true})
}

func (s *Server) renderSubscriptions(w http.ResponseWriter, r *http.Request, status int, p subscriptionsPage) error {
	p.layout = s.adminLayout(r)
	p.Title, p.MainClass = p.T("Followed feeds"), "narrow"
	list, err := s.db.Subscriptions(r.Context(), viewerOf(r))
	if err != nil {
		return err
	}
	for _, f := range list {
		p.Followed = append(p.Followed, p.view(f))
	}
	if p.Drafts, p.AllDrafts, err = s.db.ArticleDrafts(r.Context(), viewerOf(r)); err != nil {
		return err
	}
	return s.render(w, status, "feeds", p)
}

func (p *subscriptionsPage) view(f postgres.Subscription) subscriptionView {
	v := subscriptionView{Subscription: f, Name: f.Title, Wrong: f.Failures > 0}
	if v.Name == "" {
		v.Name = f.Address
	}
	if f.LookedAt != nil {
		v.Looked = p.ago(f.Now.Sub(*f.LookedAt))
	}
	if f.State == postgres.SubscriptionOn && f.LookedAt != nil {
		v.Next = p.in(f.NextAt.Sub(f.Now))
	}
	if f.Said != "" {
		said := &forum.Error{Args: f.SaidArgs}
		said.Msg = f.Said // kept from an error of ours, which was translated where it was made
		v.Said = p.Error(said)
	}
	if f.Job > 0 {
		v.Import = paths.ImportResult(int64(f.Job))
	}
	return v
}

// ago says how long something is past, in the largest fitting unit.
func (p *subscriptionsPage) ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.T("just now")
	case d < time.Hour:
		return p.N(int(d.Minutes()), "%d minute ago", "%d minutes ago")
	case d < 48*time.Hour:
		return p.N(int(d.Hours()), "%d hour ago", "%d hours ago")
	}
	return p.N(int(d.Hours()/24), "%d day ago", "%d days ago")
}

// in says how far off something is.
func (p *subscriptionsPage) in(d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.T("in a moment")
	case d < time.Hour:
		return p.N(int(d.Minutes()), "in %d minute", "in %d minutes")
	}
	return p.N(int(d.Round(time.Hour).Hours()), "in %d hour", "in %d hours")
}

// subscribeTime is how long the search for a feed may take: the page, and the feed
// that it names.
const subscribeTime = 90 * time.Second

func (s *Server) postSubscribe(w http.ResponseWriter, r *http.Request) error {
	allow(w, subscribeTime)
	form, err := readForm(r)
	if err != nil {
		return err
	}
	in := action.SubscribeInput{Address: form.Get("address"), Source: form.Get("source"), Drafts: form.Get("drafts") != ""}
	_, err = s.act.Subscribe(r.Context(), viewerOf(r), in)
	switch {
	case err == nil:
		return redirect(w, paths.Subscriptions)
	case !isKind(err, forum.Invalid, forum.Unavailable):
		return err
	}
	e := kindly(err)
	noteFailure(r, statusFor(err), err)
	return s.renderSubscriptions(w, r, statusFor(err), subscriptionsPage{
		Address: in.Address, Source: in.Source, AsDrafts: in.Drafts, Field: e.Field, Problem: s.localeOf(r).Error(e)})
}

// postSubscription does what one of a feed's buttons says.
func (s *Server) postSubscription(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return forum.NewError(forum.NotFound, "This feed is not followed any more.")
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	act := s.act.ResumeSubscription
	switch form.Get("act") {
	case "resume":
	case "pause":
		act = s.act.PauseSubscription
	case "remove":
		act = s.act.Unsubscribe
	default:
		return forum.NewError(forum.Malformed, "This form arrived in a shape that can’t be read. Please use the form on the page.")
	}
	if err := act(r.Context(), viewerOf(r), postgres.SubscriptionID(id)); err != nil {
		return err
	}
	return redirect(w, paths.Subscriptions)
}

// postPublish makes a draft public.
func (s *Server) postPublish(w http.ResponseWriter, r *http.Request) error {
	if err := s.act.PublishDraft(r.Context(), viewerOf(r), chi.URLParam(r, "slug")); err != nil {
		return err
	}
	return redirect(w, paths.Subscriptions+"#drafts")
}
