package builtin

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// day is what a phrase like "three weeks from Friday" stands for.
type day struct {
	// date is midnight UTC of the day: days are counted without regard to
	// zones and their summer times.
	date time.Time
	// name is how a reply calls it.
	name string
	// exact says that the name holds the date itself.
	exact bool
	// weekday says that the name is a mere day of the week, holiday that it is
	// that of a holiday.
	weekday, holiday bool
	// yearly finds the day in another year, for days that recur and were
	// named without one; nil for others.
	yearly func(year int) day
}

// civil is the day of t on its own clock.
func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return dateOf(y, m, d)
}

func dateOf(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// Years that are spoken of: the Gregorian calendar begins in 1583.
const (
	minYear = 1583
	maxYear = 9999
)

// sayDate says a date without its day of the week.
func sayDate(d time.Time) string {
	return fmt.Sprintf("the %s of %s %d", ordinalFigures(d.Day()), d.Month(), d.Year())
}

// sayDay says a date with its day of the week.
func sayDay(d time.Time) string { return d.Weekday().String() + ", " + sayDate(d) }

// daysBetween counts the days from a to b.
func daysBetween(a, b time.Time) int {
	return int((b.Unix() - a.Unix()) / (24 * 60 * 60)) // a Duration holds 292 years only
}

// dateReader reads day phrases as seen from today. Past says that a recurring
// day means its last occurrence rather than its next.
type dateReader struct {
	*cursor
	today time.Time
	past  bool
	depth int
}

// day reads
//
//	day    = offset ("from" | "after" | "before") day | offset "ago" | "in" offset | simple
//	simple = "today" | ["next" | "last"] weekday | holiday [year] | date [year] | …
func (r *dateReader) day() (day, bool) {
	if r.depth++; r.depth > 4 {
		return day{}, false
	}
	defer func() { r.depth-- }()
	start := r.i
	ahead := r.any("in")
	if o, ok := r.offset(); ok {
		if d, ok := r.relative(o, ahead); ok {
			return d, true
		}
	}
	r.i = start
	if ahead {
		return day{}, false
	}
	r.any("on")
	return r.simple()
}

func inRange(d time.Time) bool { return d.Year() >= minYear && d.Year() <= maxYear }

// offset reads "three weeks", "a year and a day", "the day" (before or after).
func (r *dateReader) offset() (offset, bool) {
	if r.any("the day", "day") {
		return offset{days: 1, name: "the day"}, true
	}
	total, ok := r.offsetPart()
	for ok {
		start := r.i
		r.any("and")
		part, more := r.offsetPart()
		if !more {
			r.i = start
			break
		}
		total = offset{total.days + part.days, total.months + part.months, total.name + " and " + part.name}
	}
	return total, ok
}

// simple reads a day that is counted from nothing.
func (r *dateReader) simple() (day, bool) {
	switch {
	case r.any("the day after tomorrow"):
		return day{date: r.today.AddDate(0, 0, 2), name: "the day after tomorrow"}, true
	case r.any("the day before yesterday"):
		return day{date: r.today.AddDate(0, 0, -2), name: "the day before yesterday"}, true
	case r.any("todays date", "today", "now"):
		return day{date: r.today, name: "today"}, true
	case r.any("tomorrows date", "tomorrow", "tomorow"):
		return day{date: r.today.AddDate(0, 0, 1), name: "tomorrow"}, true
	case r.any("yesterdays date", "yesterday"):
		return day{date: r.today.AddDate(0, 0, -1), name: "yesterday"}, true
	}
	if d, ok := r.weekday(); ok {
		return d, true
	}
	if d, ok := r.holiday(); ok {
		return d, true
	}
	return r.calendarDate()
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// weekday reads a day of the week. A bare one is the next to come; "next" means
// that of the week after this one, weeks beginning on Monday.
func (r *dateReader) weekday() (day, bool) {
	start := r.i
	which, after := "", ""
	switch {
	case r.any("next"):
		which = "next "
	case r.any("last", "this past"):
		which = "last "
	case r.any("this coming", "this"):
		which = "this "
	case r.any("the"):
	}
	w := slices.Index(weekdays, r.peek(0).text)
	if w < 0 {
		r.i = start
		return day{}, false
	}
	r.i++
	ahead := (w - int(r.today.Weekday()) + 7) % 7
	monday := (int(r.today.Weekday()) + 6) % 7 // days since
	switch which {
	case "next ":
		ahead = 7 - monday + (w+6)%7
	case "last ":
		if ahead -= 7; ahead == 0 {
			ahead = -7
		}
	default:
		if ahead == 0 {
			ahead = 7
		}
		if r.any("week") { // "Friday week"
			ahead += 7
			after = " week"
		}
	}
	return day{date: r.today.AddDate(0, 0, ahead), name: which + time.Weekday(w).String() + after, weekday: true}, true
}

// month reads a month's name.
func (c *cursor) month() (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		if c.any(strings.ToLower(m.String())) {
			return m, true
		}
	}
	return 0, false
}

// calendarDate reads "the 4th of July 2027", "July 4th, 2027", "July 4 2027".
func (r *dateReader) calendarDate() (day, bool) {
	start := r.i
	m, d := time.Month(0), 0
	r.any("the")
	if n, ok := r.dayNumber(); ok {
		r.any("of")
		month, ok := r.month()
		if !ok {
			r.i = start
			return day{}, false
		}
		m, d = month, n
	} else {
		month, ok := r.month()
		if ok {
			r.any("the")
			d, ok = r.dayNumber()
		}
		if !ok {
			r.i = start
			return day{}, false
		}
		m = month
	}
	if d < 1 || d > daysIn(2024, m) {
		r.i = start
		return day{}, false
	}
	return r.inYear(func(year int) day {
		at := dateOf(year, m, d)
		return day{date: at, name: sayDate(at), exact: true}
	})
}

// dayNumber reads the day of a month: "4th", "fourth", "twenty first", "4".
func (r *dateReader) dayNumber() (int, bool) {
	start := r.i
	n, ok := r.ordinal()
	if t := r.peek(0); !ok && t.num != nil && t.num.IsInt() && t.num.Num().IsInt64() {
		n, ok = t.num.Num().Int64(), true
		r.i++
	} else if !ok {
		n, ok = r.below100(reading{})
	}
	if !ok || n < 1 || n > 31 {
		r.i = start
		return 0, false
	}
	return int(n), true
}
