package builtin

import (
	"fmt"
	"strings"
	"time"
)

// What is asked of a day.
type aspect int

const (
	askWeekday aspect = iota
	askDate
	askMonth
	askYear
)

// whichDay answers "what day is it", "what's the date tomorrow", "what day of
// the week is the 4th of July 2027", "what date is three weeks from Friday".
func whichDay(c *cursor, now time.Time) (reply, bool) {
	c.any("on", "check")
	what, ok := askedAspect(c)
	if !ok {
		return reply{}, false
	}
	r := &dateReader{cursor: c, today: civil(now)}
	// The verb may stand before the day or, in an indirect question, behind it.
	switch {
	case c.any("was it", "was", "did"):
		r.past = true
	case c.any("is it", "it is", "will it be", "it will be", "are we on", "are we in", "is", "will", "does", "do we have", "of", "for", "it was"):
	}
	start := c.i
	d, ok := r.day()
	if !ok {
		c.i = start
		d = day{date: r.today, name: "today"}
	}
	c.any("is it", "is", "was", "be", "fall on", "fall", "falls on", "falls", "on", "land on", "it is")
	c.any(nowWords...)
	if !c.end() {
		where, known := c.place(now)
		if !known || where.said == "" || !c.end() || ok {
			return reply{}, false
		}
		there := civil(now.In(where.zone))
		return sayWhich(day{date: there, name: "in " + where.said + " it"}, what, there), true
	}
	return sayWhich(d, what, r.today), true
}

// askedAspect reads what is asked, up to the verb or the day.
func askedAspect(c *cursor) (aspect, bool) {
	// "What is today", "what was the day before yesterday".
	start := c.i
	c.any("what is", "what was", "what")
	here := c.i
	if c.any("today", "tomorrow", "yesterday", "the day before", "the day after", "todays date", "tomorrows date", "yesterdays date") {
		c.i = here
		return askDate, true
	}
	c.i = start
	switch {
	case c.any("what day of the week", "which day of the week", "what weekday", "which weekday", "what day of week", "the day of the week", "what is the day of the week", "what was the day of the week"):
		return askWeekday, true
	case c.any("what day of the month", "what date", "which date", "what ate", "what is the date today", "what is the current date", "what is the date", "what is a date", "what was the date", "what will the date", "what will be the date", "the date today", "the date", "what is date", "what the date", "what is the day and date"):
		return askDate, true
	case c.any("what month", "which month", "what is the month", "what is the current month", "the month"):
		return askMonth, true
	case c.any("what year", "which year", "what is the year", "what is the current year", "the year", "the current year"):
		return askYear, true
	case c.any("what day", "which day", "what is the day", "what was the day", "the day", "what is the current day"):
		return askWeekday, true
	}
	return 0, false
}

// sayWhich says of a day what was asked.
func sayWhich(d day, what aspect, today time.Time) reply {
	verb := dayVerb(d, today)
	name := capital(d.name)
	if d.holiday {
		verb += " on"
	}
	switch {
	case what == askMonth:
		if d.date.Equal(today) {
			return reply{text: fmt.Sprintf("It is %s %d", d.date.Month(), d.date.Year()), value: d.date.Month().String()}
		}
		return reply{text: fmt.Sprintf("%s %s in %s %d", name, verb, d.date.Month(), d.date.Year()), value: d.date.Month().String()}
	case what == askYear && d.date.Equal(today):
		return reply{text: fmt.Sprintf("It is %d", d.date.Year()), value: fmt.Sprint(d.date.Year())}
	case what == askYear:
		return reply{text: fmt.Sprintf("%s %s in %d", name, verb, d.date.Year()), value: fmt.Sprint(d.date.Year())}
	case d.weekday:
		r := reply{text: fmt.Sprintf("%s %s %s", name, verb, sayDate(d.date)), value: sayDate(d.date)}
		if coming := d.date.AddDate(0, 0, -7); strings.HasPrefix(d.name, "next ") && coming.After(today) {
			r.support = fmt.Sprintf("This %s is %s", coming.Weekday(), sayDate(coming))
		}
		return r
	case what == askDate && !d.exact:
		return reply{text: fmt.Sprintf("%s %s %s", name, verb, sayDay(d.date)), value: sayDate(d.date)}
	case !d.exact:
		return reply{text: fmt.Sprintf("%s %s %s", name, verb, sayDay(d.date)), value: d.date.Weekday().String()}
	default:
		return reply{text: fmt.Sprintf("%s %s a %s", name, verb, d.date.Weekday()), value: d.date.Weekday().String()}
	}
}
