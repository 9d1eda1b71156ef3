package importer

import "regexp"

// notes are the findings that changed nothing: they tell of what files have besides
// articles and threads, and of what could not be had.
var notes = regexp.MustCompile(`^(From here on \S+ times more: )?(` +
	`.+ (left as text|not taken over)` +
	`|E-mail addresses are kept only as .+` +
	`|.+, being no (article|part of a discussion)` +
	`|.+ told of only here` +
	`|The source has lost this comment; it stays here` +
	`|It answers another comment at the source now; its place here stays` +
	`|Its article has more than .+: one that was edited counts as new` +
	`|It is written in “.+”, which is kept as typed` +
	`|.+ stood only in the folder that was saved with the page` +
	`|.+(could be fetched|were fetched|not fetched| pages were)` +
	`|There are .+ comments, but the feed has only .+` +
	`|The comments are spread over several pages; .+` +
	`|Comments were shown by a script of .+` +
	`|The page says it has .+` +
	`|The file does not name the old site’s host.+` +
	`)\.$`)

// IsNote tells whether the reason of a finding that is neither refused nor a conflict
// says something without anything having been put right.
func IsNote(reason string) bool { return notes.MatchString(reason) }
