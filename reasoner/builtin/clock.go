package builtin

import (
	"fmt"
	"time"

	"parley/pipeline/stage"
)

// clock answers what time it is, here or elsewhere, now or a while away.
func clock(q question) (reply, bool) {
	c := &cursor{toks: q.core}
	if r, ok := timeDifference(c, q.turn.Now); ok {
		return r, true
	}
	c.i = 0
	if !askTime(c) {
		return reply{}, false
	}
	now := q.turn.Now
	c.any(nowWords...)
	shift, shifted := timeShift(c)
	where, ok := c.place(now)
	if !ok {
		return where.unknown(), where.said != ""
	}
	c.any(nowWords...)
	if !shifted {
		shift, _ = timeShift(c)
	}
	c.any("is it", "is", "it is", "be")
	if !c.end() {
		return reply{}, false
	}
	there := now.Add(shift).In(where.zone)
	r := reply{kind: stage.Answer, value: sayTime(there), source: "clock"}
	r.text = "it is "
	switch {
	case shift > 0:
		r.text = "it will be "
	case shift < 0:
		r.text = "it was "
	}
	r.text += r.value
	if !civil(there).Equal(civil(now)) {
		r.text += " on " + there.Weekday().String()
	}
	if where.said != "" {
		r.text = "in " + where.said + " " + r.text
	}
	r.text = capital(r.text)
	return r, true
}

var nowWords = []string{"at the moment", "right now", "just now", "now", "currently", "here", "today", "please"}

// askTime reads the question up to where and when.
func askTime(c *cursor) bool {
	return c.any(
		"what time is it", "what time it is", "what is the time", "what the time is", "what time will it be", "what time was it",
		"what was the time", "what will the time be", "what is the current time", "what is the exact time", "what is the local time", "what is the time now",
		"do you have the time", "have you got the time", "have you the time", "got the time", "give me the time", "the current time",
		"the local time", "the time", "current time", "what time", "what is time", "time", "how late is it", "check the time", "what hour is it",
	)
}

// timeShift reads "in two hours", "ninety minutes ago", "half an hour from now".
func timeShift(c *cursor) (time.Duration, bool) {
	start := c.i
	ahead := c.any("in")
	d, ok := c.span()
	if ok {
		switch {
		case c.any("ago"):
			return -d, true
		case c.any("from now") || ahead:
			return d, true
		}
	}
	c.i = start
	return 0, false
}

// maxSpan bounds by how many hours or minutes the clock is turned.
const maxSpan = 2000

// span reads hours and minutes.
func (c *cursor) span() (time.Duration, bool) {
	total, ok := c.spanPart()
	for ok {
		start := c.i
		c.any("and")
		part, more := c.spanPart()
		if !more {
			c.i = start
			break
		}
		total += part
	}
	return total, ok
}

func (c *cursor) spanPart() (time.Duration, bool) {
	if c.any("half an hour") {
		return 30 * time.Minute, true
	}
	if c.any("a quarter of an hour", "quarter of an hour") {
		return 15 * time.Minute, true
	}
	n, ok := 1.0, true
	if !c.any("an", "a") {
		var lit number
		lit, ok = c.number(reading{})
		if ok {
			n, _ = lit.value.Float64()
		}
	}
	if !ok || n > maxSpan {
		return 0, false
	}
	switch {
	case c.any("hours", "hour"):
		if c.any("and a half") {
			n += 0.5
		}
		return time.Duration(n * float64(time.Hour)), true
	case c.any("minutes", "minute"):
		return time.Duration(n * float64(time.Minute)), true
	}
	return 0, false
}

// timeDifference answers "what is the time difference between London and
// Tokyo" and "how many hours ahead is Tokyo".
func timeDifference(c *cursor, now time.Time) (reply, bool) {
	var a, b place
	ok := false
	switch {
	case c.any("what is the time difference between", "what is the difference in time between", "how many hours between", "how many hours difference between", "time difference between", "the time difference between"):
		if a, ok = c.placeName(now, "and"); ok && c.any("and") {
			b, ok = c.placeName(now, "")
		}
	default:
		return reply{}, false
	}
	switch {
	case a.said != "" && a.zone == nil:
		return a.unknown(), true
	case b.said != "" && b.zone == nil:
		return b.unknown(), true
	case !ok || !c.end() || b.zone == nil:
		return reply{}, false
	}
	_, offA := now.In(a.zone).Zone()
	_, offB := now.In(b.zone).Zone()
	r := reply{kind: stage.Answer, source: "time zones"}
	d := time.Duration(offB-offA) * time.Second
	if d == 0 {
		r.text, r.value = capital(a.said)+" and "+b.said+" have the same time", "the same time"
		return r, true
	}
	ahead := "ahead of"
	if d < 0 {
		ahead, d = "behind", -d
	}
	r.value = sayHours(d)
	r.text = fmt.Sprintf("%s is %s %s %s", capital(b.said), r.value, ahead, a.said)
	return r, true
}

// sayHours says a difference between zones, which is a number of minutes.
func sayHours(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	text := ""
	if h > 0 {
		text = plural(h, "hour")
	}
	if m > 0 {
		if text != "" {
			text += " and "
		}
		text += plural(m, "minute")
	}
	return text
}

// plural counts things in figures.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(fmt.Sprint(n)) + " " + thing + "s"
}

// sayTime says a time of day.
func sayTime(t time.Time) string {
	switch h, m := t.Hour(), t.Minute(); {
	case h == 0 && m == 0:
		return "midnight"
	case h == 12 && m == 0:
		return "noon"
	case m == 0:
		return t.Format("3 PM")
	default:
		return t.Format("3:04 PM")
	}
}
