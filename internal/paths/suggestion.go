package paths

import (
	"net/url"
	"strconv"
)

// Suggestions is the page on which moderators decide what an import's source may
// have lost.
const Suggestions = Queue + "/suggestions"

// SuggestionsOf is the same for one article.
func SuggestionsOf(slug string) string { return Suggestions + "?article=" + url.QueryEscape(slug) }

// SuggestionAct is what is done about a suggestion: accept, dismiss, reopen.
func SuggestionAct(id int64, act string) string {
	return Suggestions + "/" + strconv.FormatInt(id, 10) + "/" + act
}
