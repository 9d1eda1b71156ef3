package server

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// What a page of an import shows at most; the lists to download have all.
const (
	groupsShown    = 40
	placesShown    = 3
	conflictsShown = 20
	filesShown     = 50
	articlesShown  = 50
)

// renderFound shows what was found in the files, and what importing them would do.
func (s *Server) renderFound(w http.ResponseWriter, r *http.Request, status int, j *postgres.ImportJob, problem string) error {
	v := s.importView(r, j, 2)
	v.Title, v.Problem = v.T("Import: what we found"), problem
	done, err := s.fillReport(r, v)
	if err != nil {
		return err
	}
	if !v.Idle() && j.RunAt != nil {
		v.Report.Seconds = max(j.ChangedAt.Sub(*j.RunAt).Seconds(), 0)
		v.Facts = append(v.Facts, v.T("importing it takes about %s", v.duration(max(time.Duration(v.Report.Estimate()*float64(time.Second)), time.Second))))
	}
	if !j.FilesGone {
		sources, err := s.sourcesOf(r, j, done)
		if err != nil {
			return err
		}
		v.Previews = v.previews(done, sources)
		v.linkPlaces()
	}
	return s.render(w, status, "import-found", v)
}

// fillReport puts a job's report into the words of a page.
func (s *Server) fillReport(r *http.Request, v *importView) (*action.Imported, error) {
	done, _ := action.JobReport(v.Job)
	v.Report = done.Report
	v.Facts = append(v.facts(&done.Report), v.figures(&done.Report, v.Done)...)
	if err := s.fillFiles(r, v, &done); err != nil {
		return nil, err
	}
	v.fillArticles(&done)
	return &done, s.fillProblems(r, v)
}

// facts are what is worth knowing besides what is new, changed and the same.
func (l *locale) facts(r *importer.Report) (list []string) {
	c := &r.Comments
	if n := r.Articles.Shared; n > 0 {
		list = append(list, l.N(n, "%d article stands in more than one file; it is one article", "%d articles stand in more than one file; they are one article each"))
	}
	if r.MaxDepth > 0 {
		list = append(list, l.N(r.MaxDepth, "the deepest branch has %d level", "the deepest branch has %d levels"))
	}
	if c.Held > 0 {
		list = append(list, l.N(c.Held, "%d comment waits for a moderator", "%d comments wait for a moderator"))
	}
	if c.LinkBacks > 0 {
		list = append(list, l.N(c.LinkBacks, "%d link from another site", "%d links from other sites"))
	}
	if c.Placeholders > 0 {
		list = append(list, l.N(c.Placeholders, "%d comment is missing in the source; a placeholder stands where it was and keeps its replies together", "%d comments are missing in the source; placeholders stand where they were and keep their replies together"))
	}
	return list
}

// problemGroup is what was found more than once, with the first places.
type problemGroup struct {
	Reason  string
	Lang    string // of the reason; "": that of the page
	Count   int
	Places  []findingPlace
	More    int
	LeftOut bool
	Noted   bool // nothing was put right
}

// findingPlace is where in the files something was found.
type findingPlace struct {
	Where, Excerpt string
	Link           string // the element with that line; "": it is not on the page
	at             fileAndLine
}

