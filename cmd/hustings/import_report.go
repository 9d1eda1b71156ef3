package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// writeReport prints a report for people.
func writeReport(w io.Writer, done *action.Imported) error {
	var b strings.Builder
	r := &done.Report
	fmt.Fprintf(&b, "%s %s%s in %.1f s\n\n", whatWasDone(r), plural(len(r.Files), "file"), recognised(r), r.Seconds)
	fmt.Fprintf(&b, "%-10s %8s %8s %8s\n", "", "new", "changed", "same")
	fmt.Fprintf(&b, "%-10s %8d %8d %8d\n", "articles", r.Articles.New, r.Articles.Changed, r.Articles.Same-r.Articles.Repeated)
	fmt.Fprintf(&b, "%-10s %8d %8d %8d\n", "comments", r.Comments.New, r.Comments.Changed, r.Comments.Same)
	fmt.Fprintf(&b, "\n%s, %s, %d held; the deepest thread has %s.\n", plural(r.Comments.Placeholders, "placeholder"),
		plural(r.Comments.LinkBacks, "link-back"), r.Comments.Held, plural(r.MaxDepth, "level"))
	if r.Comments.Placeholders > 0 {
		b.WriteString("A placeholder stands where a comment is missing in the source, and keeps its replies together.\n")
	}
	writeFigures(&b, r)
	repairs := slices.DeleteFunc(slices.Clone(r.Repairs), func(f importer.Finding) bool { return f.Note })
	notes := slices.DeleteFunc(slices.Clone(r.Repairs), func(f importer.Finding) bool { return !f.Note })
	more := writeFindings(&b, "Put right", repairs)
	more += writeFindings(&b, "Noted; nothing was changed for it", notes)
	more += writeFindings(&b, "Changed here and at the source; what is here stays", r.Conflicts)
	more += writeFindings(&b, "Left out", r.Refused)
	if more += done.Unlisted; more > 0 {
		fmt.Fprintf(&b, "\n%s not shown here: “--findings FILE” writes all of them, as CSV or (*.json) JSON.\n", plural(more, "finding"))
	}
	if r.Job != 0 && r.Wrote() {
		fmt.Fprintf(&b, "\nThis was import %d; “hustings import --undo %d” takes it back.\n", r.Job, r.Job)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// whatWasDone begins the report: what was done with the files.
func whatWasDone(r *importer.Report) string {
	switch {
	case r.DryRun:
		return "Dry run, nothing was written:"
	case r.Read() == 0:
		return "Nothing was imported:"
	case !r.Wrote():
		return "Nothing was imported, as everything is here already:"
	}
	return "Imported"
}

// recognised names the format of the files, where they have one.
func recognised(r *importer.Report) string {
	if r.Format == "auto" {
		return ""
	}
	return " (" + r.Format + ")"
}

// writeFigures prints what the report counts besides, where there is any of it.
func writeFigures(b *strings.Builder, r *importer.Report) {
	line := func(title string, parts ...string) {
		if parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" }); len(parts) > 0 {
			fmt.Fprintf(b, "%s: %s.\n", title, strings.Join(parts, ", "))
		}
	}
	some := func(n int, words string) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%d %s", n, words)
	}
	a, c := &r.Articles, &r.Comments
	if a.Shared == 1 {
		b.WriteString("1 article stands in more than one file; it is one article.\n")
	} else if a.Shared > 1 {
		fmt.Fprintf(b, "%d articles stand in more than one file; they are one article each.\n", a.Shared)
	}
	line("Not public at the source", some(a.Drafts, "as a draft"), some(a.Private, "private"), some(a.Scheduled, "for a later day"))
	line("Hidden at the source", some(c.Spam, "as spam"), some(c.Removed, "removed"), some(c.Retracted, "taken back"), some(c.Erased, "erased"))
	if len(r.Depths) > 1 {
		levels := make([]string, len(r.Depths))
		for i, n := range r.Depths {
			levels[i] = fmt.Sprintf("%d on level %d", n, i+1)
		}
		if r.MaxDepth > importer.MaxDepths {
			levels[len(levels)-1] += " and deeper"
		}
		line("In the threads, with placeholders", levels...)
	}
	line("Authors", some(r.Authors.New, "new"), some(r.Authors.Known, "known from earlier imports"), some(r.Authors.Clash, "of them with the name of a member"))
	line("Old addresses", some(r.Redirects.New, "will lead here"), some(r.Redirects.Same, "lead here already"),
		some(r.Redirects.Taken, "lead to another article, which had them first"), some(r.Redirects.Ours, "are addresses of this site itself"))
	if r.Images.Images > 0 {
		line("Images", fmt.Sprintf("%d in %s", r.Images.Images, plural(r.Images.Articles, "article")))
	}
	if r.Estimated > 0 {
		fmt.Fprintf(b, "The import itself takes about %s.\n", time.Duration(r.Estimated*float64(time.Second)).Round(time.Second/10))
	}
}

