package builtin

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// calendar answers questions about days: which one it is, how far away another
// is, leap years and the lengths of months.
func calendar(q question) (reply, bool) {
	for _, ask := range []func(*cursor, time.Time) (reply, bool){
		leapYear, monthLength, countDays, isWeekday, whichDay, whenIs,
	} {
		if r, ok := ask(&cursor{toks: q.core}, q.turn.Now); ok {
			if r.source == "" {
				r.source = "calendar"
			}
			return r, true
		}
	}
	return reply{}, false
}

// leapYear answers "is 2028 a leap year", "when is the next leap year".
func leapYear(c *cursor, now time.Time) (reply, bool) {
	switch {
	case c.any("when is the next leap year", "what is the next leap year", "which year is the next leap year", "what year is the next leap year") && c.end():
		y := now.Year() + 1
		for !isLeap(y) {
			y++
		}
		return reply{text: fmt.Sprintf("The next leap year is %d", y), value: fmt.Sprint(y)}, true
	case c.any("when was the last leap year", "what was the last leap year", "which year was the last leap year") && c.end():
		y := now.Year() - 1
		for !isLeap(y) {
			y--
		}
		return reply{text: fmt.Sprintf("The last leap year was %d", y), value: fmt.Sprint(y)}, true
	}
	if !c.any("is", "was", "will") {
		return reply{}, false
	}
	year, ok := c.year()
	switch {
	case ok:
	case c.any("this year", "it"):
		year = now.Year()
	case c.any("next year"):
		year = now.Year() + 1
	case c.any("last year"):
		year = now.Year() - 1
	default:
		return reply{}, false
	}
	c.any("be", "going to be")
	if !c.any("a leap year", "leap year", "leap") || !c.end() {
		return reply{}, false
	}
	verb := verbFor(year, now.Year())
	r := reply{text: fmt.Sprintf("Yes, %d %s a leap year", year, verb), value: "Yes"}
	if !isLeap(year) {
		r = reply{text: fmt.Sprintf("No, %d %s not a leap year", year, verb), value: "No"}
		if year%100 == 0 {
			r.support = "Years that end a century are leap years only if 400 divides them"
		}
	}
	return r, true
}

func isLeap(y int) bool { return daysIn(y, time.February) == 29 }

func verbFor(then, now int) string {
	if then < now {
		return "was"
	}
	return "is"
}

// monthLength answers "how many days are there in February 2028".
func monthLength(c *cursor, now time.Time) (reply, bool) {
	if !c.any("how many days are there in", "how many days are in", "how many days in", "how many days does", "how many days has", "how many days did") {
		return reply{}, false
	}
	year, m, ok := now.Year(), now.Month(), true
	switch {
	case c.any("a leap year"):
		return reply{text: "A leap year has 366 days", value: "366"}, c.end()
	case c.any("a year", "a normal year", "a common year"):
		c.any("have", "has")
		return reply{text: "A year has 365 days, and a leap year 366", value: "365"}, c.end()
	case c.any("this month", "the current month"):
	case c.any("next month"):
		next := addMonths(civil(now), 1)
		year, m = next.Year(), next.Month()
	default:
		c.any("the month of")
		m, ok = c.month()
	}
	if !ok {
		whole, isYear := c.year()
		c.any("have", "has")
		if !isYear || !c.end() {
			return reply{}, false
		}
		n := dateOf(whole, time.December, 31).YearDay()
		return reply{text: fmt.Sprintf("%d has %d days", whole, n), value: fmt.Sprint(n)}, true
	}
	c.any("have in", "has in", "have", "has", "in", "of")
	y, named := c.year()
	if named {
		year = y
	} else if c.any("this year") {
		named = true
	} else if c.any("next year") {
		year, named = year+1, true
	}
	c.any("have", "has", "got")
	if !c.end() {
		return reply{}, false
	}
	n := daysIn(year, m)
	r := reply{text: fmt.Sprintf("%s has %d days", m, n), value: fmt.Sprint(n)}
	if m == time.February {
		r.text = fmt.Sprintf("February %d has %d days", year, n)
		if !named {
			r.support = "It has 29 in a leap year and 28 in all others"
		}
	}
	return r, true
}

