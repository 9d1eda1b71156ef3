package server

import (
	"html/template"
	"net/http"
	"strconv"
	"time"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// frontPage is the list of articles.
type frontPage struct {
	layout
	Sort  forum.FrontSort
	Tabs  []tab
	List  []frontStory
	Next  string // address of the next page; "" on the last
	First bool
	Empty bool // there is nothing on this site yet
}

// tab is one choice of an order.
type tab struct {
	Label, Path string
	Current     bool
}

type frontStory struct {
	postgres.FrontArticle
	Lead  bool
	Spark template.HTML
}

func (s *Server) showFront(w http.ResponseWriter, r *http.Request) error {
	sort, err := forum.ParseFrontSort(r.URL.Query().Get("sort"))
	if err != nil {
		return err
	}
	after := r.URL.Query().Get("after")
	list, err := s.db.Front(r.Context(), sort, after)
	if err != nil {
		return err
	}
	p := frontPage{layout: s.layout(r, ""), Sort: sort, First: after == ""}
	p.Title = p.T("Front page")
	p.Canonical = s.absolute("/")
	p.NoIndex = after != "" || sort != forum.FrontActive
	p.Today = time.Now()
	for _, t := range []struct {
		label string
		sort  forum.FrontSort
	}{{"Active", forum.FrontActive}, {"New", forum.FrontNew}, {"Top", forum.FrontTop}} {
		p.Tabs = append(p.Tabs, tab{p.T(t.label), frontPath(t.sort, ""), t.sort == sort})
	}
	for i := range list.Articles {
		a := &list.Articles[i]
		p.List = append(p.List, frontStory{*a, p.First && i == 0, p.spark(a.Days)})
	}
	if list.Next != "" {
		p.Next = frontPath(sort, list.Next)
	}
	p.Empty = len(p.List) == 0 && p.First
	return s.render(w, http.StatusOK, "front", p)
}

func frontPath(sort forum.FrontSort, after string) string {
	path := "/"
	if sort != forum.FrontActive || after != "" {
		path += "?sort=" + string(sort)
	}
	if after != "" {
		path += "&after=" + after
	}
	return path
}

// Measures of a sparkline: a bar of 3 in every 4 units for each day, 30 high; the
// last four days are drawn fresh.
const (
	sparkStep   = 4
	sparkHeight = 30
	sparkFresh  = 4
)

// spark draws the comments of the last 30 days.
func (p *frontPage) spark(days [30]int) template.HTML {
	most := 0
	for _, n := range days {
		most = max(most, n)
	}
	if most == 0 {
		return ""
	}
	b := append([]byte(nil), `<svg class="spark" role="img" width="119" height="30" viewBox="0 0 119 30" fill="currentColor" aria-label="`...)
	b = appendText(b, p.T("Comments a day in the last 30 days: at most %d, %d today", most, days[29]))
	b = append(b, `">`...)
	for day, n := range days {
		height := 1 + n*(sparkHeight-2)/most
		b = append(b, `<rect`...)
		if day >= len(days)-sparkFresh && n > 0 {
			b = append(b, ` class="fresh"`...)
		}
		b = appendNumber(b, ` x="`, day*sparkStep)
		b = appendNumber(b, ` y="`, sparkHeight-height)
		b = append(b, ` width="3"`...)
		b = appendNumber(b, ` height="`, height)
		b = append(b, `/>`...)
	}
	return markup.Safe(string(append(b, `</svg>`...)))
}

func appendNumber(b []byte, attribute string, n int) []byte {
	b = append(b, attribute...)
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '"')
}
