package builtin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/pipeline/stage"
)

func TestCalendar(t *testing.T) {
	for _, tc := range []struct{ question, text, value, support string }{
		// Today and near it (Monday, 23 November 2026).
		{"What day is it today?", "Today is Monday, the 23rd of November 2026", "Monday", ""},
		{"What's the date?", "Today is Monday, the 23rd of November 2026", "the 23rd of November 2026", ""},
		{"what is today's date", "Today is Monday, the 23rd of November 2026", "the 23rd of November 2026", ""},
		{"Good morning. What day is it?", "Today is Monday, the 23rd of November 2026", "Monday", ""},
		{"Can you tell me what day it is, please?", "Today is Monday, the 23rd of November 2026", "Monday", ""},
		{"What's today?", "Today is Monday, the 23rd of November 2026", "", ""},
		{"What's the date tomorrow?", "Tomorrow is Tuesday, the 24th of November 2026", "the 24th of November 2026", ""},
		{"What is tomorrow's date?", "Tomorrow is Tuesday, the 24th of November 2026", "the 24th of November 2026", ""},
		{"What day was yesterday?", "Yesterday was Sunday, the 22nd of November 2026", "Sunday", ""},
		{"what was the day before yesterday", "The day before yesterday was Saturday, the 21st of November 2026", "", ""},
		{"What month is it?", "It is November 2026", "November", ""},
		{"what year is it", "It is 2026", "2026", ""},
		{"is today Monday", "Yes, today is Monday", "Yes", ""},
		{"is tomorrow a Friday", "No, tomorrow is Tuesday", "No", ""},
		{"What day is it in Tokyo?", "In Tokyo it is Tuesday, the 24th of November 2026", "Tuesday", ""},
		{"What's a date to-morrow?", "Tomorrow is Tuesday, the 24th of November 2026", "", ""},
		{"Is to-day, Monday.", "Yes, today is Monday", "", ""},
		{"Is today and Monday?", "Yes, today is Monday", "", ""},
		{"One was Easter in 2020.", "Easter Sunday was on Sunday, the 12th of April 2020", "", ""},
		// Days of the week.
		{"What is the date on Friday?", "Friday is the 27th of November 2026", "", ""},
		{"What date is this Friday?", "This Friday is the 27th of November 2026", "", ""},
		{"What date is next Friday?", "Next Friday is the 4th of December 2026", "the 4th of December 2026", "This Friday is the 27th of November 2026"},
		{"What date is next Monday?", "Next Monday is the 30th of November 2026", "", ""},
		{"what date is monday", "Monday is the 30th of November 2026", "", ""},
		{"What date was last Friday?", "Last Friday was the 20th of November 2026", "", ""},
		{"What date was last Monday?", "Last Monday was the 16th of November 2026", "", ""},
		{"what's the date Friday week", "Friday week is the 4th of December 2026", "", ""},
		// Dates.
		{"what day of the week is the 4th of July 2027", "The 4th of July 2027 is a Sunday", "Sunday", ""},
		{"What day of the week is July 4th, 2027?", "The 4th of July 2027 is a Sunday", "Sunday", ""},
		{"What day is July 4, 2027?", "The 4th of July 2027 is a Sunday", "Sunday", ""},
		{"what day is july the fourth twenty twenty seven", "The 4th of July 2027 is a Sunday", "Sunday", ""},
		{"what day is the fourth of July two thousand and twenty seven", "The 4th of July 2027 is a Sunday", "Sunday", ""},
		{"What day of the week was July 20th, 1969?", "The 20th of July 1969 was a Sunday", "Sunday", ""},
		{"what day of the week was the twentieth of july nineteen sixty nine", "The 20th of July 1969 was a Sunday", "Sunday", ""},
		{"what day was the first of january nineteen oh one", "The 1st of January 1901 was a Tuesday", "Tuesday", ""},
		{"which day of the week was 11 November 1918", "The 11th of November 1918 was a Monday", "Monday", ""},
		{"What day will the 1st of May 2030 be?", "The 1st of May 2030 is a Wednesday", "Wednesday", ""},
		{"what weekday is may 1 2030", "The 1st of May 2030 is a Wednesday", "Wednesday", ""},
		{"What day is the 29th of February?", "The 29th of February 2028 is a Tuesday", "Tuesday", ""},
		{"What day of the week is May 1st?", "The 1st of May 2027 is a Saturday", "Saturday", ""},
		{"is the 4th of July 2027 a Sunday", "Yes, the 4th of July 2027 is a Sunday", "Yes", ""},
		{"Was the 1st of January 2000 a Friday?", "No, the 1st of January 2000 was a Saturday", "No", ""},
		// Offsets.
		{"What date is three weeks from Friday?", "Three weeks from Friday is Friday, the 18th of December 2026", "the 18th of December 2026", ""},
		{"what's the date three weeks from today", "Three weeks from today is Monday, the 14th of December 2026", "", ""},
		{"What date is it in 100 days?", "100 days from today is Wednesday, the 3rd of March 2027", "the 3rd of March 2027", ""},
		{"What day will it be in 10 days?", "Ten days from today is Thursday, the 3rd of December 2026", "Thursday", ""},
		{"what was the date two weeks ago", "Two weeks ago was Monday, the 9th of November 2026", "", ""},
		{"What date is 45 days after March 3rd 2027?", "45 days after the 3rd of March 2027 is Saturday, the 17th of April 2027", "", ""},
		{"what is the date 2 weeks before Christmas", "Two weeks before Christmas Day is Friday, the 11th of December 2026", "", ""},
		{"what date will it be in a year and a day", "One year and one day from today is Wednesday, the 24th of November 2027", "", ""},
		{"what date is a month after the 31st of January 2027", "One month after the 31st of January 2027 is Sunday, the 28th of February 2027", "", ""},
		{"what date is a fortnight from tomorrow", "One fortnight from tomorrow is Tuesday, the 8th of December 2026", "", ""},
		{"What day is the day after tomorrow?", "The day after tomorrow is Wednesday, the 25th of November 2026", "Wednesday", ""},
		{"What date is the day after Christmas?", "The day after Christmas Day is Saturday, the 26th of December 2026", "", ""},
		// Holidays.
		{"When is Christmas?", "Christmas Day is on Friday, the 25th of December 2026", "", ""},
		{"When is Easter 2027?", "Easter Sunday is on Sunday, the 28th of March 2027", "the 28th of March 2027", ""},
		{"when was Easter 2020", "Easter Sunday was on Sunday, the 12th of April 2020", "", ""},
		{"When is Easter?", "Easter Sunday is on Sunday, the 28th of March 2027", "", ""},
		{"When was Easter?", "Easter Sunday was on Sunday, the 5th of April 2026", "", ""},
		{"when is thanksgiving", "Thanksgiving is on Thursday, the 26th of November 2026", "", ""},
		{"On what day of the week does Christmas fall in 2028?", "Christmas Day is on Monday, the 25th of December 2028", "Monday", ""},
		{"What day is New Year's Day next year?", "New Year's Day is on Friday, the 1st of January 2027", "Friday", ""},
		// Counting.
		{"How many days until Christmas?", "It is 32 days until Christmas Day", "32 days", "That is Friday, the 25th of December 2026"},
		{"how many days till new year's day", "It is 39 days until New Year's Day", "39 days", ""},
		{"How many weeks until Easter?", "It is 17 weeks and 6 days until Easter Sunday", "17 weeks and 6 days", ""},
		{"how long until Friday", "It is 4 days until Friday", "4 days", "That is the 27th of November 2026"},
		{"How many days until tomorrow?", "It is 1 day until tomorrow", "1 day", ""},
		{"how many days until today", "Today is today", "", ""},
		{"how many days since new year", "New Year's Day was 326 days ago", "326 days", "That was Thursday, the 1st of January 2026"},
		{"how many days ago was the first of January", "The 1st of January 2026 was 326 days ago", "326 days", ""},
		{"How many days between March 1st and April 15th?", "From the 1st of March 2027 to the 15th of April 2027 it is 45 days", "45 days", ""},
		{"how many days between the 1st of December and the 1st of February", "From the 1st of December 2026 to the 1st of February 2027 it is 62 days", "62 days", ""},
		{"How many days from June 1st to January 10th?", "From the 1st of June 2027 to the 10th of January 2028 it is 223 days", "223 days", ""},
		{"how many days are there between the 1st of January 2024 and the 1st of January 2025", "From the 1st of January 2024 to the 1st of January 2025 it is 366 days", "366 days", ""},
		// Lengths.
		{"Is 2028 a leap year?", "Yes, 2028 is a leap year", "Yes", ""},
		{"is twenty twenty six a leap year", "No, 2026 is not a leap year", "No", ""},
		{"Was 1900 a leap year?", "No, 1900 was not a leap year", "No", "Years that end a century are leap years only if 400 divides them"},
		{"Is the year 2000 a leap year?", "Yes, 2000 was a leap year", "Yes", ""},
		{"Will 2032 be a leap year?", "Yes, 2032 is a leap year", "Yes", ""},
		{"is this year a leap year", "No, 2026 is not a leap year", "No", ""},
		{"When is the next leap year?", "The next leap year is 2028", "2028", ""},
		{"when was the last leap year", "The last leap year was 2024", "2024", ""},
		{"How many days are there in February 2028?", "February 2028 has 29 days", "29", ""},
		{"how many days does April have", "April has 30 days", "30", ""},
		{"How many days are in February?", "February 2026 has 28 days", "28", "It has 29 in a leap year and 28 in all others"},
		{"How many days does February have this year?", "February 2026 has 28 days", "28", ""},
		{"How many days are in a leap year?", "A leap year has 366 days", "366", ""},
		{"how many days are there in 2024", "2024 has 366 days", "366", ""},
	} {
		check(t, tc.question, stage.Answer, tc.text, tc.value, tc.support)
	}
}

