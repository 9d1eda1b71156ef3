package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"hustings/internal/action"
)

// redrawEvery is how often the line of progress is drawn.
const redrawEvery = 200 * time.Millisecond

// barWidth is the length of the bar in characters.
const barWidth = 24

// progressBar is the line that a terminal shows while an import is under way.
type progressBar struct {
	w     io.Writer
	start time.Time // of reading, then of writing
	drawn time.Time
	last  action.ImportProgress
	wide  int // of the line that stands there
	dry   bool
}

// newProgress gives nil where standard error is no terminal.
func newProgress(w io.Writer) *progressBar {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &progressBar{w: w, start: time.Now()}
}

// Show draws how far the import is, unless it did so a moment ago.
func (p *progressBar) Show(at action.ImportProgress) {
	now := time.Now()
	if at.Of > 0 && p.last.Of == 0 {
		p.start = now // of writing
	}
	p.last = at
	if now.Sub(p.drawn) < redrawEvery {
		return
	}
	p.drawn = now
	line := progressLine(at, now.Sub(p.start))
	if p.dry {
		line = strings.Replace(line, "Writing ", "Comparing ", 1) // nothing is written
	}
	width := len([]rune(line))
	fmt.Fprint(p.w, "\r"+line+strings.Repeat(" ", max(p.wide-width, 0)))
	p.wide = width
}

// Done takes the line away.
func (p *progressBar) Done() {
	if p != nil && p.wide > 0 {
		fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.wide)+"\r")
		p.wide = 0
	}
}

// progressLine is at most 78 characters wide.
func progressLine(at action.ImportProgress, so time.Duration) string {
	if at.Of > 0 {
		share := float64(at.Articles) / float64(at.Of)
		return fmt.Sprintf("Writing %s %d of %d articles%s", bar(share), at.Articles, at.Of, left(share, so))
	}
	read := fmt.Sprintf("%d records", at.Records)
	if at.BytesOf == 0 {
		return "Reading " + read
	}
	share := float64(at.Bytes) / float64(at.BytesOf)
	return fmt.Sprintf("Reading %s %s of %s, %.1f MB/s, %s", bar(share), megabytes(at.Bytes), megabytes(at.BytesOf),
		float64(at.Bytes)/1e6/max(so.Seconds(), 0.001), read)
}

func bar(share float64) string {
	full := min(max(int(share*barWidth), 0), barWidth)
	return "[" + strings.Repeat("#", full) + strings.Repeat(" ", barWidth-full) + "]"
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// left says how long it still takes; "" while that can't be told.
func left(share float64, so time.Duration) string {
	if share < 0.02 || so < time.Second {
		return ""
	}
	rest := time.Duration(float64(so) * (1 - share) / share)
	return ", " + rest.Round(time.Second).String() + " left"
}
