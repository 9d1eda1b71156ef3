package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"hustings/internal/pgembed"
	"hustings/internal/postgres"
)

// Targets of import.md, section 5.11. Rates are parts of the limit that was
// measured in the same run, for absolute ones depend on the machine.
const (
	emptyShare   = 0.4
	liveShare    = 0.2
	dryRate      = 60_000 // comments a second, on one core
	againRatio   = 2      // of the first import's rate
	importMemory = 128    // MB, of the importing process
	readersRatio = 1.5    // p99 during an import, of p99 without
	bombSeconds  = 1
)

// benchImportCmd imports generated files with the program itself into a private
// PostgreSQL and holds rate, memory and readers' waiting against import.md.
type benchImportCmd struct {
	Comments int    `default:"100000" help:"How many comments the files have whose import is timed, 1,000 to 500,000; 0 leaves this out."`
	Size     int64  `default:"2147483648" help:"Bytes of the export for WordPress whose import's memory is measured; 0 leaves this out."`
	Article  int    `default:"1000000" help:"How many comments the one article has whose import's memory is measured; 0 leaves this out."`
	Program  string `help:"The program; built afresh if not given."`
	Dir      string `help:"Where the database is made. Default: a folder that is removed at the end."`
}

// benchImport is what all parts of the measurement share.
type benchImport struct {
	program string
	top     string // folder for files
	owner   string // the server's database of that name
	server  []int  // processes of PostgreSQL's that do not end
	checks  []check
}

// Run measures everything and prints the table.
func (c *benchImportCmd) Run(ctx context.Context) error {
	if c.Comments != 0 && (c.Comments < 1000 || c.Comments > 500_000) {
		return fmt.Errorf("%d comments: it can be 1,000 to 500,000", c.Comments)
	}
	top, err := os.MkdirTemp("", "hustings-bench-import-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(top)                      //nolint:errcheck // a temporary folder
	if err := os.Chmod(top, 0o711); err != nil { // the database's user works below it
		return err
	}
	b := &benchImport{program: c.Program, top: top}
	if b.program == "" {
		b.program = filepath.Join(top, "hustings")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.program, "./cmd/hustings")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return errors.New("the program could not be built; run this in the module's folder")
		}
	}
	if c.Dir == "" {
		c.Dir = filepath.Join(top, "data")
	}
	before := processTree(os.Getpid())
	private, err := pgembed.Start(ctx, pgembed.Options{Dir: c.Dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer private.Stop(context.WithoutCancel(ctx)) //nolint:errcheck // it is measured no more
	b.owner = private.URL()
	b.server = processTree(os.Getpid())[len(before):][:1]
	if err := b.measure(ctx, c); err != nil {
		return err
	}
	if missed := printChecks(os.Stdout, b.checks); missed > 0 {
		fmt.Printf("\n%d of %d missed\n", missed, len(b.checks))
	}
	return nil
}

func (b *benchImport) measure(ctx context.Context, c *benchImportCmd) error {
	if c.Comments > 0 {
		if err := b.speed(ctx, c.Comments); err != nil {
			return err
		}
	}
	if c.Size > 0 {
		if err := b.memoryOfSize(ctx, c.Size); err != nil {
			return err
		}
	}
	if c.Article > 0 {
		if err := b.memoryOfArticle(ctx, c.Article); err != nil {
			return err
		}
	}
	return b.bomb(ctx)
}

// database makes an empty database and gives its address.
func (b *benchImport) database(ctx context.Context, name string) (string, error) {
	if err := postgres.NewDatabase(ctx, b.owner, name); err != nil {
		return "", err
	}
	u, err := url.Parse(b.owner)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), postgres.Migrate(ctx, u.String())
}

// add notes a figure and says it at once, as a run takes minutes.
func (b *benchImport) add(list ...check) {
	for _, c := range list {
		fmt.Printf("… %s: %s %s\n", c.what, figure(c.measured), c.unit)
	}
	b.checks = append(b.checks, list...)
}
