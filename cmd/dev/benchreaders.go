package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

const (
	readersAtOnce = 4
	readersPause  = 10 * time.Millisecond // between the answer and the next question
	readersIdle   = 6 * time.Second
	// pagesRead is how many articles are asked for in turn: more than a page kept
	// for everybody has to be made for the first time.
	pagesRead = 400
)

// readers compares how long readers of a site wait with and without an import
// into its database.
func (b *benchImport) readers(ctx context.Context, db, file string) error {
	base, stop, err := b.serve(ctx, db)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := b.read(ctx, base, 2*time.Second); err != nil { // warm
		return err
	}
	idle, err := b.read(ctx, base, readersIdle)
	if err != nil {
		return err
	}
	reading, enough := context.WithCancel(ctx)
	defer enough()
	var busy []time.Duration
	var readErr error
	var group sync.WaitGroup
	group.Go(func() { busy, readErr = b.read(reading, base, time.Hour) })
	done, err := b.runFile(ctx, db, file)
	enough()
	group.Wait()
	if err != nil {
		return err
	}
	if readErr != nil {
		return readErr
	}
	p := func(list []time.Duration, part int) time.Duration { return list[len(list)*part/100] }
	n := done.Report.Comments.New
	b.add(check{what: "readers' p99 during an import / idle", measured: ratio(p(busy, 99), p(idle, 99)), limit: readersRatio,
		note: fmt.Sprintf("p50 %s, p99 %s, worst %s; import at %.0f/s", millis(p(idle, 50), p(busy, 50)), millis(p(idle, 99), p(busy, 99)),
			millis(idle[len(idle)-1], busy[len(busy)-1]), float64(n)/done.Report.Seconds)})
	return nil
}

// serve starts the program's server on a free port.
func (b *benchImport) serve(ctx context.Context, db string) (base string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address := l.Addr().String()
	l.Close() //nolint:errcheck // the port is free again
	cmd := exec.CommandContext(ctx, b.program, "serve")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+db, "LISTEN_ADDR="+address, "LOG_LEVEL=error")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		cmd.Wait()                       //nolint:errcheck // it was asked to
	}
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close() //nolint:errcheck // nothing was sent
			return "http://" + address, stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	return "", nil, fmt.Errorf("the server does not answer on %s", address)
}

// read lets readers ask for pages until ctx ends or the time is over and gives
// how long they waited, the shortest first.
func (b *benchImport) read(ctx context.Context, base string, long time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	var (
		mu    sync.Mutex
		all   []time.Duration
		first error
		group sync.WaitGroup
	)
	for who := range readersAtOnce {
		group.Go(func() {
			times, err := readPages(ctx, base, who)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, times...)
			if first == nil {
				first = err
			}
		})
	}
	group.Wait()
	if first == nil && len(all) == 0 {
		first = fmt.Errorf("no answer from %s", base)
	}
	slices.Sort(all)
	return all, first
}

// readPages is one reader: the front page and articles in turn.
func readPages(ctx context.Context, base string, who int) (times []time.Duration, err error) {
	for i := who; ctx.Err() == nil; i += readersAtOnce {
		path := fmt.Sprintf("%s/articles/site-0-%d", base, 1+i%pagesRead)
		if i%10 == who {
			path = base + "/"
		}
		start := time.Now()
		err := readPage(ctx, path)
		if ctx.Err() != nil {
			break // whatever it ended with
		}
		if err != nil {
			return times, err
		}
		times = append(times, time.Since(start))
		select {
		case <-ctx.Done():
		case <-time.After(readersPause):
		}
	}
	return times, nil //nolint:nilerr // the last page was given up, not failed
}

func readPage(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, answer.Status)
	}
	return nil
}
