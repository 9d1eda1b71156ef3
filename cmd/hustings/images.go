package main

import (
	"context"
	"fmt"

	"hustings/internal/action"
	"hustings/internal/postgres"
)

// imagesCmd is about the images of articles that are kept here.
type imagesCmd struct {
	Move imagesMoveCmd `cmd:"" help:"Move all of them to one place. HUSTINGS_IMAGES_DIR names the folder in both directions; it also says where new ones go."`
}

type imagesMoveCmd struct {
	To string `arg:"" enum:"folder,database" help:"One of ${enum}."`
}

// Run moves them. What is missing or damaged stays where it is, and ends the
// command with 1.
func (c *imagesMoveCmd) Run(a *app) error {
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		moved, lost, err := act.MoveImagesFromShell(ctx, c.To == "folder")
		if err != nil {
			return err
		}
		where := "into the database"
		if c.To == "folder" {
			where = "into " + a.cfg.ImagesDir
		}
		fmt.Fprintf(a.out, "Moved %s %s.\n", plural(moved, "image"), where)
		if lost > 0 {
			fmt.Fprintf(a.err, "hustings: %s missing or damaged; “hustings check” names the articles.\n", plural(lost, "image"))
			return exitCode(exitFailed)
		}
		return nil
	})
}
