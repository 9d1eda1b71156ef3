package server

import (
	"net/http"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// threadPart is a page of a thread as HTML, with what the page around it needs.
type threadPart struct {
	html      []byte
	next      string // cursor of the next page
	linkBacks []forum.Comment
	authors   map[forum.PersonID]bool // of all that was read for it, shown or not
}

// sameFor tells whether a viewer sees this part as everybody does: people see
// more only of what they wrote themselves, and moderators of everything.
func (p *threadPart) sameFor(v forum.Viewer) bool { return !v.Moderates() && !p.authors[v.ID] }

// place puts the thread into the page around it.
func (p *threadPart) place(w http.ResponseWriter) {
	placeThread(w, len(p.html), func(b []byte) []byte { return append(b, p.html...) })
}

// threadPart reads and writes a page of a thread, or takes the one that is kept
// for everybody: of a signed-in reader's page it is nearly all the work.
func (s *Server) threadPart(r *http.Request, p *articlePage, after string) (*threadPart, error) {
	key := strings.Join([]string{"thread", p.Article.Slug, string(p.Sort), after, p.Lang, p.FoldPath}, "\x00")
	kept := s.cache.get(key)
	if kept != nil && kept.revision == p.Article.Revision && time.Since(kept.made) < longestKept && kept.part.sameFor(p.Viewer) {
		return kept.part, nil
	}
	thread, err := s.db.Thread(r.Context(), p.Viewer, postgres.ThreadPage{Article: p.Article.ID, Sort: p.Sort, After: after})
	if err != nil {
		return nil, err
	}
	part := &threadPart{next: thread.Next, authors: thread.Authors}
	if part.linkBacks, err = s.db.LinkBacks(r.Context(), p.Article.ID); err != nil {
		return nil, err
	}
	t := s.threadWriter(p.layout, p.Article)
	t.folded = p.Folded
	part.html = t.append(make([]byte, 0, usualComment*len(thread.Nodes)), thread.Nodes)
	if part.sameFor(p.Viewer) && p.Article.State == forum.ArticlePublished {
		s.cache.put(&sharedPage{key: key, body: part.html, part: part, revision: p.Article.Revision, made: time.Now()})
	}
	return part, nil
}
