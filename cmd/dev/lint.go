package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// lintCmd runs the checks that read the code.
type lintCmd struct{}

// Run runs all of them, also when one fails.
func (c *lintCmd) Run(ctx context.Context) error {
	var failed []string
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{{"gofmt", unformatted}, {"go vet", vet}, {"golangci-lint", golangci}} {
		if err := step.run(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", step.name, err)
			failed = append(failed, step.name)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%s found something", strings.Join(failed, " and "))
	}
	return nil
}

func unformatted(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "gofmt", "-l", "cmd", "internal", "migrations", "web").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if len(out) > 0 {
		return errors.New("not formatted:\n" + strings.TrimSpace(string(out)))
	}
	return nil
}

func vet(ctx context.Context) error { return show(ctx, "go", "vet", "./...") }

// golangci runs the linter that .tools/go.mod names. The first time it is built,
// which takes a minute or two.
func golangci(ctx context.Context) error {
	return show(ctx, "go", "tool", "-modfile=.tools/go.mod", "golangci-lint", "run", "--allow-parallel-runners")
}

func show(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
