package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ReasonGroup is what has one reason in a list of findings.
type ReasonGroup struct {
	// Reason is the sentence that they share; where it names different things,
	// “…” stands for those.
	Reason string `json:"reason"`
	Count  int    `json:"count"`
	// Places are the first of them, at most ten. In a group with “…” those without
	// an excerpt have what they name instead.
	Places []Finding `json:"places"`
}

// maxPlaces is how many places of a group are named: enough to see what they have
// in common.
const maxPlaces = 10

var (
	// particular is what one sentence says of different things: a word in curly
	// quotes, a number that is no part of a name.
	particular = regexp.MustCompile(`“[^”]*”|\b\d+\b`)
	quotedName = regexp.MustCompile(`“[^”]*”`)
	// moreOf begins the sentence that counts what is not listed.
	moreOf = regexp.MustCompile(`^From here on (\d+) times more: `)
)

// Particulars are what the sentence of a finding names in quotes, by which it
// differs from others of its group. Numbers say nothing without their sentence.
func Particulars(reason string) string {
	return strings.Join(quotedName.FindAllString(reason, -1), " ")
}

// ByReason groups findings by their reasons, those that occur most first. What is
// only counted in a finding counts.
func ByReason(list []Finding) []ReasonGroup {
	groups := []ReasonGroup{}
	known := map[string]int{}
	for _, f := range list {
		reason, n := f.Reason, 1
		if more := moreOf.FindStringSubmatch(reason); more != nil {
			n, _ = strconv.Atoi(more[1]) //nolint:errcheck // digits
			reason = strings.TrimPrefix(reason, more[0])
		}
		pattern := particular.ReplaceAllStringFunc(reason, func(s string) string {
			if s[0] >= '0' && s[0] <= '9' {
				return "…"
			}
			return "“…”"
		})
		i, ok := known[pattern]
		if !ok {
			i, known[pattern] = len(groups), len(groups)
			groups = append(groups, ReasonGroup{Reason: reason})
		}
		g := &groups[i]
		g.Count += n
		if reason != g.Reason {
			g.Reason = pattern
		}
		if len(g.Places) < maxPlaces {
			g.Places = append(g.Places, f)
		}
	}
	for i := range groups {
		groups[i].nameParticulars()
	}
	slices.SortStableFunc(groups, func(a, b ReasonGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups
}

// nameParticulars says at the places of a group with “…” what their own sentences
// name.
func (g *ReasonGroup) nameParticulars() {
	if !strings.Contains(g.Reason, "…") {
		return
	}
	for i := range g.Places {
		if p := &g.Places[i]; p.Excerpt == "" && p.Reason != g.Reason {
			p.Excerpt = Particulars(p.Reason)
		}
	}
}
