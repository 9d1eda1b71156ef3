package importer

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dateReader reads dates as pages write them for people.
type dateReader struct {
	zone *time.Location
	// monthFirst: 3/4/2019 is in March.
	monthFirst bool
}

// isoForms are those of machines.
var isoForms = append([]string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04-0700", "2006-01-02 15:04:05 -0700",
	"2006-01-02T15:04:05-07", "2006-01-02T15:04:05 -07:00", "2006-01-02 15:04", "2006-01-02T15:04:05.999", "20060102T150405Z", "20060102T150405-0700",
}, timeForms...)

// iso reads a date in the form of machines. zoned: it says its zone.
func (r *dateReader) iso(text string) (at *time.Time, zoned bool) {
	text = strings.TrimSpace(text)
	if first, _, more := strings.Cut(text, " "); more && len(first) >= 16 && strings.Contains(first, "T") {
		text = first // with seconds since 1970 behind it
	}
	if len(text) < 8 || len(text) > 40 || text[0] < '0' || text[0] > '9' {
		return nil, false
	}
	for _, form := range isoForms {
		if t, err := time.ParseInLocation(form, text, r.zone); err == nil && t.Year() > 1 {
			return utc(t), strings.Contains(form, "07") || strings.HasSuffix(form, "Z")
		}
	}
	return nil, false
}

// months are the names of the months, each in many languages.
var months = func() map[string]int {
	names := map[string]int{}
	for i, list := range []string{
		"january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari stycznia января янв ocak ledna január",
		"february feb februar feber février fevrier févr febrero febbraio fevereiro fev februari lutego lut февраля фев şubat února",
		"march mar mrz märz maerz mär mars marzo março marco maart mrt marca марта мар mart března",
		"april apr avril avr abril abr aprile kwietnia kwi апреля апр nisan dubna",
		"may mai mayo maggio mag maio mei maj maja мая mayıs května",
		"june jun juni juin junio giugno giu junho czerwca cze июня июн haziran června",
		"july jul juli juillet juil julio luglio lug julho lipca lip июля июл temmuz července",
		"august aug août aout agosto ago augustus augusti sierpnia sie августа авг ağustos srpna",
		"september sept sep septembre septiembre settembre set setembro września wrz сентября сен eylül září",
		"october oct oktober okt octobre octubre ottobre ott outubro out października paź октября окт ekim října",
		"november nov novembre noviembre novembro listopada lis ноября ноя kasım listopadu",
		"december dec dezember dez décembre déc diciembre dic dicembre dezembro grudnia gru декабря дек aralık prosince",
	} {
		for name := range strings.FieldsSeq(list) {
			names[name] = i + 1
		}
	}
	return names
}()

var (
	clockForm   = regexp.MustCompile(`(?i)\b(\d{1,2})(?:(?::|\s?h\s?)(\d{2})(?::(\d{2}))?|\.(\d{2})\s*(?:uhr|[ap]\.?m\b)|\s*uhr)?\s*([ap])?\.?(?:m\b\.?)?`)
	numericDate = regexp.MustCompile(`\b(\d{1,4})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{2,4})\b`)
	dateWord    = regexp.MustCompile(`\p{L}+|\d+`)
	zoneForm    = regexp.MustCompile(`(?:\b(?:UTC|GMT|Z)\b)?\s*([+-]\d{2}):?(\d{2})\b|\b(?:UTC|GMT)\b`)
	eastern     = regexp.MustCompile(`(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日`)
)

// maxDateText is how much of a text is looked at for a date, in bytes.
const maxDateText = 200

// read finds a date in a text. What it does not say, as in "two days ago", nobody
// knows.
func (r *dateReader) read(text string) *time.Time {
	text = text[:min(len(text), maxDateText)]
	if at, _ := r.iso(text); at != nil {
		return at
	}
	hour, minute, second, rest := clock(text)
	year, month, day := r.numeric(rest)
	if year == 0 {
		year, month, day = named(rest)
	}
	if m := eastern.FindStringSubmatch(text); m != nil {
		year, month, day = digitsOf(m[1]), digitsOf(m[2]), digitsOf(m[3])
	}
	if year < 1980 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31 {
		return nil
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, r.zoneOf(rest))
	if t.Day() != day {
		return nil
	}
	return utc(t)
}

