package server

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/web"
)

// pages are the parsed templates: each page with the layout and all partials.
type pages struct {
	base   *template.Template
	byName map[string]*template.Template
}

// parsePages reads templates/layout.html, templates/partial/*.html and each
// templates/page/*.html. A template that does not parse is a fault of the program.
func parsePages(files fs.FS, assets *web.Assets) (*pages, error) {
	base, err := template.New("layout.html").Funcs(templateFuncs(assets)).
		ParseFS(files, "templates/layout.html", "templates/partial/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout: %w", err)
	}
	names, err := fs.Glob(files, "templates/page/*.html")
	if err != nil {
		return nil, err
	}
	shared, err := base.Clone() // a template that has been executed cannot be cloned
	if err != nil {
		return nil, err
	}
	p := &pages{base: shared, byName: map[string]*template.Template{}}
	for _, file := range names {
		page, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if _, err := page.ParseFS(files, file); err != nil {
			return nil, fmt.Errorf("parse %s: %w", file, err)
		}
		p.byName[strings.TrimSuffix(path.Base(file), ".html")] = page
	}
	return p, nil
}

func templateFuncs(assets *web.Assets) template.FuncMap {
	return template.FuncMap{
		"asset": assets.URL,
		"safe":  markup.Safe,

		"articlePath":    paths.Article,
		"threadPath":     paths.Thread,
		"replyPath":      paths.Reply,
		"replyFormPath":  paths.ReplyForm,
		"articleFeed":    paths.ArticleFeed,
		"lockArticle":    paths.LockArticle,
		"unlockArticle":  paths.UnlockArticle,
		"articleComment": paths.ArticleComment,
		"commentPath":    paths.Comment,
		"commentAct":     paths.CommentAct,
		"personPath":     paths.Person,
		"logEntry":       paths.LogEntry,
		"casePath":       paths.Case,
		"signInTo":       paths.SignInTo,
		"deref":          deref,
		"reasons":        func() []forum.Reason { return forum.Reasons },
		"add":            func(a, b int) int { return a + b },
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (p *pages) execute(w io.Writer, name string, data any) error {
	t, ok := p.byName[name]
	if !ok {
		return fmt.Errorf("there is no page template %q", name)
	}
	return t.ExecuteTemplate(w, "layout.html", data)
}

// render writes a page with a status.
func (s *Server) render(w http.ResponseWriter, status int, name string, page any) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := s.pages.execute(w, name, page); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return nil
}
