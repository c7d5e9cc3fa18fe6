package text

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

var (
	isoDate   = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	slashDate = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})$`)
	isoTime   = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?$`)
)

// readDate reads dates in figures, those with slashes as the British write
// them: the day first.
func readDate(c *reading) (string, bool) {
	if m := isoTime.FindStringSubmatch(c.core); m != nil {
		day, ok1 := sayDate(isoDate.FindStringSubmatch(m[1])[1:], 0, 1, 2)
		clock, ok2 := sayTime(m[2])
		return day + " at " + clock, ok1 && ok2
	}
	if m := isoDate.FindStringSubmatch(c.core); m != nil {
		return sayDate(m[1:], 0, 1, 2)
	}
	if m := slashDate.FindStringSubmatch(c.core); m != nil {
		return sayDate(m[1:], 2, 1, 0)
	}
	return "", false
}

// sayDate reads a date of which parts holds year, month and day at the given
// places.
func sayDate(parts []string, year, month, day int) (string, bool) {
	m, _ := strconv.Atoi(parts[month])
	d, _ := strconv.Atoi(parts[day])
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return "", false
	}
	return fmt.Sprintf("the %s of %v %s", ordinal(d), time.Month(m), sayYear(parts[year])), true
}

// ordinal writes a number as espeak-ng reads ordinals.
func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// sayYear reads four figures in pairs where people do.
func sayYear(y string) string {
	n, err := strconv.Atoi(y)
	switch {
	case err != nil || len(y) != 4 || n < 1100 || n%100 == 0 || n >= 2000 && n < 2010:
		return y
	case n%100 < 10:
		return y[:2] + " oh " + y[3:]
	}
	return y[:2] + " " + y[2:]
}

var (
	fourFigures = regexp.MustCompile(`^\d{4}$`)
	decade      = regexp.MustCompile(`^'?(\d\d)?(\d)0'?s$`)
	tens        = []string{"hundreds", "tens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"}
	beforeYear  = set(`in since from until till before after around circa during year early late mid spring summer autumn
		winter between january february march april may june july august september october november december
		jan feb mar apr jun jul aug sep sept oct nov dec born`)
)

// readYear reads a year as such where its neighbours say that it is one, for
// otherwise four figures are a quantity; and decades.
func readYear(c *reading) (string, bool) {
	if m := decade.FindStringSubmatch(c.core); m != nil {
		d := int(m[2][0] - '0')
		if m[1] == "" && d < 2 {
			return "", false
		}
		return strings.TrimSpace(m[1] + " " + tens[d]), true
	}
	if !fourFigures.MatchString(c.core) {
		return "", false
	}
	before, after := strings.ToLower(c.near(-1)), c.near(1)
	if c.i > 0 && before == "" { // "23 November, 1984"
		before = plain(c.words[c.i-1].core)
		if _, err := time.Parse("January", strings.ToUpper(before[:min(1, len(before))])+before[min(1, len(before)):]); err != nil {
			return "", false
		}
	}
	named := before == "the" && after != "" && unicode.IsUpper([]rune(after)[0])
	if _, isUnit := units[after]; isUnit && loose(after) || !beforeYear[strings.TrimSuffix(before, ".")] && !named {
		return "", false
	}
	return sayYear(c.core), true
}

var clock = regexp.MustCompile(`^([01]?\d|2[0-4]):([0-5]\d)(?i:(am|pm|h)?)$`)

// readTime reads the time of the day.
func readTime(c *reading) (string, bool) {
	m := clock.FindStringSubmatch(c.core)
	if m == nil {
		return "", false
	}
	half := strings.ToLower(strings.ReplaceAll(c.near(1), ".", ""))
	glued := strings.ToLower(m[3])
	switch {
	case glued == "am" || glued == "pm" || half == "am" || half == "pm":
		spoken := m[1]
		if m[2] != "00" {
			spoken = sayClock(m[1], m[2])
		}
		if glued != "" {
			spoken += " " + glued[:1] + " m"
		}
		return spoken, true
	}
	return sayTime(m[1] + ":" + m[2])
}

func sayTime(t string) (string, bool) {
	h, m, _ := strings.Cut(t, ":")
	hours, err := strconv.Atoi(h)
	switch {
	case err != nil || hours > 24:
		return "", false
	case m == "00" && hours%24 == 0:
		return "midnight", true
	case m == "00" && hours <= 12:
		return strconv.Itoa(hours) + " o'clock", true
	case m == "00":
		return strconv.Itoa(hours) + " hundred", true
	}
	return sayClock(h, m), true
}

// sayClock reads hours and minutes that are not a full hour.
func sayClock(h, m string) string {
	if len(h) > 1 {
		h = strings.TrimPrefix(h, "0")
	}
	if m[0] == '0' {
		m = "oh " + m[1:]
	}
	return h + " " + m
}

var numberRange = regexp.MustCompile(`^([£$€]?)(\d[\d,.]*)[-–—](\d[\d,.]*)(%|[a-zA-Z°²³µ/]*)$`)

// readRange reads "10–20", "1939-45" and "5-10km".
func readRange(c *reading) (string, bool) {
	m := numberRange.FindStringSubmatch(c.core)
	if m == nil {
		return "", false
	}
	from, to, after := m[2], m[3], m[4]
	if fourFigures.MatchString(from) && (len(to) == 2 || fourFigures.MatchString(to)) && after == "" && m[1] == "" {
		return sayYear(from) + " to " + sayYear(to), true
	}
	spoken := from + " to " + to
	switch {
	case m[1] != "":
		return spoken + " " + currencies[m[1]].major.many, after == ""
	case after == "":
		return spoken, true
	}
	name, ok := unitName(after, to)
	return spoken + " " + name, ok
}
