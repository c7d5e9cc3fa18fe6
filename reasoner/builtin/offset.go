package builtin

import (
	"fmt"
	"time"
)

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
