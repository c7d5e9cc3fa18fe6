package text

import (
	"strings"
	"testing"
)

// readings: what is read for a text, the readings of its words joined.
var readings = []struct{ in, want string }{
	// Markdown, emoji, addresses.
	{"**Hello** there, `code` and *emphasis* and __strong__ words.", "Hello there, code and emphasis and strong words."},
	{"# A heading", "A heading"},
	{"### Three **deep**", "Three deep"},
	{"- an item (here)", "an item here"},
	{"* an item\n* and two", "an item and two"},
	{"> quoted", "quoted"},
	{"| a | b |", "a b"},
	{"```go\nx\n```", "x"},
	{"~~gone~~ here", "gone here"},
	{"See [the guide](https://example.com/a) now.", "See the guide now."},
	{"See [it](https://example.com/a \"a title\") now.", "See it now."},
	{"![A cat](cat.png) sits.", "A cat sits."},
	{"See [this.](https://example.com/a)", "See this."},
	{"Great! 😀 Well 👍🏽 done 👨‍👩‍👧.", "Great! Well done."},
	{"Go to https://www.example.com/docs/api, now.", "Go to example dot com slash docs slash api, now."},
	{"At example.org.", "At example dot org."},
	{"https://example.com/a?b=c&d=%20", "example dot com"},
	{"Ask bob.smith@example.co.uk.", "Ask bob dot smith at example dot co dot uk."},
	{"\"Quoted,\" he said. ‘Single’ “curly”", "Quoted, he said. Single curly"},
	{"don’t it’s", "don't it's"},
	{"Wait — what—now - ok…", "Wait, what, now, ok."},
	{"He said: \"3 km\"; then left.", "He said: 3 kilometres; then left."},
	{"snake_case", "snake case"},

	// Money.
	{"£3.50", "3 pounds 50"},
	{"£3.05.", "3 pounds 5."},
	{"£1, £1.00 and £2.00", "1 pound, 1 pound and 2 pounds"},
	{"$1,234.56", "1,234 dollars 56"},
	{"€20 or 20€", "20 euros or 20 euros"},
	{"$0.99, £0.01", "99 cents, 1 penny"},
	{"$3.2 million", "3.2 million dollars"},
	{"£1m, $2bn and -£5", "1 million pounds, 2 billion dollars and minus 5 pounds"},
	{"-$5.20", "minus 5 dollars 20"},
	{"¥500", "500 yen"},

	// Sums, signs and fractions.
	{"3 × 4 = 12", "3 times 4 equals 12"},
	{"10 ÷ 2", "10 divided by 2"},
	{"2+2=4", "2 plus 2 equals 4"},
	{"5 - 3, 5 – 3, 5 − 3", "5 minus 3, 5 minus 3, 5 minus 3"},
	{"7 x 6 and 7 * 6", "7 times 6 and 7 times 6"},
	{"2^10", "2 to the power of 10"},
	{"x² + y^2 = z^2", "x squared + y squared = z squared"},
	{"10² and 4³", "10 squared and 4 cubed"},
	{"-5 degrees", "minus 5 degrees"},
	{"−3.5 and +4", "minus 3.5 and plus 4"},
	{"~5, <5, >5, ≥5", "about 5, less than 5, more than 5, at least 5"},
	{"3/4 of it", "3 quarters of it"},
	{"1 3/4 cups, 1 1/2 cups", "1 and 3 quarters cups, 1 and a half cups"},
	{"2½ and 2¾", "2 and a half and 2 and 3 quarters"},
	{"1/2, 2/3, 7/10, 22/7", "one half, 2 thirds, 7 tenths, 22 over 7"},
	{"24/7", "24 7"},
	{".5 and 0.5", "0.5 and 0.5"},
	{"50% or 50 %", "50 percent or 50 percent"},
	{"1,234,567", "1,234,567"},
	{"~12.5%, 1% and the % sign", "about 12.5 percent, 1 percent and the percent sign"},
	{"F# in C#.", "F sharp in C sharp."},
	{"100k and 5M", "100 thousand and 5 million"},
	{"10–20 pages, 3-4", "10 to 20 pages, 3 to 4"},
	{"5-10km, £5-10, 10-20%", "5 to 10 kilometres, 5 to 10 pounds, 10 to 20 percent"},
	{"#5 #tag", "number 5 hashtag tag"},

	// Units.
	{"5 km, 5km, 1 km", "5 kilometres, 5 kilometres, 1 kilometre"},
	{"1 kg, 3 kg", "1 kilogram, 3 kilograms"},
	{"60 mph, 60 km/h", "60 miles per hour, 60 kilometres per hour"},
	{"5 m², 5m³", "5 square metres, 5 cubic metres"},
	{"9.8 m/s²", "9.8 metres per second squared"},
	{"8 GB, 20ms, 3 GHz", "8 gigabytes, 20 milliseconds, 3 gigahertz"},
	{"20°C, 68 °F, −5°C, 100°", "20 degrees Celsius, 68 degrees Fahrenheit, minus 5 degrees Celsius, 100°"},
	{"5 in the morning", "5 in the morning"},
	{"5'10\"", "5 foot 10"},
	{"I am 5.", "I am 5."},

	// Dates and times.
	{"2026-11-23", "the 23rd of November 20 26"},
	{"2001-02-01, 1905-12-12", "the 1st of February 2001, the 12th of December 19 oh 5"},
	{"23/11/2026", "the 23rd of November 20 26"},
	{"2026-13-45", "2026-13-45"},
	{"in 1984", "in 19 84"},
	{"23 November 1984", "23 November 19 84"},
	{"the 1966 World Cup", "the 19 66 World Cup"},
	{"in 2003, in 1905, in 1900", "in 2003, in 19 oh 5, in 1900"},
	{"It is 1464.", "It is 1464."},
	{"in 1200 km", "in 1200 kilometres"},
	{"1939-45 and 2010–2015", "19 39 to 45 and 20 10 to 20 15"},
	{"the 1990s and the '60s", "the 19 nineties and the sixties"},
	{"at 14:05", "at 14 oh 5"},
	{"9:00, 14:00, 00:00, 09:30", "9 o'clock, 14 hundred, midnight, 9 30"},
	{"9:00 am, 10:30 p.m. today", "9 am, 10 30 p m today"},
	{"9:00am, 9:15pm", "9 a m, 9 15 p m"},
	{"5 p.m.", "5 p m."},

	// Abbreviations and the like.
	{"Fruit, e.g. apples, i.e. food, etc.", "Fruit, for example apples, that is food, et cetera."},
	{"A vs. B", "A versus B"},
	{"Dr. Smith and Mr. Jones", "Dr Smith and Mr Jones"},
	{"Prof. Lee of St. Paul lives on Baker St.", "Professor Lee of Saint Paul lives on Baker Street."},
	{"No. 5 and no.", "number 5 and no."},
	{"No. It is May.", "No. It is May."},
	{"the U.S. Army, the U.K.", "the U S Army, the U K."},
	{"J. K. Rowling has a Ph.D.", "J K Rowling has a PhD."},
	{"Feb. 3", "February 3"},
	{"R&D & more", "R&D and more"},
	{"and/or, yes/no, TCP/IP", "and or, yes or no, TCP IP"},
	{"Henry VIII, the 21st", "Henry VIII, the 21st"},
	{"Call 07700 900123 or +447700900123.", "Call 0 7 7 0 0 9 0 0 1 2 3 or plus 4 4 7 7 0 0 9 0 0 1 2 3."},
	{"192.168.0.1", "192 dot 168 dot 0 dot 1"},
	{"London → Paris", "London to Paris"},
	{"", ""},
	{"😀 — **", ""},
}

func TestSpeakable(t *testing.T) {
	for _, c := range readings {
		var parts []string
		for _, k := range Speakable(c.in) {
			if k.Spoken != "" {
				parts = append(parts, k.Spoken)
			}
		}
		if got := strings.Join(parts, " "); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}
