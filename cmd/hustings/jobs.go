package main

import (
	"time"

	"hustings/internal/action"
	"hustings/internal/jobs"
)

// lookForImports is how often a server looks for imports that wait, or whose
// process has gone; those of its own pages begin at once.
const lookForImports = 2 * time.Second

// newJobs makes what works in the background of a server.
func (a *app) newJobs(act *action.Actions) *jobs.Runner {
	runner := jobs.New(a.log, jobs.Kind{Name: action.ImportWork, Every: lookForImports, Work: act.WorkImports})
	act.OnWork(runner.Wake)
	act.UseWeb(a.web())
	return runner
}
