package importer

import "time"

// findThread gives the first line of the thread, len(lines) where there is
// none. The title is never part of it.
//
// A list in the article looks like a thread. The thread is the list below a
// heading such as "4 Responses"; else the first whose head carries an author
// or a date; else the first with nothing behind it but the site's own lines;
// else the first that is numbered.
func findThread(lines []line, zone *time.Location) int {
	if h := heading(lines); h > 0 {
		if heads := listHeads(lines[h:], zone); len(heads) > 0 {
			return h + heads[0]
		}
	}
	heads := listHeads(lines, zone)
	for _, h := range heads {
		if isSigned(lines, h, zone) {
			return h
		}
	}
	last := lastPlain(lines)
	for _, h := range heads {
		if h > last && (lines[h].depth() == 1 || h == heads[0]) {
			return h
		}
	}
	for _, h := range heads {
		if lines[h].marker == 1 {
			return h
		}
	}
	return len(lines)
}

// heading finds the first heading of a thread with something indented below it,
// 0 where there is none.
func heading(lines []line) int {
	for i := 1; i < len(lines)-1; i++ {
		if lines[i+1].indent > 0 && isSite(lines[i], threadHeading) {
			return i
		}
	}
	return 0
}

// listHeads finds the lines that could begin a thread: a 1 or a bullet at the
// top level, or further in while there was none at the top; where that 1 is
// damaged, another number with an author or a date. One that follows a
// paragraph without a blank line counts only where no other does.
func listHeads(lines []line, zone *time.Location) []int {
	if heads := headsAfter(lines, 1, zone); len(heads) > 0 {
		return heads
	}
	return headsAfter(lines, 0, zone)
}

func headsAfter(lines []line, gap int32, zone *time.Location) []int {
	var heads []int
	top := false
	for i := 1; i < len(lines); i++ {
		l := lines[i]
		d := l.depth()
		if d < 1 || d > maxVanished+1 || (d > 1 && top) {
			continue
		}
		if l.marker != 1 && l.marker != bullet && (d > 1 || !isSigned(lines, i, zone)) {
			continue
		}
		if l.gap < gap && lines[i-1].indent == 0 && !isFurniture(lines[i-1]) {
			continue
		}
		heads = append(heads, i)
		top = top || d == 1
	}
	return heads
}

// isSigned reports whether the comment that begins at line h has an author or
// a date where one is expected.
func isSigned(lines []line, h int, zone *time.Location) bool {
	return isSays(lines[h]) || isDated(lines, h, zone)
}

// lastPlain is the last line without indent that is somebody's text.
func lastPlain(lines []line) int {
	last := 0
	for i, l := range lines {
		if isFoot(l) && i > 0 {
			break
		}
		if l.indent == 0 && !isFurniture(l) {
			last = i
		}
	}
	return last
}

// isDated reports whether the comment that begins at line h has a line of its
// own that is a date.
func isDated(lines []line, h int, zone *time.Location) bool {
	own := textIndent(lines[h].depth())
	for i, l := range lines[h:] {
		if i > 0 && l.indent < own {
			return false
		}
		if l.column() == own && isDate(l, zone) {
			return true
		}
	}
	return false
}
