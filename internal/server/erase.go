package server

import (
	"net/http"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
)

// erasePage says what erasing a person would do, or has done.
type erasePage struct {
	layout
	Path string
	Back string // the person's page
	// Found is about this person alone; More adds the names of the same e-mail address
	// and is nil where there are none.
	Found   erasing
	More    *erasing
	Mail    bool // as chosen
	Texts   bool
	Problem string
	Done    bool // Found tells what was done
}

// erasing is what is erased, for its part of the page.
type erasing struct {
	action.Erased
	Page *layout
}

func (s *Server) showErase(w http.ResponseWriter, r *http.Request) error {
	name, err := pathParam(r, "name")
	if err != nil {
		return err
	}
	return s.showEraseWith(w, r, http.StatusOK, action.Erasing{Handle: name}, "")
}

func (s *Server) showEraseWith(w http.ResponseWriter, r *http.Request, status int, e action.Erasing, problem string) error {
	p := s.erasePage(r, e)
	p.Problem = problem
	alone, all := e, e
	alone.SameMail, all.SameMail = false, true
	found, err := s.act.EraseReview(r.Context(), viewerOf(r), alone)
	if err != nil {
		return err
	}
	more, err := s.act.EraseReview(r.Context(), viewerOf(r), all)
	if err != nil {
		return err
	}
	p.Found = erasing{found, &p.layout}
	if more.People > found.People {
		p.More = &erasing{more, &p.layout}
	}
	return s.render(w, status, "erase", p)
}

func (s *Server) erasePage(r *http.Request, e action.Erasing) erasePage {
	p := erasePage{layout: s.adminLayout(r), Path: paths.PersonErase(e.Handle), Back: paths.Person(e.Handle), Mail: e.SameMail, Texts: e.Texts}
	p.Title, p.MainClass = p.T("Erase a person"), "narrow"
	return p
}

func (s *Server) postErase(w http.ResponseWriter, r *http.Request) error {
	name, err := pathParam(r, "name")
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	e := action.Erasing{Handle: name, SameMail: form.Get("mail") != "", Texts: form.Get("texts") != ""}
	if form.Get("sure") == "" {
		problem := forum.FieldError("sure", "Please confirm that this is to be final.")
		noteFailure(r, http.StatusUnprocessableEntity, problem)
		return s.showEraseWith(w, r, http.StatusUnprocessableEntity, e, s.localeOf(r).Error(problem))
	}
	done, err := s.act.Erase(r.Context(), viewerOf(r), e)
	if err != nil {
		return err
	}
	p := s.erasePage(r, e)
	p.Found, p.Done = erasing{done, &p.layout}, true
	return s.render(w, http.StatusOK, "erase", p)
}