func (s *Server) fillProblems(r *http.Request, v *importView) error {
	groups, err := s.db.FindingGroups(r.Context(), viewerOf(r), v.Job.ID)
	if err != nil {
		return err
	}
	for i := range groups {
		g := &groups[i]
		if g.Kind == postgres.FindingRefused {
			v.LeftOut += g.Count
		}
		switch {
		case g.Kind == postgres.FindingConflict:
			err = s.fillConflicts(r, v, g)
		case len(v.Groups) < groupsShown:
			err = s.addGroup(r, v, g)
		default:
			v.MoreGroups++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) addGroup(r *http.Request, v *importView, g *postgres.FindingGroup) error {
	group := problemGroup{Count: g.Count, LeftOut: g.Kind == postgres.FindingRefused, Noted: g.Kind == postgres.FindingRepair && importer.IsNote(g.First.Reason)}
	list := []postgres.ImportFinding{g.First}
	if g.Count > 1 {
		var err error
		if list, err = s.db.Findings(r.Context(), viewerOf(r), v.Job.ID, g.Kind, g.Reason, 0, placesShown); err != nil {
			return err
		}
	}
	reason := g.Reason
	if differs := func(f postgres.ImportFinding) bool { return f.Reason != g.First.Reason }; !slices.ContainsFunc(list, differs) {
		reason = g.First.Reason // the sentence itself, instead of one with gaps
	}
	group.Reason, group.Lang = v.reason(reason)
	for i := range list {
		f := &list[i]
		excerpt := f.Excerpt
		if excerpt == "" && f.Reason != reason { // the gaps of the sentence
			excerpt = importer.Particulars(f.Reason)
		}
		group.Places = append(group.Places, findingPlace{Where: v.where(f), Excerpt: excerpt, at: fileAndLine{f.File, int(f.Line)}})
	}
	group.More = g.Count - len(list)
	v.Groups = append(v.Groups, group)
	return nil
}

// where is a place in a file, as exactly as it is known. Its numbers are written as
// editors of text write them.
func (l *locale) where(f *postgres.ImportFinding) string {
	file, plain := l.file(f.File), func(n int64) string { return strconv.FormatInt(n, 10) }
	switch {
	case f.Line > 0 && f.Column > 0:
		return l.T("%s, line %s, column %s", file, plain(f.Line), plain(f.Column))
	case f.Line > 0:
		return l.T("%s, line %s", file, plain(f.Line))
	case f.Byte > 0:
		return l.T("%s, byte %s", file, plain(f.Byte))
	}
	return file
}

// conflictView is a text that was changed at the source and here.
type conflictView struct {
	Where, Reason, Lang string
	Ours, Theirs        string // beginnings of the texts
	Path                string // of the comment here
}

func (s *Server) fillConflicts(r *http.Request, v *importView, g *postgres.FindingGroup) error {
	room := conflictsShown - len(v.Conflicts)
	list, err := s.db.Findings(r.Context(), viewerOf(r), v.Job.ID, g.Kind, g.Reason, 0, max(room, 0))
	if err != nil {
		return err
	}
	for i := range list {
		c := conflictView{Where: v.where(&list[i]), Ours: list[i].Ours, Theirs: list[i].Excerpt}
		if id := list[i].Comment; id > 0 {
			c.Path = paths.Comment(forum.CommentID(id))
		}
		c.Reason, c.Lang = v.reason(list[i].Reason)
		v.Conflicts = append(v.Conflicts, c)
	}
	v.MoreConflicts += g.Count - len(list)
	return nil
}

// counts are articles and comments in words, for a sentence about both.
func (l *locale) counts(articles, comments int) []any {
	return []any{l.N(articles, "%d article", "%d articles"), l.N(comments, "%d comment", "%d comments")}
}

// articleLine is an article of an import: whether it is new itself, and what is new
// below it.
type articleLine struct {
	Slug, Title, State string
	Facts              []string
	Same               bool // nothing about it is new
}

var articleWords = map[string]string{
	"new":     "new",
	"changed": "changed",
	"same":    "the same as here",
	"":        "only comments came",
}

// unseenWords say why readers do not see an article yet.
var unseenWords = map[string]string{
	"draft":     "draft",
	"private":   "private",
	"scheduled": "scheduled",
}

func (v *importView) fillArticles(done *action.Imported) {
	a := &v.Report.Articles
	shown := articlesShown
	if v.Done {
		shown = len(done.Links)
	}
	for _, link := range done.Links[:min(len(done.Links), shown)] {
		line := articleLine{Slug: link.Slug, Title: link.Title, State: v.T(articleWords[link.State])}
		c := &link.Comments
		if words := unseenWords[link.Unseen]; words != "" {
			line.State += " · " + v.T(words)
		}
		if c.New > 0 {
			line.Facts = append(line.Facts, v.N(c.New, "%d new comment", "%d new comments"))
		}
		if c.Changed > 0 {
			line.Facts = append(line.Facts, v.N(c.Changed, "%d changed comment", "%d changed comments"))
		}
		if c.Same > 0 {
			line.Facts = append(line.Facts, v.N(c.Same, "%d comment is the same", "%d comments are the same"))
		}
		line.Same = link.State == "same" && c.New+c.Changed == 0
		v.Articles = append(v.Articles, line)
	}
	all := len(done.Links)
	if all >= action.MaxLinks { // there may be more than those
		all = a.New + a.Changed + a.Same - a.Repeated
	}
	v.MoreArticles = max(0, all-len(v.Articles))
}

// Headline is what was found, in a few words.
func (v *importView) Headline() string {
	if articles, comments := readWell(&v.Report); articles+comments == 0 {
		return v.T("Nothing that can be read")
	}
	return v.brought(&v.Report)
}

// What says what the files are.
func (v *importView) What() string {
	words := v.format(v.Report.Format)
	if v.Report.Format == "auto" {
		words = v.T("nothing that is known here")
	}
	return v.T("%s: %s, %s. Nothing has been written yet.", v.Name, words, v.size(v.Job.BytesOf))
}

// Brings is what the button says that an import will bring.
func (v *importView) Brings() string {
	a, c := v.Report.Articles.New, v.Report.Comments.New
	switch {
	case a > 0 && c > 0:
		return v.N(c, "Import %[2]s and %[1]d new comment", "Import %[2]s and %[1]d new comments", v.N(a, "%d new article", "%d new articles"))
	case c > 0:
		return v.N(c, "Import %d new comment", "Import %d new comments")
	case a > 0:
		return v.N(a, "Import %d new article", "Import %d new articles")
	}
	return v.T("Import")
}

// SameArticles are those that were here before.
func (v *importView) SameArticles() int { return v.Report.Articles.Same - v.Report.Articles.Repeated }

// Idle tells whether importing would change nothing.
func (v *importView) Idle() bool {
	a, c := &v.Report.Articles, &v.Report.Comments
	return a.New+a.Changed+c.New+c.Changed == 0
}

// Empty tells whether nothing could be read at all.
func (v *importView) Empty() bool {
	articles, comments := readWell(&v.Report)
	return articles+comments == 0
}

// Will says what importing would do, in sentences.
func (v *importView) Will() (list []string) {
	a, c := &v.Report.Articles, &v.Report.Comments
	if a.New+c.New > 0 {
		list = append(list, v.T("Adds %s and %s.", v.counts(a.New, c.New)...))
	}
	if a.Changed+c.Changed > 0 {
		list = append(list, v.T("Changes %s and %s.", v.counts(a.Changed, c.Changed)...))
	}
	if v.LeftOut > 0 {
		list = append(list, v.N(v.LeftOut, "Leaves %d record or file out.", "Leaves %d records or files out."))
	}
	return list
}
