// Command hustings serves threaded discussions under articles. Without any
// setting it brings its own database; `hustings demo` shows what it does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"hustings/internal/config"
	"hustings/internal/fetch"
	"hustings/internal/forum"

	"github.com/alecthomas/kong"
)

// Exit codes others' scripts rely on.
const (
	exitFailed = 1
	exitUsage  = 64 // EX_USAGE of sysexits.h
)

// commands is the command line. Each command is a file of its own.
type commands struct {
	Serve       serveCmd       `cmd:"" default:"1" help:"Bring the database up to date and serve the site (the default)."`
	Demo        demoCmd        `cmd:"" help:"Serve sample discussions from a data directory of their own."`
	User        userCmd        `cmd:"" help:"Make accounts, change roles and passwords."`
	Token       tokenCmd       `cmd:"" help:"Make API tokens."`
	Import      importCmd      `cmd:"" help:"Import articles with their threads."`
	Export      exportCmd      `cmd:"" help:"Write out everything, or one article: as JSON Lines, for WordPress, as pages or as mail."`
	Images      imagesCmd      `cmd:"" help:"Move the images of articles into a folder or into the database."`
	Check       checkCmd       `cmd:"" help:"Prove that what is stored holds together."`
	Migrate     migrateCmd     `cmd:"" help:"Change the database's schema, or show its state."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask the running server whether it is ready; for containers."`
	Config      configCmd      `cmd:"" help:"Show the settings in force, without secrets."`
	Version     versionCmd     `cmd:"" help:"Show the version."`
}

// app is what every command is given.
type app struct {
	ctx context.Context
	cfg config.Config
	log *slog.Logger
	in  io.Reader
	out io.Writer
	err io.Writer

	client *fetch.Client // see web
}

// exitCode ends the program with a code of its own, after everything has been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit %d", int(c)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without its ends, so that tests can call it.
func run(ctx context.Context, args []string, in io.Reader, out, stderr io.Writer) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli, kong.Name("hustings"), kong.Description("Threaded discussions under articles, as fast plain HTML."),
		kong.Writers(out, stderr), kong.Exit(func(code int) { exited = code }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, "hustings:", err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help has been shown
	}
	if err != nil {
		fmt.Fprintf(stderr, "hustings: %s. “hustings --help” lists the commands.\n", err)
		return exitUsage
	}
	a := &app{ctx: ctx, in: in, out: out, err: stderr}
	if a.cfg, err = config.Load(environment()); err != nil {
		fmt.Fprintln(stderr, "hustings:", err)
		return exitFailed
	}
	a.log = newLog(stderr, &a.cfg)
	return report(stderr, command.Run(a))
}

func environment() config.Source {
	home, _ := os.UserHomeDir() //nolint:errcheck // "" is understood as unknown
	return config.Source{Getenv: os.Getenv, ReadFile: os.ReadFile, Root: os.Geteuid() == 0, Home: home}
}

func newLog(w io.Writer, cfg *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// report says in one sentence what went wrong and gives the exit code. The cause
// goes with it only where the machine is at fault, not what was typed.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	message := err.Error()
	if e, ok := errors.AsType[*forum.Error](err); ok {
		message = e.Message()
		if e.Err != nil && e.Kind == forum.Unavailable {
			message += " (" + e.Err.Error() + ")"
		}
	}
	fmt.Fprintln(stderr, "hustings:", oneLine(message))
	return exitFailed
}

// oneLine joins the lines of what others say. Lists of our own stay as they are.
func oneLine(message string) string {
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		if i > 0 && strings.HasPrefix(line, "\t") {
			lines[i] = strings.TrimSpace(line)
		} else if i > 0 {
			return message
		}
	}
	return strings.Join(lines, " ")
}
