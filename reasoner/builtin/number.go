package builtin

import (
	"math/big"
	"strings"
)

// units are the number words below twenty, tens those above.
var (
	units = map[string]int64{
		"zero": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
		"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
		"seventeen": 17, "eighteen": 18, "nineteen": 19,
	}
	tens = map[string]int64{
		"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
	}
	// scales are powers of ten (short scale), the dozen apart.
	scales = map[string]int64{
		"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "quadrillion": 15, "quintillion": 18,
		"sextillion": 21, "septillion": 24, "octillion": 27, "nonillion": 30, "decillion": 33, "undecillion": 36,
	}
	// soundalikes are words that recognisers write for numbers.
	soundalikes = map[string]int64{"for": 4, "fore": 4, "to": 2, "too": 2, "won": 1, "ate": 8, "oh": 0, "tree": 3, "free": 3, "nein": 9}
	ordinals    = map[string]int64{
		"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
		"tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
		"seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40,
		"fiftieth": 50, "hundredth": 100, "thousandth": 1000,
	}
)

// reading says how far a parser may stretch what it reads.
type reading struct {
	// soundalikes lets "for" be a four, "one twenty" a hundred and twenty and
	// the like: only tried when a plain reading makes no sense.
	lenient bool
	// splitAnd ends a number at "and": "the sum of a hundred and five" has
	// two numbers then.
	splitAnd bool
}

// number is a literal: its value and whether it was said as a fraction.
type number struct {
	value    *big.Rat
	fraction bool
}

// number reads a non-negative number in words, figures or both: "a hundred and
// twenty", "3.2 million", "three point one four", "two and a half", "2/3" as
// one number only within "1 2/3".
func (c *cursor) number(how reading) (number, bool) {
	if f, ok := c.fraction(); ok {
		// "Half a million", "a quarter of a million" are left to "of".
		if c.peek(0).text == "a" && f.Cmp(half) == 0 {
			if s, n := scale(c.peek(1).text); n {
				c.i += 2
				return number{value: new(big.Rat).Mul(f, s)}, true
			}
		}
		return number{f, true}, true
	}
	v, ok := c.decimal(how)
	if !ok {
		return number{}, false
	}
	if f, ok := c.mixedPart(v, how); ok {
		v = new(big.Rat).Add(v, f)
	}
	for { // "2.5 million", "two and a half thousand"
		s, ok := scale(c.peek(0).text)
		if !ok || s.Cmp(dozen) == 0 {
			return number{value: v}, true
		}
		c.i++
		v = new(big.Rat).Mul(v, s)
	}
}

var (
	half  = big.NewRat(1, 2)
	dozen = big.NewRat(12, 1)
)

// scale is the factor that a word like "million" stands for.
func scale(word string) (*big.Rat, bool) {
	switch word {
	case "hundred":
		return big.NewRat(100, 1), true
	case "dozen":
		return dozen, true
	}
	if e, ok := scales[word]; ok {
		return new(big.Rat).SetInt(pow10(e)), true
	}
	return nil, false
}

func pow10(e int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(e), nil) }

var one = big.NewRat(1, 1)

// decimal reads a whole number and what follows a spoken point.
func (c *cursor) decimal(how reading) (*big.Rat, bool) {
	start := c.i
	whole, ok := c.whole(how)
	if !ok {
		whole = new(big.Rat)
	}
	if c.peek(0).text != "point" || !whole.IsInt() {
		return whole, ok
	}
	c.i++
	digits := c.digits()
	if digits == "" {
		c.i = start
		return nil, false
	}
	frac, _ := new(big.Rat).SetString("0." + digits)
	return frac.Add(frac, whole), true
}

// digits reads the places behind a spoken point: "one four", "oh five", "14",
// "twenty five".
func (c *cursor) digits() string {
	var b strings.Builder
	for {
		t := c.peek(0)
		u, small := units[t.text]
		ten, isTens := tens[t.text]
		switch {
		case t.num != nil && t.num.IsInt() && !t.ordinal && !strings.ContainsAny(t.text, "/."):
			b.WriteString(t.text)
		case t.text == "oh" || t.text == "o":
			b.WriteByte('0')
		case small:
			b.WriteString(big.NewInt(u).String())
		case isTens:
			if u := units[c.peek(1).text]; u > 0 && u < 10 {
				ten += u
				c.i++
			}
			b.WriteString(big.NewInt(ten).String())
		default:
			return b.String()
		}
		c.i++
	}
}