func TestClock(t *testing.T) {
	for _, tc := range []struct{ question, text, value string }{
		{"What time is it?", "It is 3:07 PM", "3:07 PM"},
		{"What's the time, please?", "It is 3:07 PM", "3:07 PM"},
		{"Do you have the time?", "It is 3:07 PM", ""},
		{"Can you tell me what time it is right now?", "It is 3:07 PM", ""},
		{"What time is it in Tokyo?", "In Tokyo it is 12:07 AM on Tuesday", "12:07 AM"},
		{"What time is it in New York right now?", "In New York it is 10:07 AM", "10:07 AM"},
		{"what is the time in mumbai", "In Mumbai it is 8:37 PM", ""},
		{"What time is it in London, England?", "In London it is 3:07 PM", ""},
		{"What's the time in Sydney, Australia?", "In Sydney it is 2:07 AM on Tuesday", ""},
		{"what time is it in Japan", "In Japan it is 12:07 AM on Tuesday", ""},
		{"What time is it in the Hague?", "In The Hague it is 4:07 PM", ""},
		{"What time will it be in two hours?", "It will be 5:07 PM", ""},
		{"what time will it be in an hour and a half", "It will be 4:37 PM", ""},
		{"What time was it 90 minutes ago?", "It was 1:37 PM", ""},
		{"What time will it be in ten hours?", "It will be 1:07 AM on Tuesday", ""},
		{"What time will it be in Tokyo in three hours?", "In Tokyo it will be 3:07 AM on Tuesday", ""},
		{"What time will it be in 53 minutes?", "It will be 4 PM", ""},
		{"What is the time difference between London and Tokyo?", "Tokyo is 9 hours ahead of London", "9 hours"},
		{"what's the time difference between New York and India", "India is 10 hours and 30 minutes ahead of New York", ""},
		{"What's the time difference between Paris and Berlin?", "Paris and Berlin have the same time", ""},
		{"What's the time difference between Paris and Lisbon?", "Lisbon is 1 hour behind Paris", ""},
	} {
		check(t, tc.question, stage.Answer, tc.text, tc.value, "")
	}
	check(t, "What time is it in Narnia?", stage.Apology, "I don't know which time zone Narnia is in", "", "")
	check(t, "what time is it in the United States", stage.Apology, "There are several time zones in the United States; please name a city", "", "")
	for at, want := range map[int]string{0: "midnight", 12: "noon", 9: "9 AM"} {
		got := respond(t, stage.Turn{Question: "what time is it", Now: time.Date(2026, 7, 1, at, 0, 0, 0, time.UTC)})
		if v := got[0].Claims[0].Value; v != want {
			t.Errorf("%d:00 is %q, want %q", at, v, want)
		}
	}
}

