package server

import (
	"net/http"
	"strconv"
	"time"

	"hustings/internal/postgres"
)

// jobProgress is how far an import is, in words: the page shows them, and the
// stream of events sends them again when they change.
type jobProgress struct {
	Value, Max int // of the bar, in thousandths; Max 0: nobody can say
	Stage      string
	Records    string
	Articles   string
	ArticlesOf string // "": not known yet
	Rate       string
	Left       string
	Problems   string
}

// Percent is how far it is as the width of a bar.
func (p jobProgress) Percent() string {
	return strconv.FormatFloat(float64(p.Value)*100/barEnd, 'f', 1, 64) + "%"
}

const (
	barEnd = 1000
	// rateAfter is when there is enough to tell a rate from.
	rateAfter = 2 * time.Second
	// unknown stands in place of a figure that nobody can give yet.
	unknown = "–"
)

func (l *locale) jobProgress(j *postgres.ImportJob, problems int) jobProgress {
	records := max(j.Records, j.Comments) // taking back reads none
	p := jobProgress{Stage: l.stage(j), Records: l.Number(int(records)), Articles: l.Number(int(j.Articles)), Rate: unknown, Left: unknown, Problems: l.Number(problems)}
	if j.ArticlesOf > 0 {
		p.ArticlesOf = l.Number(int(j.ArticlesOf))
	}
	if j.State == postgres.JobWaiting || j.RunAt == nil {
		return p
	}
	p.Max, p.Value = barEnd, int(j.Share()*barEnd)
	spent := j.Now.Sub(*j.RunAt)
	if spent > rateAfter && records > 0 {
		p.Rate = l.Number(int(float64(records) / spent.Seconds()))
	}
	if left, ok := j.Left(); ok {
		p.Left = l.duration(left)
	}
	return p
}

// stage says in a sentence what is going on.
func (l *locale) stage(j *postgres.ImportJob) string {
	switch {
	case j.Cancelling:
		return l.T("It stops as soon as the article under way is whole.")
	case j.Lost:
		return l.T("The process that worked on it has gone; another one goes on in a moment.")
	case j.State == postgres.JobWaiting:
		return l.T("It waits for the import before it, and begins by itself.")
	case j.State == postgres.JobUndoing:
		return l.T("What nobody has touched since is being taken back.")
	case j.ArticlesOf == 0:
		return l.T("The files are being read.")
	case j.State == postgres.JobLooking:
		return l.T("What was read is being compared with what is here.")
	}
	return l.T("What was read is being written, one whole article after the other.")
}

// renderProgress shows an import that waits, is under way, or was stopped.
func (s *Server) renderProgress(w http.ResponseWriter, r *http.Request, status int, j *postgres.ImportJob, problem string) error {
	v := s.importView(r, j, 3)
	v.Problem = problem
	switch doing(j) {
	case postgres.JobLooking:
		v.Title = v.T("Import: looking")
	case postgres.JobUndoing:
		v.Title = v.T("Import: taking back")
	case postgres.JobFailed, postgres.JobCancelled:
		v.Title = v.T("Import: stopped")
	default:
		v.Title = v.T("Import: progress")
	}
	problems, err := s.jobProblems(r, j)
	if err != nil {
		return err
	}
	v.Progress = v.jobProgress(j, problems)
	return s.render(w, status, "import-progress", v)
}

// Heading says what is going on, or why it is not.
func (v *importView) Heading() string {
	switch doing(&v.Job) {
	case postgres.JobLooking:
		return v.T("Looking at %s", v.Name)
	case postgres.JobUndoing:
		return v.T("Taking back %s", v.Name)
	case postgres.JobFailed:
		return v.T("Not finished: %s", v.Name)
	case postgres.JobCancelled:
		return v.T("Stopped: %s", v.Name)
	}
	return v.T("Importing %s", v.Name)
}

// Stopped tells of an import that was stopped, by a person or by an error.
func (v *importView) Stopped() bool {
	return v.Job.State == postgres.JobFailed || v.Job.State == postgres.JobCancelled
}

// Why says why a stopped import was stopped.
func (v *importView) Why() string {
	if v.Job.State == postgres.JobCancelled {
		return v.T("Somebody stopped it.")
	}
	words, _ := v.reason(v.Job.Failure)
	return words
}

// Counting tells whether the problems so far are news: those of an import that was
// looked at were shown before.
func (v *importView) Counting() bool {
	now := doing(&v.Job)
	return now == postgres.JobLooking || now == postgres.JobApplying && v.Job.Shell
}

// DoneArticles is how many articles an import that was stopped had finished.
func (v *importView) DoneArticles() int { return int(v.Job.Articles) }

// Resumable tells whether a stopped import can go on.
func (v *importView) Resumable() bool {
	j := &v.Job
	return v.Stopped() && (j.Wanted == postgres.WantUndo || !j.Shell && !j.FilesGone)
}

// Undoable tells whether there is something to take back.
func (v *importView) Undoable() bool {
	return v.Job.AppliedAt != nil && v.Job.State != postgres.JobUndone && !(v.Job.Active() && !v.Job.Lost)
}

// What was being done when the import stopped.
func (v *importView) WasLooking() bool { return v.Job.Wanted == postgres.WantLook }
func (v *importView) WasUndoing() bool { return v.Job.Wanted == postgres.WantUndo }

func (s *Server) jobProblems(r *http.Request, j *postgres.ImportJob) (n int, err error) {
	counts, err := s.db.FindingCounts(r.Context(), viewerOf(r), j.ID)
	for _, of := range counts {
		n += of
	}
	return n, err
}

// jobEvent is one event of the stream of an import. Next is where it goes on once
// it is no longer under way; then it is the last.
type jobEvent struct {
	Next  string            `json:"next,omitempty"`
	Value int               `json:"value"`
	Max   int               `json:"max"`
	Words map[string]string `json:"words,omitempty"`
}

const (
	// eventEvery is how often the stream looks.
	eventEvery = 500 * time.Millisecond
	// countEvery is how often it counts the problems, of which there may be many.
	countEvery = 3 * time.Second
)

// showImportEvents says how far an import is as long as it is under way.
func (s *Server) showImportEvents(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobOf(r)
	if err != nil {
		return err
	}
	l := s.localeOf(r)
	var before string
	var problems int
	var counted time.Time
	return s.events(w, r, eventEvery, func() (any, bool, error) {
		if j, err = s.db.ImportJob(r.Context(), viewerOf(r), j.ID); err != nil {
			return nil, false, err
		}
		if !j.Active() {
			return jobEvent{Next: jobPath(&j)}, true, nil
		}
		if j.Now.Sub(counted) > countEvery {
			if problems, err = s.jobProblems(r, &j); err != nil {
				return nil, false, err
			}
			counted = j.Now
		}
		p := l.jobProgress(&j, problems)
		e := jobEvent{Value: p.Value, Max: p.Max, Words: map[string]string{"stage": p.Stage, "records": p.Records, "articles": p.Articles,
			"of": p.ArticlesOf, "rate": p.Rate, "left": p.Left, "problems": p.Problems}}
		if now := strconv.Itoa(p.Value) + p.Stage + p.Records + p.Articles + p.ArticlesOf + p.Rate + p.Left + p.Problems; now != before {
			before = now
			return e, false, nil
		}
		return nil, false, nil
	})
}
