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
	Visibly  bool                   `json:"visibly,omitempty"` // people can see what changed
	Source   postgres.SourceID      `json:"source,omitempty"`
	Link     ImportedArticle        `json:"link"`
}

// part is what a plan does, without the findings.
func (p *plan) part() *part {
	return &part{
		Articles: p.report.Articles, Comments: p.report.Comments, MaxDepth: p.report.MaxDepth, Visibly: p.visibly, Source: p.source,
		Link: ImportedArticle{Slug: p.slug, Title: p.title, State: p.outcome(), Added: p.report.Comments.New, Comments: p.report.Comments},
	}
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

// beginPart begins an article in its transaction: as of now the job is this run's.
// done is what an earlier run has done with it, nil where that is nothing. An
// import without a job, and a dry run, have no parts.
func (im *importing) beginPart(ctx context.Context, tx *postgres.Tx, g *group) (done *part, err error) {
	if tx == nil || im.run.Job == 0 {
		return nil, nil //nolint:nilnil // nothing was done with it yet
	}
	kept, err := tx.BeginPart(ctx, im.run, g.source, g.key)
	if err != nil || kept == nil {
		return nil, err
	}
	im.out.Resumed = true
	done = &part{}
	if err := json.Unmarshal(kept, done); err != nil {
		return nil, fmt.Errorf("read what was done with an article: %w", err)
	}
	return done, nil
}

// endPart notes what was done with an article and what was found in it, in the
// transaction that did it.
func (im *importing) endPart(ctx context.Context, tx *postgres.Tx, p *plan) error {
	if im.run.Job == 0 {
		return nil
	}
	if err := tx.AddFindings(ctx, im.run.Job, true, im.findings(&p.report)); err != nil {
		return err
	}
	done, err := json.Marshal(p.part())
	if err != nil {
		return err
	}
	return tx.EndPart(ctx, im.run, p.group.source, p.group.key, done)
}
