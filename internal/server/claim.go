package server

import (
	"net/http"
	"slices"
	"strconv"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// claiming is the part of an imported person's page by which members ask for the
// comments and admins give them away.
type claiming struct {
	MayClaim     bool
	Asked        bool   // the viewer has asked for them
	Refused      string // why the last request was refused
	ClaimPath    string
	ClaimNote    string // as typed
	ClaimProblem string
	MayGive      bool
	GivePath     string
	GiveAccount  string // as typed
	GiveProblem  string
	Link         string // that was just made: shown this once
}

// fillClaiming completes what stands below an imported person's comments.
func (s *Server) fillClaiming(r *http.Request, p *personPage, c claiming) error {
	if p.Person.Kind != forum.Imported || !p.Viewer.SignedIn() {
		return nil
	}
	c.MayClaim, c.ClaimPath = true, paths.PersonClaim(p.Person.Handle)
	c.MayGive, c.GivePath = p.Viewer.Administers(), paths.PersonClaimLink(p.Person.Handle)
	own, err := s.db.OwnClaim(r.Context(), p.Viewer, p.Person.ID)
	switch {
	case err == nil:
		c.Asked = own.State == postgres.ClaimOpen
		if own.State == postgres.ClaimRefused || own.State == postgres.ClaimUndone {
			c.Refused = own.Reason
		}
	case forum.KindOf(err) != forum.NotFound:
		return err
	}
	p.claiming = c
	return nil
}

func (s *Server) postClaim(w http.ResponseWriter, r *http.Request) error {
	name, err := pathParam(r, "name")
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	err = s.act.Claim(r.Context(), viewerOf(r), name, form.Get("note"))
	if isKind(err, forum.Invalid, forum.TooMany) {
		noteFailure(r, statusFor(err), err)
		if e := kindly(err); e.RetryAfter > 0 {
			w.Header().Set("Retry-After", seconds(e.RetryAfter))
		}
		return s.showPersonWith(w, r, statusFor(err), claiming{ClaimNote: form.Get("note"), ClaimProblem: s.localeOf(r).Error(kindly(err))})
	}
	if err != nil {
		return err
	}
	return redirect(w, paths.Person(name)+"#claim")
}

func (s *Server) postClaimLink(w http.ResponseWriter, r *http.Request) error {
	name, err := pathParam(r, "name")
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	secret, err := s.act.ClaimLink(r.Context(), viewerOf(r), name, form.Get("account"))
	if isKind(err, forum.Invalid) {
		noteFailure(r, statusFor(err), err)
		return s.showPersonWith(w, r, statusFor(err), claiming{GiveAccount: form.Get("account"), GiveProblem: s.localeOf(r).Error(kindly(err))})
	}
	if err != nil {
		return err
	}
	return s.showPersonWith(w, r, http.StatusOK, claiming{Link: s.absolute(paths.ClaimLink(secret))})
}

// claimPage is what a link shows that gives comments away. Nothing happens before
// the button is pressed: programs open links, too.
type claimPage struct {
	layout
	Given   postgres.ClaimLink
	Refusal string
	Path    string
}

func (s *Server) showClaimLink(w http.ResponseWriter, r *http.Request) error {
	secret, err := pathParam(r, "secret")
	if err != nil {
		return err
	}
	given, err := s.db.ClaimLink(r.Context(), viewerOf(r), secret)
	if err != nil {
		return err
	}
	p := claimPage{layout: s.layout(r, ""), Given: given, Path: paths.ClaimLink(secret)}
	p.Title, p.MainClass, p.NoIndex = p.T("Are these comments yours?"), "narrow", true
	status := http.StatusOK
	if given.Refusal != nil {
		p.Refusal, status = p.Error(kindly(given.Refusal)), http.StatusConflict
	}
	return s.render(w, status, "claim", p)
}

func (s *Server) postClaimLinkUse(w http.ResponseWriter, r *http.Request) error {
	secret, err := pathParam(r, "secret")
	if err != nil {
		return err
	}
	v := viewerOf(r)
	if _, err := s.act.UseClaimLink(r.Context(), v, secret); err != nil {
		return err
	}
	return redirect(w, paths.Person(v.Handle))
}

// claimsPage lists what members ask for and what was decided.
type claimsPage struct {
	layout
	Open, Decided []claimView
	ProblemID     postgres.ClaimID
}

// claimView is a claim with the words for it.
type claimView struct {
	postgres.Claim
	Page     *layout
	Path     string
	More     []string // other names of the imported person
	Evidence string
	Outcome  string
	Problem  string
	Typed    string
}

// maxClaims is how many claims of each sort the page shows.
const maxClaims = 100

func (s *Server) showClaims(w http.ResponseWriter, r *http.Request) error {
	return s.showClaimsWith(w, r, http.StatusOK, claimView{})
}

// showClaimsWith shows the claims; problem says what was wrong with one of them.
func (s *Server) showClaimsWith(w http.ResponseWriter, r *http.Request, status int, problem claimView) error {
	list, err := s.db.Claims(r.Context(), viewerOf(r), maxClaims)
	if err != nil {
		return err
	}
	p := claimsPage{layout: s.adminLayout(r), ProblemID: problem.ID}
	p.Title, p.MainClass = p.T("Claims"), "narrow"
	for _, c := range list {
		v := claimView{Claim: c, Page: &p.layout, Path: paths.Claim(int64(c.ID)), Evidence: p.T(mailWords[c.Mail]), Outcome: p.T(claimWords[c.State])}
		v.More = slices.DeleteFunc(slices.Clone(c.Names), func(name string) bool { return name == c.Name })
		if c.ID == problem.ID {
			v.Problem, v.Typed = problem.Problem, problem.Typed
		}
		if c.State == postgres.ClaimOpen {
			p.Open = append(p.Open, v)
		} else {
			p.Decided = append(p.Decided, v)
		}
	}
	return s.render(w, status, "claims", p)
}

// mailWords say what two e-mail addresses tell, which nobody sees.
var mailWords = map[postgres.MailEvidence]string{
	postgres.MailSame:    "The account has the e-mail address with which the comments were written. Nobody has checked that it is the member’s: anybody can type it in.",
	postgres.MailOther:   "The account has another e-mail address than the one with which the comments were written.",
	postgres.MailMissing: "The account has no e-mail address that could be compared.",
	postgres.MailUnknown: "The source gave no e-mail address that could be compared.",
}

var claimWords = map[postgres.ClaimState]string{
	postgres.ClaimOpen:     "Waiting",
	postgres.ClaimApproved: "Approved",
	postgres.ClaimRefused:  "Refused",
	postgres.ClaimUndone:   "Taken back",
}

func (s *Server) postClaimDecision(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.ParseInt(chi.URLParam(r, "claim"), 10, 64)
	if err != nil {
		return forum.NewError(forum.NotFound, "There is no such request.")
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	id, reason := postgres.ClaimID(n), form.Get("reason")
	switch form.Get("act") {
	case "approve":
		err = s.act.ApproveClaim(r.Context(), viewerOf(r), id)
	case "refuse":
		err = s.act.RefuseClaim(r.Context(), viewerOf(r), id, reason)
	case "undo":
		err = s.act.UndoClaim(r.Context(), viewerOf(r), id, reason)
	default:
		err = forum.NewError(forum.Malformed, oddForm)
	}
	if isKind(err, forum.Invalid) {
		noteFailure(r, statusFor(err), err)
		return s.showClaimsWith(w, r, statusFor(err), claimView{Claim: postgres.Claim{ID: id}, Problem: s.localeOf(r).Error(kindly(err)), Typed: reason})
	}
	if err != nil {
		return err
	}
	return redirect(w, paths.Claims)
}
