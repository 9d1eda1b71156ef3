package action

import (
	"context"

	"hustings/internal/postgres"
)

// UndoJob lets tests undo a job without a worker.
func (a *Actions) UndoJob(ctx context.Context, job postgres.JobID, progress func(postgres.JobProgress)) (Undone, error) {
	return a.undoImport(ctx, job, progress)
}
