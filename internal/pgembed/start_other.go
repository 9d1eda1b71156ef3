//go:build !unix

package pgembed

import "context"

// Start refuses: a private server has been built for Unix systems only so far.
func Start(context.Context, Options) (*Server, error) {
	return nil, problem(ErrNoPostgres, "Hustings cannot run its own PostgreSQL on this system yet. Set DATABASE_URL to a PostgreSQL server, or run: docker compose up")
}

// Join reports that nothing runs.
func Join(context.Context, Options) (*Server, error) { return nil, ErrNotRunning }