// whole reads groups below a thousand, each with its scale, the scales falling:
// "three million two hundred thousand and five".
func (c *cursor) whole(how reading) (*big.Rat, bool) {
	total := new(big.Rat)
	last := int64(1 << 40) // the exponent of the scale before
	for first := true; ; first = false {
		start := c.i
		if !first && !how.splitAnd && c.phrase("and") {
			here := c.i
			if _, ok := c.fraction(); ok { // "a thousand and two thirds"
				c.i = start
				return total, true
			}
			c.i = here
		}
		group, ok := c.group(how, first)
		if !ok {
			c.i = start
			return total, !first
		}
		e, scaled := scales[c.peek(0).text]
		fits := e < last && (first || group.Cmp(new(big.Rat).SetInt(pow10(last-e))) < 0)
		if !fits {
			c.i = start
			return total, true
		}
		if scaled {
			c.i++
			group.Mul(group, new(big.Rat).SetInt(pow10(e)))
		}
		total.Add(total, group)
		if !scaled {
			return total, true
		}
		last = e
	}
}

// group reads a number below a thousand in words, "twelve hundred", "a" before
// a scale, or any number in figures. In lenient reading also "one twenty".
func (c *cursor) group(how reading, first bool) (*big.Rat, bool) {
	t := c.peek(0)
	if t.num != nil && !t.ordinal && !strings.Contains(t.text, "/") {
		c.i++
		v := new(big.Rat).Set(t.num)
		if c.peek(0).text == "hundred" {
			c.i++
			v.Mul(v, big.NewRat(100, 1))
			if rest, ok := c.below100After(how); ok {
				v.Add(v, big.NewRat(rest, 1))
			}
		}
		return v, true
	}
	n, ok := c.below100(how)
	if !ok {
		next := t.text
		if next == "a" {
			next = c.peek(1).text
		}
		_, scaled := scales[next]
		switch {
		case next == "hundred" || next == "dozen" || (scaled && first):
			n = 1
		default:
			return nil, false
		}
		if t.text == "a" {
			c.i++
		}
		if next == "dozen" {
			c.i++
			return new(big.Rat).Set(dozen), true
		}
	}
	switch {
	case c.peek(0).text == "hundred":
		c.i++
		n *= 100
		if rest, ok := c.below100After(how); ok {
			n += rest
		}
	case how.lenient && ok && n > 0 && n < 10 && !c.peek(0).pause:
		if rest, ok := c.below100(reading{}); ok && rest >= 10 {
			n = n*100 + rest
		}
	}
	return big.NewRat(n, 1), true
}

// below100After reads what follows "hundred", with or without "and". Figures
// count too ("a hundred and 20"), but not "a hundred and two thirds".
func (c *cursor) below100After(how reading) (int64, bool) {
	start := c.i
	if !how.splitAnd {
		c.phrase("and")
	}
	here := c.i
	if _, ok := c.fraction(); ok {
		c.i = start
		return 0, false
	}
	c.i = here
	n, ok := c.below100(how)
	if t := c.peek(0); !ok && here > start && t.num != nil && t.num.IsInt() && !t.ordinal && t.num.Cmp(big.NewRat(100, 1)) < 0 {
		c.i++
		return t.num.Num().Int64(), true
	}
	if !ok {
		c.i = start
	}
	return n, ok
}

// below100 reads "seven", "seventeen", "seventy", "seventy seven".
func (c *cursor) below100(how reading) (int64, bool) {
	if n, ok := c.unit(how); ok {
		return n, true
	}
	n, ok := tens[c.peek(0).text]
	if !ok {
		return 0, false
	}
	c.i++
	start := c.i
	if c.peek(0).pause { // "twenty, five and ten"
		return n, true
	}
	if u, ok := c.unit(how); ok && u > 0 && u < 10 {
		return n + u, true
	}
	c.i = start
	return n, true
}

// unit reads one word below twenty.
func (c *cursor) unit(how reading) (int64, bool) {
	w := c.peek(0).text
	n, ok := units[w]
	if !ok && how.lenient {
		n, ok = soundalikes[w]
		// "Two to the power of" is no twenty-two.
		ok = ok && (w != "to" || c.peek(1).text != "the")
	}
	if ok {
		c.i++
	}
	return n, ok
}

// ordinal reads "4th", "fourth", "twenty first", up to 31st and beyond.
func (c *cursor) ordinal() (int64, bool) {
	t := c.peek(0)
	if t.num != nil && t.ordinal && t.num.IsInt() && t.num.Num().IsInt64() {
		c.i++
		return t.num.Num().Int64(), true
	}
	if n, ok := ordinals[t.text]; ok {
		c.i++
		return n, true
	}
	if n, ok := tens[t.text]; ok {
		if u, ok := ordinals[c.peek(1).text]; ok && u < 10 {
			c.i += 2
			return n + u, true
		}
	}
	return 0, false
}
