package score

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	money    = regexp.MustCompile(`([$£€])\s?(\d[\d,]*(?:\.\d+)?)(\s(?:hundred|thousand|million|billion|trillion)\b)?`)
	percent  = regexp.MustCompile(`(\d)\s?%`)
	clock    = regexp.MustCompile(`\b(\d{1,2}):(\d\d)\b`)
	grouped  = regexp.MustCompile(`\b\d{1,3}(?:,\d{3})+\b`)
	ordinal  = regexp.MustCompile(`\b(\d+)(?:st|nd|rd|th)\b`)
	decimal  = regexp.MustCompile(`(\d+)\.(\d+)`)
	integer  = regexp.MustCompile(`\d+`)
	currency = map[string]string{"$": "dollars", "£": "pounds", "€": "euros"}
)

// figures writes all numbers out.
func figures(s string) string {
	s = money.ReplaceAllStringFunc(s, func(m string) string {
		part := money.FindStringSubmatch(m)
		unit := currency[part[1]]
		if part[2] == "1" && part[3] == "" {
			unit = strings.TrimSuffix(unit, "s")
		}
		return part[2] + part[3] + " " + unit
	})
	// Nobody writes a comma into a year.
	s = grouped.ReplaceAllStringFunc(s, func(n string) string {
		n = strings.ReplaceAll(n, ",", "")
		v, err := strconv.ParseInt(n, 10, 64)
		if err != nil || len(n) > maxFigures {
			return digits(n)
		}
		return words(v)
	})
	s = percent.ReplaceAllString(s, "$1 percent")
	s = clock.ReplaceAllStringFunc(s, func(m string) string {
		hour, minute, _ := strings.Cut(m, ":")
		switch {
		case minute == "00":
			return hour + " "
		case minute[0] == '0':
			return hour + " oh " + minute[1:]
		default:
			return hour + " " + minute
		}
	})
	s = ordinal.ReplaceAllStringFunc(s, func(m string) string {
		return " " + ordinalWords(cardinal(m[:len(m)-2])) + " "
	})
	s = decimal.ReplaceAllStringFunc(s, func(m string) string {
		whole, part, _ := strings.Cut(m, ".")
		return " " + cardinal(whole) + " point " + digits(part) + " "
	})
	return integer.ReplaceAllStringFunc(s, func(m string) string { return " " + cardinal(m) + " " })
}

var (
	small = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens  = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
	large = []struct {
		value int64
		name  string
	}{{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}, {1e3, "thousand"}, {100, "hundred"}}
)

// maxFigures is how many figures are read as one number.
const maxFigures = 15

// cardinal reads figures out; 1100 to 1999 and 2010 to 2099 as years are read.
func cardinal(figures string) string {
	n, err := strconv.ParseInt(figures, 10, 64)
	if err != nil || len(figures) > maxFigures || len(figures) > 1 && figures[0] == '0' {
		return digits(figures)
	}
	if century, year := n/100, n%100; century >= 11 && century <= 19 || century == 20 && year >= 10 {
		switch {
		case year == 0:
			return words(century) + " hundred"
		case year < 10:
			return words(century) + " oh " + words(year)
		default:
			return words(century) + " " + words(year)
		}
	}
	return words(n)
}

func words(n int64) string {
	for _, l := range large {
		if n >= l.value {
			s := words(n/l.value) + " " + l.name
			if n%l.value != 0 {
				s += " " + words(n%l.value)
			}
			return s
		}
	}
	if n < 20 {
		return small[n]
	}
	s := tens[n/10]
	if n%10 != 0 {
		s += " " + small[n%10]
	}
	return s
}

func digits(figures string) string {
	var out []string
	for _, d := range figures {
		out = append(out, small[d-'0'])
	}
	return strings.Join(out, " ")
}

var irregularOrdinals = map[string]string{
	"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}

// ordinalWords makes the last word of a cardinal an ordinal.
func ordinalWords(s string) string {
	at := strings.LastIndexByte(s, ' ') + 1
	last := s[at:]
	switch o, ok := irregularOrdinals[last]; {
	case ok:
		last = o
	case strings.HasSuffix(last, "y"):
		last = strings.TrimSuffix(last, "y") + "ieth"
	default:
		last += "th"
	}
	return s[:at] + last
}

var (
	scale      = set("hundred thousand million billion trillion")
	numberWord = func() map[string]bool {
		m := set(strings.Join(small, " ") + " " + strings.Join(tens[2:], " "))
		for s := range scale {
			m[s] = true
		}
		return m
	}()
)

// joinNumbers drops the "and" within a number and makes "a hundred" one hundred.
func joinNumbers(words []string) []string {
	out := words[:0:0]
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case w == "and" && i > 0 && scale[words[i-1]] && numberWord[next] && next != "zero":
		case w == "a" && scale[next]:
			out = append(out, "one")
		default:
			out = append(out, w)
		}
	}
	return out
}
