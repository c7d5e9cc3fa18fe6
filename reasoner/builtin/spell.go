package builtin

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many places of a number are spoken.
const (
	maxExactDigits = 36 // longer whole numbers are given in powers of ten
	maxExactPlaces = 10 // decimals that end within these are given in full
	roundPlaces    = 4  // others are rounded to these
)

var unitWords = [...]string{
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
}

var tenWords = [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}

// cardinal spells 0 ≤ n < 1000 in words.
func cardinal(n int64) string {
	switch {
	case n < 20:
		return unitWords[n]
	case n < 100:
		if n%10 == 0 {
			return tenWords[n/10]
		}
		return tenWords[n/10] + "-" + unitWords[n%10]
	case n%100 == 0:
		return unitWords[n/100] + " hundred"
	default:
		return unitWords[n/100] + " hundred and " + cardinal(n%100)
	}
}

// ordinalFigures writes n like "23rd".
func ordinalFigures(n int) string {
	end := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return strconv.Itoa(n) + end
}

// figures is a number ready to be said.
type figures struct {
	// spoken is for a sentence ("minus 1,024"), written is the bare value
	// ("-1024").
	spoken, written string
	// about says that it was rounded.
	about bool
}

// write puts v into figures, rounded if it has no short exact form.
func write(v *big.Rat) figures {
	abs := new(big.Rat).Abs(v)
	if digits := len(new(big.Int).Quo(abs.Num(), abs.Denom()).String()); digits > maxExactDigits {
		return scientific(v)
	}
	if places, exact := abs.FloatPrec(); exact && places <= maxExactPlaces {
		return sign(v, grouped(abs.FloatString(places)), false)
	}
	places := roundPlaces
	if abs.Cmp(one) < 0 {
		// As many significant places as a rounded number above 1 has.
		for limit := big.NewRat(1, 10); abs.Cmp(limit) < 0; limit.Mul(limit, big.NewRat(1, 10)) {
			if places++; places > maxExactPlaces+roundPlaces {
				return scientific(v)
			}
		}
	}
	return sign(v, grouped(trimZeros(abs.FloatString(places))), true)
}

// sign makes figures of a number without its sign.
func sign(v *big.Rat, digits string, about bool) figures {
	f := figures{spoken: digits, written: strings.ReplaceAll(digits, ",", ""), about: about}
	if v.Sign() < 0 {
		f.spoken, f.written = "minus "+f.spoken, "-"+f.written
	}
	return f
}

// scientific writes v as a few digits times a power of ten.
func scientific(v *big.Rat) figures {
	abs := new(big.Rat).Abs(v)
	e := len(abs.Num().String()) - len(abs.Denom().String())
	m := new(big.Rat).Set(abs)
	if e >= 0 {
		m.Quo(m, new(big.Rat).SetInt(pow10(int64(e))))
	} else {
		m.Mul(m, new(big.Rat).SetInt(pow10(int64(-e))))
	}
	if m.Cmp(one) < 0 {
		m.Mul(m, big.NewRat(10, 1))
		e--
	}
	mantissa := m.FloatString(roundPlaces)
	if strings.HasPrefix(mantissa, "10") { // 9.99999 rounds up
		mantissa = "1.0"
		e++
	}
	mantissa = trimZeros(mantissa)
	exponent := strconv.Itoa(e)
	if e < 0 {
		exponent = "minus " + strconv.Itoa(-e)
	}
	rounded, _ := new(big.Rat).SetString(mantissa + "e" + strconv.Itoa(e))
	f := sign(v, mantissa+" times 10 to the power of "+exponent, rounded.Cmp(abs) != 0)
	f.written = f.spoken
	return f
}

func trimZeros(digits string) string {
	if !strings.Contains(digits, ".") {
		return digits
	}
	return strings.TrimSuffix(strings.TrimRight(digits, "0"), ".")
}

// grouped puts commas into the whole part of figures.
func grouped(digits string) string {
	whole, places, point := strings.Cut(digits, ".")
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if point {
		b.WriteString("." + places)
	}
	return b.String()
}

// fractionWords says a fraction with a small denominator ("ten thirds" as
// "three and one third"), or any other as "355 over 113".
func fractionWords(v *big.Rat) string {
	minus := ""
	abs := new(big.Rat).Abs(v)
	if v.Sign() < 0 {
		minus = "minus "
	}
	whole, rest := new(big.Int).QuoRem(abs.Num(), abs.Denom(), new(big.Int))
	part := denominatorWord(abs.Denom(), rest)
	if part == "" || !whole.IsInt64() || whole.Int64() >= 1000 {
		return minus + grouped(abs.Num().String()) + " over " + grouped(abs.Denom().String())
	}
	part = cardinal(rest.Int64()) + " " + part
	if whole.Sign() == 0 {
		return minus + part
	}
	return fmt.Sprintf("%s%s and %s", minus, cardinal(whole.Int64()), part)
}

// denominatorWord names n parts of d, or nothing where there is no short name.
func denominatorWord(d, n *big.Int) string {
	if !d.IsInt64() || d.Int64() > 20 || d.Int64() < 2 {
		return ""
	}
	name := ""
	switch d.Int64() {
	case 2:
		if n.IsInt64() && n.Int64() == 1 {
			return "half"
		}
		return "halves"
	case 4:
		name = "quarter"
	default:
		for word, value := range ordinals {
			if value == d.Int64() {
				name = word
			}
		}
	}
	if n.IsInt64() && n.Int64() == 1 {
		return name
	}
	return name + "s"
}

// capital begins text with a capital.
func capital(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + text[n:]
}
