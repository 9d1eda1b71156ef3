package server

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// personPageSize is how many comments one page of a person shows.
const personPageSize = 30

// personPage is what a person wrote that anybody may read.
type personPage struct {
	layout
	Person postgres.Profile
	List   []personComment
	Next   string // address of the page with older ones; "" on the last
	First  bool
	Erase  string // where the viewer can erase the person; ""
	claiming
}

type personComment struct {
	postgres.PersonComment
	Body template.HTML
}

func (s *Server) showPerson(w http.ResponseWriter, r *http.Request) error {
	return s.showPersonWith(w, r, http.StatusOK, claiming{})
}

// showPersonWith shows a person's page with what came of asking for the comments.
func (s *Server) showPersonWith(w http.ResponseWriter, r *http.Request, status int, c claiming) error {
	name, err := pathParam(r, "name")
	if err != nil {
		return err
	}
	after, err := parseAfter(r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	person, err := s.db.Profile(r.Context(), viewerOf(r), name)
	if forum.KindOf(err) == forum.NotFound {
		return s.showNamesake(w, r, name, err)
	}
	if err != nil {
		return err
	}
	list, err := s.db.CommentsBy(r.Context(), viewerOf(r), person.ID, after, personPageSize+1)
	if err != nil {
		return err
	}
	p := personPage{layout: s.layout(r, person.Name), Person: person, First: after == 0}
	p.Canonical = s.absolute(paths.Person(person.Handle))
	p.MainClass = "narrow"
	p.NoIndex = !p.First || len(list) == 0
	p.Feeds = append([]feedLink{{p.T("Comments by %s", person.Name), paths.PersonFeed(person.Handle)}}, p.Feeds...)
	if len(list) > personPageSize {
		list = list[:personPageSize]
		p.Next = paths.Person(person.Handle) + "?after=" + strconv.FormatInt(int64(list[personPageSize-1].ID), 10)
	}
	for _, c := range list {
		p.List = append(p.List, personComment{c, markup.Safe(c.BodyHTML)})
	}
	if p.Viewer.Administers() && person.Role == forum.Reader {
		p.Erase = paths.PersonErase(person.Handle)
	}
	if err := s.fillClaiming(r, &p, c); err != nil {
		return err
	}
	return s.render(w, status, "person", p)
}

// showNamesake leads from an account's name, as people type it, to its address,
// and from an imported name that somebody has claimed to theirs.
func (s *Server) showNamesake(w http.ResponseWriter, r *http.Request, name string, missing error) error {
	member, err := s.db.ClaimedHandle(r.Context(), name)
	if err == nil {
		return redirect(w, paths.Person(member))
	}
	if forum.KindOf(err) != forum.NotFound {
		return err
	}
	if _, err := markup.Name(name); err != nil {
		return missing
	}
	account, err := s.db.FindMember(r.Context(), postgres.Ident{Skeleton: markup.Skeleton(name)})
	if forum.KindOf(err) == forum.NotFound {
		return missing
	}
	if err != nil {
		return err
	}
	return redirect(w, paths.Person(account.Handle))
}

// parseAfter reads the number of the last comment of the page before; 0: none.
func parseAfter(s string) (forum.CommentID, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, forum.NewError(forum.Malformed, "This address is not complete. Please start from the person’s page.")
	}
	return forum.CommentID(n), nil
}

// pathParam is a part of the path as people mean it: the router gives it escaped
// where the address was escaped in an unusual way.
func pathParam(r *http.Request, name string) (string, error) {
	value := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return value, nil
	}
	plain, err := url.PathUnescape(value)
	if err != nil {
		return "", forum.NewError(forum.NotFound, "There is nobody of this name here.")
	}
	return plain, nil
}