// writeFindings prints findings by their reasons and gives the number of those that
// it left out.
func writeFindings(b *strings.Builder, title string, list []importer.Finding) (more int) {
	if len(list) == 0 {
		return 0
	}
	fmt.Fprintf(b, "\n%s (%d):\n", title, len(list))
	for _, g := range importer.ByReason(list) {
		if g.Count == 1 {
			fmt.Fprintf(b, "  %s  %s\n", place(g.Places[0]), g.Places[0].Reason)
			continue
		}
		fmt.Fprintf(b, "  %s (%d)\n", g.Reason, g.Count)
		for _, f := range g.Places {
			fmt.Fprintf(b, "    %s\n", strings.TrimRight(place(f)+"  "+f.Excerpt, " "))
		}
		if left := g.Count - len(g.Places); left > 0 {
			fmt.Fprintf(b, "    … and %d more\n", left)
			more += left
		}
	}
	return more
}

// place is where a finding stands, as editors understand it.
func place(f importer.Finding) string {
	switch {
	case f.Line > 0 && f.Column > 0:
		return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	case f.Line > 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return f.File
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// saveFindings writes what an import has found to a file: JSON where it is called
// so, else CSV. Those of a job are all in the database, those of a dry run in its
// report.
func saveFindings(file string, done *action.Imported, stored action.EachFinding) (err error) {
	out, err := os.Create(file)
	if err != nil {
		return &forum.Error{Kind: forum.Unavailable, Msg: "The findings can’t be written to %s.", Args: []any{file}, Err: err}
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}()
	each := stored
	if done.Job == 0 {
		each = done.EachFinding
	}
	buffered := bufio.NewWriter(out)
	write := action.WriteFindingsCSV
	if strings.HasSuffix(strings.ToLower(file), ".json") {
		write = action.WriteFindingsJSON
	}
	if err := write(buffered, each); err != nil {
		return err
	}
	return buffered.Flush()
}

// writeJobs prints the latest imports.
func writeJobs(w io.Writer, list []postgres.ImportJob) error {
	var b strings.Builder
	if len(list) == 0 {
		b.WriteString("Nothing has been imported yet.\n")
	}
	for i := range list {
		j := &list[i]
		who := j.Owner
		if who == "" {
			who = "shell"
		}
		what := j.FirstFile
		if j.Files > 1 {
			what = fmt.Sprintf("%s and %d more", j.FirstFile, j.Files-1)
		}
		state := string(j.State)
		if j.Lost {
			state = "interrupted"
		}
		counts := ""
		if done, ok := action.JobReport(*j); ok {
			counts = fmt.Sprintf("%s, %s", plural(done.Articles.New+done.Articles.Changed, "article"), plural(done.Comments.New+done.Comments.Changed, "comment"))
		}
		fmt.Fprintf(&b, "%5d  %s  %-11s  %-12s  %-28s  %s\n", j.ID, j.CreatedAt.UTC().Format("2006-01-02 15:04"), state, who, counts, what)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeUndone says what was taken back and what stays.
func writeUndone(w io.Writer, id postgres.JobID, u *action.Undone) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Import %d was taken back: %s and %s removed, %s and %s as they were before.\n", id,
		plural(u.Articles.Removed, "article"), plural(u.Comments.Removed, "comment"),
		plural(u.Articles.Restored, "article"), plural(u.Comments.Restored, "comment"))
	b.WriteString("Link-backs and placeholders count as comments here.\n")
	if u.Comments.Placeholders > 0 {
		fmt.Fprintf(&b, "%s became a placeholder above replies.\n", plural(u.Comments.Placeholders, "comment"))
	}
	if len(u.Kept) > 0 {
		fmt.Fprintf(&b, "\nStays (%d):\n", len(u.Kept)+u.MoreKept)
	}
	for _, k := range u.Kept {
		where := "/articles/" + k.Slug
		if k.Comment != 0 {
			where = fmt.Sprintf("/comments/%d", k.Comment)
		}
		fmt.Fprintf(&b, "  %s  %s\n", where, k.Reason())
	}
	if u.MoreKept > 0 {
		fmt.Fprintf(&b, "  … and %d more\n", u.MoreKept)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
