// Command dev is the task runner of the people who work on Hustings: pictures of
// the pages, load from outside, large databases and imports with their ratios, and lint. It is
// never part of an installation, and it talks to loopback addresses only.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is the command line. Each command is a file of its own.
type commands struct {
	Screenshots screenshotsCmd `cmd:"" help:"Take pictures of a running site's pages in a real browser."`
	BenchHTTP   benchHTTPCmd   `cmd:"" name:"bench-http" help:"Load a running site from outside and print the figures beside their targets."`
	Load        loadCmd        `cmd:"" help:"Make a large database and print the ratios it has to hold, beside their targets."`
	BenchImport benchImportCmd `cmd:"" name:"bench-import" help:"Import large generated files and print rate and memory beside their targets."`
	Lint        lintCmd        `cmd:"" help:"Run gofmt, go vet and golangci-lint."`
	Static      staticCmd      `cmd:"" hidden:"" help:"Serve fixed bytes: the floor that bench-http measures against."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	parsed := kong.Parse(&cli, kong.Name("dev"), kong.Description("Tasks of the people who work on Hustings."))
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}
