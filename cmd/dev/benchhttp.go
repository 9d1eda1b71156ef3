package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// Targets of data-and-speed.md, section 10, for whole pages.
const (
	cachedCPU    = 0.15   // seconds for 1,000 views, PostgreSQL included
	uncachedCPU  = 1.5    //
	cachedP50    = 0.2    // milliseconds, one connection
	cachedRate   = 10_000 // requests a second at 16 connections
	pageBytes    = 60_000 // compressed
	memoryBytes  = 256 << 20
	floorRatio   = 0.8 // of the requests a second of the same bytes from net/http
	wholeRequest = 2_000_000
)

// benchHTTPCmd loads a running site from outside, over raw connections, and
// prints what it did and what it cost.
type benchHTTPCmd struct {
	Base     string        `default:"http://127.0.0.1:8080" help:"The site; loopback only."`
	Paths    []string      `arg:"" optional:"" help:"Pages to load; the front page if none are named."`
	Conns    []int         `default:"1,16" help:"Numbers of connections."`
	For      time.Duration `default:"3s" help:"How long each run takes, at most 1m."`
	Name     string        `help:"An account: its pages are made afresh for each view (uncached)."`
	Password string        `help:"Its password." env:"HUSTINGS_BENCH_PASSWORD"`
	PID      int           `help:"The server's process; found by its port if not given."`
	Floor    bool          `default:"true" negatable:"" help:"Also measure net/http sending the same bytes."`
}

// run is what one run of load gave.
type run struct {
	kind     string // cached, uncached, 304, floor
	path     string
	conns    int
	requests int
	rate     float64 // a second
	p50, p99 time.Duration
	cpu      float64 // seconds for 1,000 requests
	database float64 // of these, of the server's children: PostgreSQL
	bytes    int
	encoding string
	tree     int64 // memory, bytes
	resident int64 // of the server's own process
}

// Run does every run and prints the table.
func (c *benchHTTPCmd) Run(ctx context.Context) error {
	s, err := newSite(c.Base)
	if err != nil {
		return err
	}
	if c.For > time.Minute || c.For <= 0 {
		return errors.New("a run takes between nothing and one minute")
	}
	if len(c.Paths) == 0 {
		c.Paths = []string{"/"}
	}
	if c.PID == 0 {
		c.PID = listenerOf(s.base.Port())
	}
	cookie := ""
	if c.Name != "" {
		if cookie, err = s.signIn(ctx, c.Name, c.Password); err != nil {
			return err
		}
	}
	var runs []run
	for _, path := range c.Paths {
		of, err := c.page(ctx, s, path, cookie)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		runs = append(runs, of...)
	}
	printRuns(os.Stdout, runs)
	return nil
}

// page measures one page: cached, not modified, uncached, and its floor.
func (c *benchHTTPCmd) page(ctx context.Context, s *site, path, cookie string) ([]run, error) {
	first, err := once(ctx, s, path)
	if err != nil {
		return nil, err
	}
	if first.status != http.StatusOK {
		return nil, fmt.Errorf("answered %d", first.status)
	}
	var runs []run
	for _, conns := range c.Conns {
		kinds := map[string][]string{"cached": nil}
		if first.etag != "" {
			kinds["304"] = []string{"If-None-Match: " + first.etag}
		}
		if cookie != "" {
			kinds["uncached"] = []string{"Cookie: " + cookie}
		}
		for _, kind := range []string{"cached", "304", "uncached"} {
			headers, ok := kinds[kind]
			if !ok {
				continue
			}
			r, err := c.load(ctx, s, path, conns, c.PID, headers...)
			if err != nil {
				return nil, err
			}
			r.kind, r.path = kind, path
			runs = append(runs, r)
		}
		if c.Floor {
			r, err := c.floor(ctx, first.bytes, conns)
			if err != nil {
				return nil, err
			}
			r.path = path
			runs = append(runs, r)
		}
	}
	return runs, nil
}

func once(ctx context.Context, s *site, path string) (reply, error) {
	client, err := s.dial(ctx, path)
	if err != nil {
		return reply{}, err
	}
	defer client.close()
	return client.get()
}

// load asks for a page over conns connections for the time of a run.
func (c *benchHTTPCmd) load(ctx context.Context, s *site, path string, conns, pid int, headers ...string) (run, error) {
	clients := make([]*rawClient, conns)
	for i := range clients {
		client, err := s.dial(ctx, path, headers...)
		if err != nil {
			return run{}, err
		}
		defer client.close()
		clients[i] = client
		if _, err := client.get(); err != nil { // warm: connections, pools, caches
			return run{}, err
		}
	}
	tree := processTree(pid)
	before, beforeBelow, start := cpuOf(tree), cpuOf(tree[1:]), time.Now()
	times, last, err := hammer(ctx, clients, start.Add(c.For))
	if err != nil {
		return run{}, err
	}
	took, used, usedBelow := time.Since(start), cpuOf(tree)-before, cpuOf(tree[1:])-beforeBelow
	slices.Sort(times)
	n := len(times)
	r := run{conns: conns, requests: n, rate: float64(n) / took.Seconds(), p50: times[n/2], p99: times[n*99/100],
		bytes: last.bytes, encoding: last.encoding}
	if pid != 0 {
		r.cpu, r.database = used.Seconds()*1000/float64(n), usedBelow.Seconds()*1000/float64(n)
		r.tree, r.resident = memoryOf(tree), residentOf(pid)
	}
	return r, nil
}

