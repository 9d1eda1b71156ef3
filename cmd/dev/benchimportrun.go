package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// imported is what one run of the program's import did and cost.
type imported struct {
	Report   importer.Report
	wall     time.Duration // of the whole process
	own      time.Duration // CPU of the process
	database time.Duration // CPU of PostgreSQL meanwhile
	peak     int64         // resident memory, bytes
}

// refusedExit is how the program ends when it left records out.
const refusedExit = 2

func (b *benchImport) runFile(ctx context.Context, db, file string, flags ...string) (imported, error) {
	return b.run(ctx, db, nil, append(flags, file)...)
}

// run imports with the program itself, in a process of its own.
func (b *benchImport) run(ctx context.Context, db string, in io.Reader, args ...string) (out imported, err error) {
	cmd := exec.CommandContext(ctx, b.program, append([]string{"import", "--json"}, args...)...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+db)
	cmd.Stdin, cmd.Stderr = in, os.Stderr
	var report bytes.Buffer
	cmd.Stdout = &report
	before, start := cpuOf(processTree(b.server[0])), time.Now()
	if err := cmd.Start(); err != nil {
		return out, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := make(chan int64)
	stop := make(chan struct{})
	go func() { peak <- watchPeak(cmd.Process.Pid, stop) }()
	err = <-ended
	close(stop)
	out.peak, out.wall = <-peak, time.Since(start)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && (exit.ExitCode() == refusedExit || exit.ExitCode() == 1) && report.Len() > 0 {
		err = nil
	}
	if err != nil {
		return out, fmt.Errorf("import: %w", err)
	}
	out.own = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	out.database = cpuOf(processTree(b.server[0])) - before
	return out, json.Unmarshal(report.Bytes(), &out.Report)
}

// watchPeak gives the most memory that a process held until it ended. The
// kernel's own figure at its end is of no use: it begins with that of the process
// that started it.
func watchPeak(pid int, stop <-chan struct{}) (peak int64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		peak = max(peak, memoryLine(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:"))
		select {
		case <-stop:
			return peak
		case <-tick.C:
		}
	}
}

// generated is a site that is written while it is read.
func generated(site string, write func(*wxrMaker)) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 1<<18)
		m := newWXRMaker(out, site)
		write(m)
		m.end()
		w.CloseWithError(out.Flush()) //nolint:errcheck // it never fails
	}()
	return r
}

// memoryOfSize imports a site of so many bytes.
func (b *benchImport) memoryOfSize(ctx context.Context, bytes int64) error {
	db, err := b.database(ctx, "large")
	if err != nil {
		return err
	}
	written := int64(0)
	done, err := b.run(ctx, db, generated("large.example", func(m *wxrMaker) {
		for s := range shapes(1 << 40) {
			m.item(s)
			if written = m.written; written >= bytes {
				return
			}
		}
	}), "-")
	if err != nil {
		return err
	}
	b.add(memory(fmt.Sprintf("export of %d MB in %d articles", bytes>>20, done.Report.Articles.New), done))
	return postgres.NewDatabase(ctx, b.owner, "large") // it was of some size
}

func memory(what string, done imported) check {
	n := done.Report.Comments.New + done.Report.Comments.Same
	return check{what: what + ": peak memory", measured: float64(done.peak) / (1 << 20), unit: "MB", limit: importMemory,
		note: fmt.Sprintf("%d comments in %.0f s, %.0f/s", n, done.wall.Seconds(), float64(n)/done.wall.Seconds())}
}

// memoryOfArticle imports one article of so many comments, and does so again.
func (b *benchImport) memoryOfArticle(ctx context.Context, comments int) error {
	db, err := b.database(ctx, "large")
	if err != nil {
		return err
	}
	for _, what := range []string{"one article", "one article again"} {
		done, err := b.run(ctx, db, generated("one.example", func(m *wxrMaker) { m.item(ordinary(m.random, comments)) }), "-")
		if err != nil {
			return err
		}
		b.add(memory(what, done))
	}
	return postgres.NewDatabase(ctx, b.owner, "large")
}

// bombBytes is what the compressed file of zeros unpacks to.
const bombBytes = 10_000_000_000

// bomb offers a file that grows without end.
func (b *benchImport) bomb(ctx context.Context) error {
	db, err := b.database(ctx, "bomb")
	if err != nil {
		return err
	}
	path := filepath.Join(b.top, "bomb.xml.gz")
	if err := writeBomb(path); err != nil {
		return err
	}
	done, err := b.runFile(ctx, db, path)
	if err != nil {
		return err
	}
	if len(done.Report.Refused) == 0 {
		return errors.New("the compressed file of zeros was not refused")
	}
	b.add(check{what: "10 GB of zeros, compressed, refused after", measured: done.wall.Seconds(), unit: "s", limit: bombSeconds, note: done.Report.Refused[0].Reason},
		check{what: "10 GB of zeros, compressed: peak memory", measured: float64(done.peak) / (1 << 20), unit: "MB", limit: importMemory})
	return nil
}

// writeBomb writes a gzip file that begins like an export for WordPress and goes
// on with zeros: a row of equal members, which is the same to whoever unpacks it.
func writeBomb(path string) error {
	const member = 100_000_000
	head, err := packed([]byte(`<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><title>`), 1)
	if err != nil {
		return err
	}
	zeros, err := packed(make([]byte, 1_000_000), member/1_000_000)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(head, bytes.Repeat(zeros, bombBytes/member)...), 0o644)
}

// packed is a gzip member of so many times the content.
func packed(content []byte, times int) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range times {
		if _, err := z.Write(content); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
