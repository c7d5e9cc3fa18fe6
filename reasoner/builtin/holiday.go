package builtin

import "time"

// holidays are the days that have names, in any year. Of names that begin with
// one another the longer comes first.
var holidays = []struct {
	said []string
	name string
	at   func(year int) time.Time
}{
	{[]string{"christmas eve"}, "Christmas Eve", fixed(time.December, 24)},
	{[]string{"christmas day", "christmas", "xmas"}, "Christmas Day", fixed(time.December, 25)},
	{[]string{"boxing day"}, "Boxing Day", fixed(time.December, 26)},
	{[]string{"new years eve", "new year eve"}, "New Year's Eve", fixed(time.December, 31)},
	{[]string{"new years day", "new years", "new year day", "new year"}, "New Year's Day", fixed(time.January, 1)},
	{[]string{"valentines day", "valentine day", "valentines"}, "Valentine's Day", fixed(time.February, 14)},
	{[]string{"saint patricks day", "st patricks day", "saint patrick day"}, "Saint Patrick's Day", fixed(time.March, 17)},
	{[]string{"april fools day", "april fools", "april fool day"}, "April Fools' Day", fixed(time.April, 1)},
	{[]string{"independence day"}, "Independence Day", fixed(time.July, 4)},
	{[]string{"bastille day"}, "Bastille Day", fixed(time.July, 14)},
	{[]string{"halloween"}, "Halloween", fixed(time.October, 31)},
	{[]string{"bonfire night", "guy fawkes night"}, "Bonfire Night", fixed(time.November, 5)},
	{[]string{"thanksgiving day", "thanksgiving"}, "Thanksgiving", thanksgiving},
	{[]string{"good friday"}, "Good Friday", fromEaster(-2)},
	{[]string{"easter monday"}, "Easter Monday", fromEaster(1)},
	{[]string{"easter sunday", "easter day", "easter"}, "Easter Sunday", fromEaster(0)},
	{[]string{"ash wednesday"}, "Ash Wednesday", fromEaster(-46)},
	{[]string{"shrove tuesday", "pancake day"}, "Shrove Tuesday", fromEaster(-47)},
	{[]string{"palm sunday"}, "Palm Sunday", fromEaster(-7)},
	{[]string{"ascension day"}, "Ascension Day", fromEaster(39)},
	{[]string{"pentecost", "whit sunday"}, "Pentecost", fromEaster(49)},
}

func fixed(m time.Month, d int) func(int) time.Time {
	return func(year int) time.Time { return dateOf(year, m, d) }
}

func fromEaster(days int) func(int) time.Time {
	return func(year int) time.Time { return easter(year).AddDate(0, 0, days) }
}

// thanksgiving is the fourth Thursday of November (United States).
func thanksgiving(year int) time.Time {
	first := dateOf(year, time.November, 1)
	return first.AddDate(0, 0, (int(time.Thursday)-int(first.Weekday())+7)%7+21)
}

// easter is Easter Sunday by the anonymous Gregorian computus (Nature, 20 April
// 1876; also in Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return dateOf(year, time.Month(month), day)
}

// holiday reads a named day and its year.
func (r *dateReader) holiday() (day, bool) {
	start := r.i
	next := r.any("next")
	last := !next && r.any("last")
	if !next && !last {
		r.any("the", "this")
	}
	for _, h := range holidays {
		if !r.any(h.said...) {
			continue
		}
		at := func(year int) day {
			return day{date: h.at(year), name: h.name, holiday: true}
		}
		past := r.past
		r.past = past && !next || last
		d, ok := r.inYear(at)
		r.past = past
		if ok {
			return d, true
		}
	}
	r.i = start
	return day{}, false
}