// hammer lets all clients ask until the time is over or wholeRequest is reached,
// and gives how long each answer took.
func hammer(ctx context.Context, clients []*rawClient, until time.Time) ([]time.Duration, reply, error) {
	var (
		mu    sync.Mutex
		all   []time.Duration
		last  reply
		first error
		group sync.WaitGroup
		left  atomic.Int64
	)
	left.Store(wholeRequest)
	for _, client := range clients {
		group.Go(func() {
			times, r, err := ask(ctx, client, until, &left)
			mu.Lock()
			defer mu.Unlock()
			all, last = append(all, times...), r
			if err != nil && first == nil {
				first = err
			}
		})
	}
	group.Wait()
	if first == nil && len(all) == 0 {
		first = errors.New("no answer came in time")
	}
	return all, last, first
}

func ask(ctx context.Context, client *rawClient, until time.Time, left *atomic.Int64) ([]time.Duration, reply, error) {
	times := make([]time.Duration, 0, 1<<16)
	var last reply
	for now := time.Now(); now.Before(until) && left.Add(-1) >= 0 && ctx.Err() == nil; {
		r, err := client.get()
		if err != nil {
			return times, r, err
		}
		if r.status != http.StatusOK && r.status != http.StatusNotModified {
			return times, r, fmt.Errorf("answered %d", r.status)
		}
		last = r
		end := time.Now()
		times = append(times, end.Sub(now))
		now = end
	}
	return times, last, ctx.Err()
}

// floor measures a process of net/http that sends as many bytes and nothing else.
func (c *benchHTTPCmd) floor(ctx context.Context, bytes, conns int) (run, error) {
	self, err := os.Executable()
	if err != nil {
		return run{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "static", fmt.Sprintf("--bytes=%d", bytes))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return run{}, err
	}
	if err := cmd.Start(); err != nil {
		return run{}, err
	}
	defer cmd.Wait() //nolint:errcheck // it is killed by cancel
	defer cancel()
	var base string
	if _, err := fmt.Fscanln(out, &base); err != nil {
		return run{}, err
	}
	s, err := newSite(base)
	if err != nil {
		return run{}, err
	}
	r, err := c.load(ctx, s, "/", conns, cmd.Process.Pid)
	r.kind = "floor"
	return r, err
}

func printRuns(w io.Writer, runs []run) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "page\tkind\tconns\treq/s\tp50 ms\tp99 ms\tCPU s/1000\tof it PostgreSQL\tbytes\tencoding\tPSS tree MB\tRSS server MB\t")
	for _, r := range runs {
		fmt.Fprintf(t, "%s\t%s\t%d\t%.0f\t%.3f\t%.3f\t%.3f\t%.3f\t%d\t%s\t%.0f\t%.0f\t\n", r.path, r.kind, r.conns, r.rate, ms(r.p50), ms(r.p99), r.cpu, r.database,
			r.bytes, r.encoding, float64(r.tree)/(1<<20), float64(r.resident)/(1<<20))
	}
	t.Flush() //nolint:errcheck // standard output
	fmt.Fprintln(w)
	printChecks(w, runChecks(runs))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// runChecks holds the runs against the targets.
func runChecks(runs []run) []check {
	var list []check
	floor := map[string]float64{}
	for _, r := range runs {
		if r.kind == "floor" {
			floor[fmt.Sprint(r.path, r.conns)] = r.rate
		}
	}
	for _, r := range runs {
		name := fmt.Sprintf("%s %s, %d conns: ", r.path, r.kind, r.conns)
		switch r.kind {
		case "cached":
			list = append(list, check{what: name + "CPU for 1,000", measured: r.cpu, unit: "s", limit: cachedCPU},
				check{what: name + "bytes", measured: float64(r.bytes), unit: "B", limit: pageBytes})
			if r.conns == 1 {
				list = append(list, check{what: name + "p50", measured: ms(r.p50), unit: "ms", limit: cachedP50})
			} else {
				list = append(list, check{what: name + "rate", measured: r.rate, unit: "/s", limit: cachedRate, atLeast: true})
			}
			if f := floor[fmt.Sprint(r.path, r.conns)]; f > 0 {
				list = append(list, check{what: name + "of net/http with the same bytes", measured: r.rate / f, limit: floorRatio, atLeast: true})
			}
		case "uncached":
			list = append(list, check{what: name + "CPU for 1,000", measured: r.cpu, unit: "s", limit: uncachedCPU},
				check{what: name + "memory of all processes", measured: float64(r.tree) / (1 << 20), unit: "MB", limit: memoryBytes >> 20})
		}
	}
	return list
}
