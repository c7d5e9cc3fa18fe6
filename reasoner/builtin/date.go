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
func daysBetween(a, b time.Time) int { return int(b.Sub(a).Hours() / 24) }

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

// relative reads what an offset is counted from.
func (r *dateReader) relative(o offset, ahead bool) (day, bool) {
	sign := 1
	from := "from"
	switch {
	case r.any("ago"):
		return r.shifted(o, -1, day{date: r.today}, o.name+" ago")
	case r.any("from now", "from today", "hence", "after today") || ahead && !r.any("from", "after", "before"):
		return r.shifted(o, 1, day{date: r.today}, o.name+" from today")
	case r.any("before"):
		sign, from = -1, "before"
	case r.any("after"):
		from = "after"
	case r.any("from", "on"): // "a week on Friday"
	default:
		return day{}, false
	}
	base, ok := r.day()
	if !ok {
		return day{}, false
	}
	return r.shifted(o, sign, base, o.name+" "+from+" "+base.name)
}

func (r *dateReader) shifted(o offset, sign int, base day, name string) (day, bool) {
	d := addMonths(base.date, sign*o.months).AddDate(0, 0, sign*o.days)
	return day{date: d, name: name}, inRange(d)
}

func inRange(d time.Time) bool { return d.Year() >= minYear && d.Year() <= maxYear }

// addMonths keeps to the end of a shorter month: a month after the 31st of
// January is the last day of February.
func addMonths(d time.Time, n int) time.Time {
	first := dateOf(d.Year(), d.Month(), 1).AddDate(0, n, 0)
	return first.AddDate(0, 0, min(d.Day(), daysIn(first.Year(), first.Month()))-1)
}

func daysIn(year int, m time.Month) int { return dateOf(year, m+1, 0).Day() }

// offset is a stretch of the calendar.
type offset struct {
	days, months int
	name         string
}

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

// maxOffset bounds the count of a part.
const maxOffset = 1_000_000

func (r *dateReader) offsetPart() (offset, bool) {
	start := r.i
	n := int64(1)
	switch {
	case r.any("a couple of"):
		n = 2
	case r.any("a", "an"):
	default:
		lit, ok := r.number(reading{})
		if !ok || !lit.value.IsInt() || !lit.value.Num().IsInt64() || lit.value.Num().Int64() > maxOffset {
			r.i = start
			return offset{}, false
		}
		n = lit.value.Num().Int64()
	}
	for _, u := range offsetUnits {
		if r.any(u.name, u.name+"s") {
			o := offset{days: int(n) * u.days, months: int(n) * u.months}
			if n <= 20 {
				o.name = cardinal(n) + " " + u.name
			} else {
				o.name = grouped(fmt.Sprint(n)) + " " + u.name
			}
			if n != 1 {
				o.name += "s"
			}
			return o, true
		}
	}
	r.i = start
	return offset{}, false
}

var offsetUnits = []struct {
	name         string
	days, months int
}{
	{"day", 1, 0},
	{"week", 7, 0},
	{"fortnight", 14, 0},
	{"month", 0, 1},
	{"year", 0, 12},
	{"decade", 0, 120},
	{"century", 0, 1200},
}

// simple reads a day that is counted from nothing.
func (r *dateReader) simple() (day, bool) {
	switch {
	case r.any("the day after tomorrow"):
		return day{date: r.today.AddDate(0, 0, 2), name: "the day after tomorrow"}, true
	case r.any("the day before yesterday"):
		return day{date: r.today.AddDate(0, 0, -2), name: "the day before yesterday"}, true
	case r.any("today", "now"):
		return day{date: r.today, name: "today"}, true
	case r.any("tomorrow", "tomorow"):
		return day{date: r.today.AddDate(0, 0, 1), name: "tomorrow"}, true
	case r.any("yesterday"):
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

// inYear reads the year of a recurring day, or chooses one: the next in which
// it is to come, or the last in which it has been.
func (r *dateReader) inYear(at func(year int) day) (day, bool) {
	start := r.i
	now := r.today.Year()
	r.any("in the year", "in", "of")
	year, ok := r.year()
	switch {
	case ok:
	case r.any("this year"):
		year, ok = now, true
	case r.any("next year"):
		year, ok = now+1, true
	case r.any("last year"):
		year, ok = now-1, true
	}
	if ok {
		d := at(year)
		return d, inRange(d.date) && d.date.Year() == year && !impossible(d, at)
	}
	r.i = start
	year = now
	if d := at(year).date; r.past && d.After(r.today) {
		year--
	} else if !r.past && d.Before(r.today) {
		year++
	}
	for range 8 { // the 29th of February is not in every year
		d := at(year)
		if !impossible(d, at) {
			d.yearly = at
			return d, true
		}
		if r.past {
			year--
		} else {
			year++
		}
	}
	return day{}, false
}

// impossible says whether a date rolled over into the next month: a 29th of
// February in a common year.
func impossible(d day, at func(year int) day) bool {
	leap := at(2024).date
	return leap.Month() == time.February && leap.Day() == 29 && d.date.Month() != time.February
}

// year reads a year in figures or words: "2027", "twenty twenty seven", "two
// thousand and twenty seven", "nineteen oh five".
func (c *cursor) year() (int, bool) {
	start := c.i
	c.any("the year")
	if t := c.peek(0); t.num != nil && len(t.text) == 4 && t.num.IsInt() && !t.ordinal {
		c.i++
		return inYears(int(t.num.Num().Int64()))
	}
	if first, ok := c.below100(reading{}); ok && first >= 15 {
		if c.any("oh", "o") {
			if n, ok := c.unit(reading{}); ok && n < 10 {
				return inYears(int(first*100 + n))
			}
		} else if c.any("hundred") {
			return inYears(int(first * 100))
		} else if n, ok := c.below100(reading{}); ok && n >= 10 {
			return inYears(int(first*100 + n))
		}
	}
	c.i = start
	c.any("the year")
	if v, ok := c.whole(reading{}); ok && v.IsInt() && v.Num().IsInt64() {
		if y, ok := inYears(int(min(v.Num().Int64(), maxYear+1))); ok && y >= 1000 {
			return y, true
		}
	}
	c.i = start
	return 0, false
}

func inYears(y int) (int, bool) { return y, y >= minYear && y <= maxYear }