// clock finds the time of day and gives the text without it.
func clock(text string) (hour, minute, second int, rest string) {
	for _, m := range clockForm.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		whole, half := strings.ToLower(text[m[0]:m[1]]), strings.ToLower(part(5))
		if part(2) == "" && part(4) == "" && half == "" && !strings.Contains(whole, "uhr") {
			continue
		}
		if half != "" && !strings.Contains(whole, "m") {
			continue // the beginning of another word
		}
		hour, minute, second = digitsOf(part(1)), digitsOf(part(2)+part(4)), digitsOf(part(3))
		if half == "p" && hour < 12 {
			hour += 12
		} else if half == "a" && hour == 12 {
			hour = 0
		}
		if hour < 24 && minute < 60 && second < 60 {
			return hour, minute, second, text[:m[0]] + " " + text[m[1]:]
		}
	}
	return 0, 0, 0, text
}

// numeric finds a date in numbers.
func (r *dateReader) numeric(text string) (year, month, day int) {
	m := numericDate.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, 0
	}
	a, b, c := digitsOf(m[1]), digitsOf(m[3]), digitsOf(m[4])
	switch {
	case a > 31:
		return a, b, c
	case c < 100:
		c += 2000
	}
	if m[2] != "." && (r.monthFirst && b <= 31 && a <= 12 || b > 12) {
		return c, a, b
	}
	return c, b, a
}

// named finds a date with the name of a month.
func named(text string) (year, month, day int) {
	for _, w := range dateWord.FindAllString(strings.ToLower(text), 40) {
		n := digitsOf(w)
		switch {
		case months[w] > 0 && month == 0:
			month = months[w]
		case w[0] < '0' || w[0] > '9':
		case len(w) == 4 && n >= 1980 && year == 0:
			year = n
		case len(w) <= 2 && n >= 1 && n <= 31 && day == 0:
			day = n
		case len(w) == 2 && year == 0 && day > 0 && month > 0:
			year = 2000 + n
		}
	}
	return year, month, day
}

// zoneOf is the zone that the text names, else that of the source.
func (r *dateReader) zoneOf(text string) *time.Location {
	m := zoneForm.FindStringSubmatch(text)
	switch {
	case m == nil:
		return r.zone
	case m[1] == "":
		return time.UTC
	}
	hours, minutes := digitsOf(strings.TrimLeft(m[1], "+-")), digitsOf(m[2])
	if hours > 14 || minutes > 59 {
		return r.zone // part of a date
	}
	offset := hours*3600 + minutes*60
	if m[1][0] == '-' {
		offset = -offset
	}
	return time.FixedZone("", offset)
}

// digitsOf reads digits; 0 for none.
func digitsOf(s string) int {
	n, _ := strconv.Atoi(s) //nolint:errcheck // 0 is right
	return n
}

// monthsFirst tells from the dates of a page whether 3/4/2019 is in March there:
// where one of them can be read in one way only, that is how all are meant, else
// its language decides.
func monthsFirst(lang string, dates []string) bool {
	for _, d := range dates {
		m := numericDate.FindStringSubmatch(d[:min(len(d), maxDateText)])
		if m == nil || m[2] == "." || digitsOf(m[1]) > 31 {
			continue
		}
		switch a, b := digitsOf(m[1]), digitsOf(m[3]); {
		case a > 12:
			return false
		case b > 12:
			return true
		}
	}
	lang = strings.ToLower(lang)
	return lang == "en-us" || lang == "en_us" || strings.HasPrefix(lang, "en-ph")
}

// agoForm are dates that only say how long ago something was when the page was
// shown: nobody knows from when to count.
var agoForm = regexp.MustCompile(`(?i)\b\d+\s*\S{1,10}\s+ago\b|\b(a|an|one)\s+\S{1,10}\s+ago\b|\bvor\s+(\d+|einem|einer)\s|\bil y a\s|\bhace\s+(\d+|una?)\s|\bhá\s+(\d+|uma?)\s|\s(fa|назад|geleden|temu)$|^(yesterday|today|just now|gestern|heute|hier)\b`)
