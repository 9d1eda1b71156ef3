package action

import (
	"context"
	"encoding/json"
	"fmt"

	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// part is what was done with one article, as the job remembers it: a run that goes
// on reports the same as one that was never interrupted.
type part struct {
	Articles importer.ArticleCounts `json:"articles"`
	Comments importer.CommentCounts `json:"comments"`
	MaxDepth int                    `json:"max_depth,omitempty"`
	importer.Figures
	Visibly bool              `json:"visibly,omitempty"` // people can see what changed
	Source  postgres.SourceID `json:"source,omitempty"`
	Origin  string            `json:"origin"`          // the source's name
	File    string            `json:"file"`            // the first that has it
	Files   []partFile        `json:"files,omitempty"` // where several have it
	Link    ImportedArticle   `json:"link"`
}

// partFile is what one of the files has of an article.
type partFile struct {
	File     string `json:"file"`
	Articles int    `json:"articles,omitempty"`
	Comments int    `json:"comments,omitempty"`
}

// files are the counts of an article by file.
func (p *part) files() []partFile {
	if len(p.Files) > 0 {
		return p.Files
	}
	return []partFile{{p.File, p.Articles.New + p.Articles.Changed + p.Articles.Same, p.Comments.Said()}}
}

// part is what a plan does, without the findings.
func (p *plan) part() *part {
	articles := p.report.Articles
	if p.given > 1 {
		articles.Shared, articles.Repeated = 1, p.given-1
	}
	return &part{
		Articles: articles, Comments: p.report.Comments, MaxDepth: p.report.MaxDepth, Figures: p.report.Figures, Visibly: p.visibly, Source: p.source,
		Origin: p.group.source, File: p.file(p.heads[0].File), Files: p.perFile,
		Link: ImportedArticle{Slug: p.slug, Title: p.title, State: p.outcome(), Added: p.report.Comments.New, Comments: p.report.Comments, Unseen: unseen(articles)},
	}
}

// unseen says of one article why readers do not see it yet, as its source says.
func unseen(a importer.ArticleCounts) string {
	switch {
	case a.Drafts > 0:
		return "draft"
	case a.Private > 0:
		return "private"
	case a.Scheduled > 0:
		return "scheduled"
	}
	return ""
}

// outcome is what becomes of the article itself.
func (p *plan) outcome() string {
	switch a := &p.report.Articles; {
	case a.New > 0:
		return "new"
	case a.Changed > 0:
		return "changed"
	case a.Same > 0:
		return "same"
	}
	return ""
}

// beginParts begins articles of one source in the transaction that will write them:
// as of now the job is this run's, and nobody else's run writes them. done are those
// that an earlier run has finished, by their keys; they are only told of. An import
// without a job, and a dry run, have no parts.
func (im *importing) beginParts(ctx context.Context, tx *postgres.Tx, source string, keys []string) (done map[string]*part, err error) {
	if tx == nil || im.run.Job == 0 {
		return nil, nil //nolint:nilnil // an empty map, really
	}
	kept, err := tx.BeginParts(ctx, im.run, source, keys)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	im.out.Resumed = true
	done = make(map[string]*part, len(kept))
	for key, report := range kept {
		p := &part{}
		if err := json.Unmarshal(report, p); err != nil {
			return nil, fmt.Errorf("read what was done with an article: %w", err)
		}
		done[key] = p
	}
	return done, nil
}

// endParts notes what was done with articles of one source and what was found in
// them, in the transaction that did it and after everything else.
func (im *importing) endParts(ctx context.Context, tx *postgres.Tx, plans ...*plan) error {
	if im.run.Job == 0 || len(plans) == 0 {
		return nil
	}
	keys, reports := make([]string, len(plans)), make([]json.RawMessage, len(plans))
	var found []postgres.ImportFinding
	for i, p := range plans {
		report, err := json.Marshal(p.part())
		if err != nil {
			return err
		}
		keys[i], reports[i] = p.group.key, report
		found = append(found, im.findings(&p.report)...)
	}
	if err := tx.AddFindings(ctx, im.run.Job, true, found); err != nil {
		return err
	}
	return tx.EndParts(ctx, im.run, plans[0].group.source, keys, reports)
}
