package builtin

import (
	"time"
)

// inYear reads the year of a recurring day, or chooses one: the next in which
// it is to come, or the last in which it has been.
func (r *dateReader) inYear(at func(year int) day) (day, bool) {
	start := r.i
	now := r.today.Year()
	r.any("in the year", "fall in", "falls in", "in", "of")
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
