package main

import (
	"time"

	"hustings/internal/action"
	"hustings/internal/jobs"
)

// lookForImports is how often a server looks for imports that wait, or whose
// process has gone; those of its own pages begin at once.
const lookForImports = 2 * time.Second

// lookForImages is how often a server looks for images that are due; those that an
// admin asks for in its own pages are begun at once.
const lookForImages = 20 * time.Second

// lookForSuggestions is how often a server looks whether an import has brought
// something that its source may have flattened.
const lookForSuggestions = 5 * time.Second

// lookForFeeds is how often a server looks whether a feed is due; the shortest time
// between two looks at one is a quarter of an hour.
const lookForFeeds = 20 * time.Second

// newJobs makes what works in the background of a server.
func (a *app) newJobs(act *action.Actions) *jobs.Runner {
	runner := jobs.New(a.log, jobs.Kind{Name: action.ImportWork, Every: lookForImports, Work: act.WorkImports},
		jobs.Kind{Name: "files of imports", Every: time.Hour, Work: act.SweepImports},
		jobs.Kind{Name: action.FeedWork, Every: lookForFeeds, Work: act.WorkFeeds},
		jobs.Kind{Name: action.ImageWork, Every: lookForImages, Work: act.FetchNextImage},
		jobs.Kind{Name: "files of images", Every: time.Hour, Work: act.SweepImages},
		jobs.Kind{Name: action.SuggestWork, Every: lookForSuggestions, Work: act.WorkSuggestions})
	act.OnWork(runner.Wake)
	act.UseWeb(a.web())
	return runner
}