// countDays answers "how many days until Christmas", "how many weeks between
// the 1st of March and Easter", "how long ago was …".
func countDays(c *cursor, now time.Time) (reply, bool) {
	unit := "day"
	switch {
	case c.any("how many days"):
	case c.any("how many weeks"):
		unit = "week"
	case c.any("how long", "how far", "how much time", "how far away is", "how far off is"):
	default:
		return reply{}, false
	}
	today := civil(now)
	r := &dateReader{cursor: c, today: today}
	c.any("are there", "are left", "is there", "is it", "will it be", "do we have", "do i have", "left", "to go", "more", "are we", "was it", "has it been", "have passed", "have gone by", "away", "it is", "there are")
	from, to := day{date: today, name: "today"}, day{}
	ok := false
	switch {
	case c.any("between", "from"):
		if from, ok = r.day(); ok && c.any("and", "to", "until", "till") {
			to, ok = r.day()
		} else {
			ok = false
		}
	case c.any("until", "till", "til", "to", "before", "up to"):
		to, ok = r.day()
	case c.any("since"):
		r.past = true
		to, ok = r.day()
	case c.any("ago was", "ago is"):
		r.past = true
		to, ok = r.day()
	case c.any("is", "away is", "off is"):
		to, ok = r.day()
		c.any("away", "off", "from now", "from today", "left")
	}
	c.any("left", "from now", "from today", "away", "are there", "is it")
	if !ok || !c.end() {
		return reply{}, false
	}
	if from.yearly != nil && to.yearly != nil && to.date.Before(from.date) {
		// "From June to January": the first January behind that June.
		at := to.yearly
		if to = at(from.date.Year()); to.date.Before(from.date) {
			to = at(from.date.Year() + 1)
		}
	}
	return counted(from, to, today, unit), true
}

// counted says how far two days are apart.
func counted(from, to day, today time.Time, unit string) reply {
	n := daysBetween(from.date, to.date)
	size := max(n, -n)
	count := plural(size, "day")
	if unit == "week" {
		count = plural(size/7, "week")
		if size%7 != 0 {
			count += " and " + plural(size%7, "day")
		}
	}
	r := reply{value: strings.ReplaceAll(count, ",", "")}
	switch {
	case !from.date.Equal(today):
		r.text = fmt.Sprintf("From %s to %s it is %s", from.name, to.name, count)
	case n == 0:
		r.text, r.value = capital(to.name)+" is today", "today"
	case n > 0:
		r.text = fmt.Sprintf("It is %s until %s", count, to.name)
	default:
		r.text = fmt.Sprintf("%s was %s ago", capital(to.name), count)
	}
	if !to.exact && n != 0 && from.date.Equal(today) {
		verb, said := "is ", sayDay(to.date)
		if n < 0 {
			verb = "was "
		}
		if to.weekday {
			said = sayDate(to.date)
		}
		r.support = "That " + verb + said
	}
	return r
}

// isWeekday answers "is the 4th of July 2027 a Sunday", "is today Monday".
func isWeekday(c *cursor, now time.Time) (reply, bool) {
	if !c.any("is", "was") {
		return reply{}, false
	}
	r := &dateReader{cursor: c, today: civil(now), past: c.toks[0].text == "was"}
	if c.any("it") {
		c.any("a")
		w := slices.Index(weekdays, c.peek(0).text)
		c.i++
		c.any("today")
		if w < 0 || !c.end() {
			return reply{}, false
		}
		return yesNo(day{date: r.today, name: "today"}, time.Weekday(w), r.today), true
	}
	d, ok := r.day()
	if !ok {
		return reply{}, false
	}
	c.any("on a", "a", "on", "and")
	w := slices.Index(weekdays, c.peek(0).text)
	c.i++
	if w < 0 || !c.end() {
		return reply{}, false
	}
	return yesNo(d, time.Weekday(w), r.today), true
}

func yesNo(d day, w time.Weekday, today time.Time) reply {
	verb := dayVerb(d, today)
	if d.exact {
		verb += " a"
	}
	if d.holiday {
		verb += " on a"
	}
	if d.date.Weekday() == w {
		return reply{text: fmt.Sprintf("Yes, %s %s %s", d.name, verb, w), value: "Yes"}
	}
	return reply{text: fmt.Sprintf("No, %s %s %s", d.name, verb, d.date.Weekday()), value: "No"}
}

func dayVerb(d day, today time.Time) string {
	if d.date.Before(today) {
		return "was"
	}
	return "is"
}

// whenIs answers "when is Easter", "when is Thanksgiving next year".
func whenIs(c *cursor, now time.Time) (reply, bool) {
	past := false
	switch {
	case c.any("when is", "when will", "what is the date of", "when does", "one is"):
	case c.any("when was", "one was"):
		past = true
	default:
		return reply{}, false
	}
	r := &dateReader{cursor: c, today: civil(now), past: past}
	d, ok := r.day()
	c.any("be", "fall", "celebrated")
	if !ok || !c.end() {
		return reply{}, false
	}
	return sayWhich(d, askDate, r.today), true
}