// TestZones loads every zone that is named; a misspelt one would only fail when
// somebody asks for it.
func TestZones(t *testing.T) {
	seen := map[string]string{}
	for line := range strings.Lines(zonesFile) {
		zone, places, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if _, err := time.LoadLocation(zone); err != nil && zone != "*" {
			t.Error(err)
		}
		for name := range strings.SplitSeq(places, ",") {
			key := join(tokenize(name))
			if other, twice := seen[key]; twice || key == "" {
				t.Errorf("%q is in %s and in %s", name, zone, other)
			}
			seen[key] = zone
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d places", len(seen))
	}
}

// TestEaster compares with dates published by the Royal Observatory and the US
// Census Bureau, the extremes of the 19th to 21st centuries among them.
func TestEaster(t *testing.T) {
	for year, want := range map[int]string{
		1818: "22 March", 1886: "25 April", 1913: "23 March", 1943: "25 April", 1961: "2 April", 2000: "23 April", 2008: "23 March",
		2011: "24 April", 2019: "21 April", 2024: "31 March", 2025: "20 April", 2026: "5 April", 2027: "28 March", 2038: "25 April",
	} {
		if got := easter(year).Format("2 January"); got != want {
			t.Errorf("Easter %d is %s, want %s", year, got, want)
		}
	}
}

// TestDaysRoundTrip asks for the weekday of random dates in many wordings, and
// for the date so many days from today.
func TestDaysRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dateOf(1600, 1, 1).AddDate(0, 0, rapid.IntRange(0, 300_000).Draw(t, "days"))
		day, month, year := ordinalFigures(d.Day()), d.Month().String(), d.Year()
		said := rapid.SampledFrom([]string{
			fmt.Sprintf("What day of the week is the %s of %s %d?", day, month, year),
			fmt.Sprintf("What day is %s %s, %d?", month, day, year),
			fmt.Sprintf("what weekday was %s %d %d", month, d.Day(), year),
			fmt.Sprintf("what day was %d %s %d", d.Day(), month, year),
			fmt.Sprintf("On what day of the week was the %s of %s, %d?", day, month, year),
		}).Draw(t, "question")
		r := answer(newQuestion(stage.Turn{Question: said, Now: now}))
		if want := weekdayOf(d); r.kind != stage.Answer || r.value != want {
			t.Fatalf("%q: %q, want %s", said, r.text, want)
		}
		n := daysBetween(civil(now), d)
		if n < 1 {
			return
		}
		said = fmt.Sprintf("how many days until the %s of %s %d", day, month, year)
		if r := answer(newQuestion(stage.Turn{Question: said, Now: now})); r.value != plainDays(n) {
			t.Fatalf("%q: %q, want %d", said, r.text, n)
		}
		said = fmt.Sprintf("what date is it in %d days", n)
		if r := answer(newQuestion(stage.Turn{Question: said, Now: now})); r.value != sayDate(d) {
			t.Fatalf("%q: %q, want %s", said, r.text, sayDate(d))
		}
	})
}

func plainDays(n int) string { return strings.ReplaceAll(plural(n, "day"), ",", "") }

// weekdayOf is Zeller's congruence (Acta Mathematica 9, 1886), so that the
// calendar is not checked by itself.
func weekdayOf(d time.Time) string {
	q, m, y := d.Day(), int(d.Month()), d.Year()
	if m < 3 {
		m, y = m+12, y-1
	}
	k, j := y%100, y/100
	h := (q + 13*(m+1)/5 + k + k/4 + j/4 + 5*j) % 7
	return []string{"Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}[h]
}
