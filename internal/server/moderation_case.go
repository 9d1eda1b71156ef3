package server

import (
	"html/template"
	"net/http"
	"slices"
	"unicode"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// caseView is a case as a page shows it: everything in words, and what can be
// done, each act with the sentence of what it will do.
type caseView struct {
	*postgres.Case
	*locale
	Chain   *chainLink // the topmost of what is shown
	Acts    []actView
	Refused []string // why some acts are not offered
	Note    string   // typed before, where an act was refused
	Chosen  forum.Reason
	Problem string
	Next    string // where to go on after an act
	// Suggested is what most reports say; StopKey is the key of the first act that
	// needs a reason, "" where there is none.
	Suggested forum.Reason
	StopKey   string
}

// chainLink is one comment of the case's context with the one below it.
type chainLink struct {
	Comment *forum.Comment
	Body    template.HTML
	Tomb    string // words in place of a text that is not there
	Subject bool
	Below   *chainLink
	Case    *caseView
}

// actView is a button and the sentence beside it.
type actView struct {
	Case    *caseView
	Act     forum.Act
	Label   string
	Effect  string
	Path    string
	Key     string // on the keyboard
	Go      bool   // the one next step
	Stop    bool   // takes something away
	Reasons bool   // the reasons stand beside it
	Undoes  int64
}

// newCase prepares a case for a page.
func (s *Server) newCase(r *http.Request, c *postgres.Case) *caseView {
	v := &caseView{Case: c, locale: s.localeOf(r), Suggested: mostGiven(c.Reports)}
	v.Chosen = v.Suggested
	all := append(slices.Clone(c.Ancestors), c.Comment)
	for i := len(all) - 1; i >= 0; i-- {
		v.Chain = &chainLink{Comment: &all[i], Body: markup.Safe(all[i].BodyHTML), Below: v.Chain, Case: v,
			Subject: i == len(all)-1, Tomb: v.noText(&all[i])}
	}
	v.addActs(viewerOf(r))
	return v
}

// noText says why there is no text to show; "" where there is.
func (v *caseView) noText(c *forum.Comment) string {
	switch {
	case c.Kind == forum.KindPlaceholder:
		return v.T("Placeholder: the source had lost this comment")
	case c.State == forum.Erased:
		return v.T("Removed for legal reasons")
	case c.State == forum.Retracted && (c.ID != v.Comment.ID || v.Open == 0):
		return v.T("Taken back by its author")
	}
	return ""
}

// mostGiven is the reason that most open reports give, to be suggested.
func mostGiven(reports []postgres.CaseReport) (best forum.Reason) {
	n := map[forum.Reason]int{}
	for _, r := range reports {
		if r.ClosedAt == nil {
			n[r.Reason]++
			if best == "" || n[r.Reason] > n[best] {
				best = r.Reason
			}
		}
	}
	return best
}

func (v *caseView) addActs(viewer forum.Viewer) {
	for _, a := range v.possible() {
		if err := forum.CanActOn(viewer, &v.Comment, a.Act); err != nil {
			if why := v.Error(kindly(err)); !slices.Contains(v.Refused, why) {
				v.Refused = append(v.Refused, why)
			}
			continue
		}
		a.Case, a.Path = v, paths.CommentAct(v.Comment.ID, string(a.Act))
		if a.Stop && v.StopKey == "" {
			a.Reasons, v.StopKey = true, a.Key
		}
		v.Acts = append(v.Acts, a)
	}
}

// possible lists the acts that the comment's state allows, in the order in which
// they are offered.
func (v *caseView) possible() (list []actView) {
	state := v.Comment.State
	if v.Open > 0 {
		list = append(list, actView{Act: forum.ActKeep, Label: v.T("Keep"), Key: "a", Go: true,
			Effect: v.N(v.Open, "Closes %d report; the comment stays as it is.", "Closes %d reports; the comment stays as it is.")})
	}
	if state == forum.Held || state == forum.Quarantined {
		list = append(list, actView{Act: forum.ActRelease, Label: v.T("Publish"), Key: "a", Go: v.Open == 0,
			Effect: v.shown(v.T("Shows 1 comment in its place."))})
	}
	if state == forum.Removed {
		list = append(list, actView{Act: forum.ActRestore, Label: v.T("Restore"), Key: "a", Go: v.Open == 0, Undoes: v.Removal,
			Effect: v.shown(v.T("Shows 1 comment again."))})
	}
	if v.Comment.BranchRemoved {
		list = append(list, actView{Act: forum.ActRestoreBranch, Label: v.T("Restore branch"), Key: "b", Undoes: v.BranchRemoval,
			Effect: v.N(v.Branch, "Shows %d comment again, exactly as it was.", "Shows %d comments again, exactly as they were.")})
	}
	if v.Comment.Kind != forum.KindPlaceholder && forum.CheckTransition(state, forum.Removed, forum.ByModerator) == nil {
		list = append(list, actView{Act: forum.ActRemove, Label: v.T("Remove"), Key: "r", Stop: true, Effect: v.removes()})
	}
	return append(list, v.possibleBelow()...)
}

// possibleBelow lists the acts on the branch, and the one that waits.
func (v *caseView) possibleBelow() (list []actView) {
	if !v.BranchRemoved && v.Replies > 0 {
		list = append(list, actView{Act: forum.ActRemoveBranch, Label: v.T("Remove branch"), Key: "t", Stop: true,
			Effect: v.N(v.Branch, "Takes away %d comment, for the reason chosen. Restoring the branch gives back exactly that.",
				"Takes away %d comments, for the reason chosen: all that can be seen here and below. Restoring the branch gives back exactly these.")})
	}
	if v.Comment.State == forum.Published && v.Comment.Kind != forum.KindPlaceholder {
		list = append(list, actView{Act: forum.ActHold, Label: v.T("Hold"), Key: "w",
			Effect: v.T("Takes 1 comment out of sight until a moderator decides.") + " " + v.stay()})
	}
	if v.Comment.State != forum.Published && v.Replies == 0 && !v.Comment.BranchLocked {
		return list // nobody could reply there anyway
	}
	lock := actView{Act: forum.ActLock, Label: v.T("Lock branch"), Key: "l", Effect: v.T("No new replies below this comment, except from staff. What is there stays.")}
	if v.Comment.BranchLocked {
		lock = actView{Act: forum.ActUnlock, Label: v.T("Unlock branch"), Key: "l", Effect: v.T("Replies below this comment are possible again.")}
	}
	return append(list, lock)
}

func (v *caseView) shown(effect string) string {
	if v.BranchRemoved {
		return effect + " " + v.T("Readers see it only once the branch around it is restored.")
	}
	return effect
}

func (v *caseView) removes() string {
	text := v.T("Takes away 1 comment.") + " " + v.stay()
	if v.Open > 0 {
		text += " " + v.N(v.Open, "Closes %d report.", "Closes %d reports.")
	}
	return text
}

// stay says what happens to the replies when a comment goes by itself.
func (v *caseView) stay() string {
	switch {
	case v.Replies == 0:
		return v.T("It has no replies.")
	case v.Replies >= 1000:
		return v.T("Its more than 1,000 replies stay.")
	}
	return v.N(v.Replies, "Its %d reply stays.", "Its %d replies stay.")
}

// Heading says what the case is about, after the author's name.
func (v *caseView) Heading() string {
	switch {
	case v.Comment.State == forum.Held, v.Comment.State == forum.Quarantined:
		return v.T("held")
	case v.Comment.State == forum.Removed:
		return v.T("removed by a moderator")
	case v.Comment.State == forum.Retracted:
		return v.T("taken back by its author")
	case v.Open > 0:
		return v.N(v.Open, "%d report", "%d reports")
	}
	return v.T("published")
}

// ReasonLabel is a reason as the label of a choice.
func (l *locale) ReasonLabel(r forum.Reason) string {
	words := l.T(r.Words())
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}

// ReasonWords is a reason within a sentence.
func (l *locale) ReasonWords(r forum.Reason) string {
	if words := r.Words(); words != "" {
		return l.T(words)
	}
	return string(r)
}

// actWords are the acts of the audit as the log and a case's history say them.
var actWords = map[string]string{
	postgres.ActRemove:        "Comment removed",
	postgres.ActRestore:       "Comment restored",
	postgres.ActHold:          "Comment held",
	postgres.ActRelease:       "Held comment published",
	postgres.ActKeep:          "Reports closed, comment kept",
	postgres.ActRemoveBranch:  "Branch removed",
	postgres.ActRestoreBranch: "Branch restored",
	postgres.ActMove:          "Comment moved",
	postgres.ActLockBranch:    "Branch locked",
	postgres.ActUnlockBranch:  "Branch unlocked",
	postgres.ActLockArticle:   "Discussion locked",
	postgres.ActUnlockArticle: "Discussion unlocked",
	postgres.ActImport:        "Articles imported",
	postgres.ActImportUndo:    "An import taken back",
	postgres.ActRole:          "A role changed",
	postgres.ActSetting:       "A setting changed",
}

// ActWords says what an act of the audit was.
func (l *locale) ActWords(act string) string {
	if words, ok := actWords[act]; ok {
		return l.T(words)
	}
	return act
}
