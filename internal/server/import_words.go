package server

import (
	"time"

	"hustings/internal/action"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// formatWords are the formats in words, for people who know where their file
// comes from and not what it is called.
var formatWords = map[string]string{
	"mixed":      "files of several kinds",
	"text":       "plain text",
	"jsonl":      "Hustings’ own JSON Lines",
	"wxr":        "an export of WordPress",
	"disqus":     "an export of Disqus",
	"remark42":   "a backup of Remark42",
	"commento":   "an export of Commento",
	"comentario": "an export of Comentario",
	"isso":       "comments of Isso",
	"blogger":    "an export of Blogger",
	"mt":         "an export of Movable Type",
	"markdown":   "Markdown or HTML with front matter",
	"html":       "a web page",
	"feed":       "a feed (RSS, Atom or JSON Feed)",
	"wprest":     "answers of a WordPress site",
}

// formatName is a format to choose.
type formatName struct{ Name, Words string }

func (l *locale) formats() []formatName {
	list := []formatName{{"auto", l.T("known by their content")}}
	for _, f := range importer.Formats() {
		list = append(list, formatName{f.Name(), l.format(f.Name())})
	}
	return list
}

// format is what a file is, in words; a format without words has its name.
func (l *locale) format(name string) string {
	words, ok := formatWords[name]
	if !ok {
		return name
	}
	return l.T(words)
}

// size writes a number of bytes.
func (l *locale) size(n int64) string {
	switch {
	case n < 1e6:
		return l.N(int((n+999)/1000), "%d kB", "%d kB")
	case n < 1e9:
		return l.T("%.1f MB", float64(n)/1e6)
	}
	return l.T("%.1f GB", float64(n)/1e9)
}

// duration writes how long something takes, as exactly as one needs to know.
func (l *locale) duration(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return l.N(int(d.Round(time.Second).Seconds()), "%d s", "%d s")
	case d < 100*time.Minute:
		return l.N(int(d.Round(time.Minute).Minutes()), "%d min", "%d min")
	}
	return l.N(int(d.Round(time.Hour).Hours()), "%d h", "%d h")
}

// jobName is what people call an import: its file, or how many and the first.
func (l *locale) jobName(j *postgres.ImportJob) string {
	name := l.file(j.FirstFile)
	switch {
	case name == "":
		return l.T("an import without files")
	case j.Files > 1: // the number that people chose
		return l.N(j.Files, "%[1]d file (%[2]s)", "%[1]d files (%[2]s …)", name)
	}
	return name
}

// file is the name of a file; what was pasted has none.
func (l *locale) file(name string) string {
	if name == action.PastedText {
		return l.T(action.PastedText)
	}
	return name
}

// jobWords say in what state an import is. Those that wait for a worker are told
// by what they wait for.
var jobWords = map[postgres.JobState]string{
	postgres.JobReceiving: "not all of it has been sent",
	postgres.JobLooking:   "is being looked at",
	postgres.JobFound:     "looked at; nothing is written yet",
	postgres.JobApplying:  "is being imported",
	postgres.JobDone:      "imported",
	postgres.JobFailed:    "stopped by an error",
	postgres.JobCancelled: "stopped",
	postgres.JobUndoing:   "is being taken back",
	postgres.JobUndone:    "taken back",
}

// doing is the state that an import is in, or is about to be in.
func doing(j *postgres.ImportJob) postgres.JobState {
	if j.State != postgres.JobWaiting {
		return j.State
	}
	switch j.Wanted {
	case postgres.WantApply:
		return postgres.JobApplying
	case postgres.WantUndo:
		return postgres.JobUndoing
	}
	return postgres.JobLooking
}

// importLine is an import on the list of those that there were.
type importLine struct {
	Path, Name, State, By, Facts string
	At                           time.Time
	Trouble                      bool
}

func (l *locale) importLine(j *postgres.ImportJob) importLine {
	line := importLine{Path: jobPath(j), Name: l.jobName(j), State: l.T(jobWords[doing(j)]), By: j.Owner, At: j.CreatedAt,
		Trouble: j.State == postgres.JobFailed}
	if j.Shell {
		line.By = l.T("the shell")
	}
	if done, ok := action.JobReport(*j); ok {
		line.Facts = l.brought(&done.Report)
		if j.State == postgres.JobDone && !done.Wrote() {
			line.State = l.T("nothing was imported")
		}
		if a, c := done.Articles, done.Comments; j.AppliedAt != nil {
			// As the shell's list has it: what came, not what was here already.
			line.Facts = l.T("%s and %s", l.counts(a.New+a.Changed, c.New+c.Changed)...)
		}
	}
	return line
}

// brought says how many articles and comments a report tells of.
func (l *locale) brought(r *importer.Report) string {
	articles, comments := readWell(r)
	return l.T("%s and %s", l.counts(articles, comments)...)
}

// readWell counts what was read well, whatever was or will be done with it.
func readWell(r *importer.Report) (articles, comments int) {
	a, c := &r.Articles, &r.Comments
	return a.New + a.Changed + a.Same - a.Repeated, c.New + c.Changed + c.Same
}
