package main

import (
	"context"
	"encoding/json"
	"fmt"

	"hustings/internal/action"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// checkCmd proves the stored invariants.
type checkCmd struct {
	JSON bool `name:"json" help:"Print the findings as one JSON object."`
}

// Run lists what is broken and ends with 1 where anything is. Warnings alone end
// with 0.
func (c *checkCmd) Run(a *app) error {
	return a.withStore(func(ctx context.Context, db *postgres.DB, act *action.Actions) error {
		found, err := db.Check(ctx, markup.PolicyVersion)
		if err != nil {
			return err
		}
		images, err := act.CheckImages(ctx)
		if err != nil {
			return err
		}
		found = append(found, images...)
		broken := 0
		for _, f := range found {
			if !f.Warning {
				broken++
			}
		}
		if c.JSON {
			err = json.NewEncoder(a.out).Encode(map[string]any{"ok": broken == 0, "findings": found})
		} else {
			c.print(a, found, broken)
		}
		if err == nil && broken > 0 {
			return exitCode(exitFailed)
		}
		return err
	})
}

func (c *checkCmd) print(a *app, found []postgres.Finding, broken int) {
	for _, f := range found {
		if f.Warning {
			fmt.Fprintf(a.out, "warning  %-8s %s\n", f.Code, f.Sentence)
			continue
		}
		fmt.Fprintf(a.out, "broken   %-8s %s %d in all, such as %v.\n", f.Code, f.Sentence, f.Count, f.IDs)
	}
	if broken == 0 {
		fmt.Fprintln(a.out, "Everything that is stored holds together.")
	}
}
