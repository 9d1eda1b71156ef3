package server

import (
	"strconv"
	"time"

	"hustings/internal/forum"
)

// threadWords are the words of a thread in one language, looked up once: a page
// says them hundreds of times.
type threadWords struct {
	reply, more, share, report, history, edit, retract, remove, moderate, move, lock, unlock, removeBranch string

	unknown, imported, moderator, admin, edited, held, lockedHere, hiddenFromReaders string
	removedAuthor, legalBody, reviewBody, missingBody, hiddenBody                    string
	nextSibling, nextTop, log, noDate, own                                           string

	level       pattern // "level {level}"
	place       pattern // heading, read out: level, place among siblings, parent
	topPlace    pattern
	inReplyTo   pattern
	removedFor  pattern
	removedBy   string
	replies     [forum.MaxPageComments + 1]string // "and 12 replies"
	continueFew [forum.MaxMoreCounted + 2]string
	months      [13]string
	date        pattern
	moment      pattern
}

func newThreadWords(l *locale) threadWords {
	w := threadWords{
		reply: l.T("Reply"), more: l.T("More"), share: l.T("Share"), report: l.T("Report"), history: l.T("History"),
		edit: l.T("Edit"), retract: l.T("Retract"), remove: l.T("Remove"), moderate: l.T("Moderate"), move: l.T("Move …"), lock: l.T("Lock"), unlock: l.T("Unlock"),
		removeBranch: l.T("Remove branch"),
		unknown:      l.T("Author unknown"), imported: l.T("imported"), moderator: l.T("Moderator"), admin: l.T("Admin"),
		edited: l.T("edited"), held: l.T("Waiting for a moderator. Only you and the moderators can see it."),
		lockedHere:        l.T("A moderator has locked this branch: no new replies."),
		hiddenFromReaders: l.T("Readers do not see this."),
		removedAuthor:     l.T("Taken back by its author"), legalBody: l.T("Removed for legal reasons"),
		reviewBody: l.T("Hidden while it is being reviewed"), missingBody: l.T("Placeholder: the source had lost this comment"),
		hiddenBody: l.T("Not shown"), removedBy: l.T("Removed by a moderator"),
		nextSibling: l.T("Skip to the next reply beside it"), nextTop: l.T("Skip to the next top-level comment"), log: l.T("log"),
		noDate: l.T("undated"), own: l.T("yours"),
		level: newPattern(l.T("level {level}")), place: newPattern(l.T(", level {level}, reply {place} of {siblings} to {parent}")),
		topPlace: newPattern(l.T(", level {level}, comment {place} of {siblings}")), inReplyTo: newPattern(l.T("in reply to {parent}")),
		removedFor: newPattern(l.T("Removed by a moderator: {reason}")),
		date:       newPattern(l.T("{day} {month} {year}")), moment: newPattern(l.T("{day} {month} {year}, {hour}:{minute} UTC")),
	}
	for n := range w.replies {
		w.replies[n] = l.N(n, "and %d reply", "and %d replies")
	}
	for n := range w.continueFew {
		w.continueFew[n] = l.N(n, "Continue this branch (%d more reply)", "Continue this branch (%d more replies)")
	}
	w.continueFew[forum.MaxMoreCounted+1] = l.T("Continue this branch (more than %d more replies)", forum.MaxMoreCounted)
	for m := time.January; m <= time.December; m++ {
		w.months[m] = l.T(m.String())
	}
	return w
}

// appendTime writes a time by a pattern, in UTC.
func (w *threadWords) appendTime(b []byte, p pattern, t time.Time) []byte {
	return p.append(b, func(b []byte, field string) []byte {
		switch field {
		case "day":
			return strconv.AppendInt(b, int64(t.Day()), 10)
		case "month":
			return appendText(b, w.months[t.Month()])
		case "year":
			return strconv.AppendInt(b, int64(t.Year()), 10)
		case "hour":
			return appendTwo(b, t.Hour())
		case "minute":
			return appendTwo(b, t.Minute())
		}
		return b
	})
}

func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10%10), byte('0'+n%10)) }
