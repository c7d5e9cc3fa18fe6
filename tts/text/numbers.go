package text

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var number = regexp.MustCompile(`^[-−+~≈<>]?(\d[\d,]*(\.\d+)?|\.\d+)$`)

// isNumber matches figures, with a sign or without.
func isNumber(w string) bool { return number.MatchString(w) }

// isOperand matches what may stand beside an operator.
func isOperand(w string) bool {
	return isNumber(w) || len(w) == 1 && w[0] >= 'a' && w[0] <= 'z' || strings.TrimRight(w, "²³%") != w
}

// signs before a number.
var signs = map[string]string{
	"-": "minus", "−": "minus", "+": "plus", "~": "about", "≈": "about", "<": "less than", ">": "more than",
	"≤": "at most", "≥": "at least", "±": "plus or minus", "#": "number", "№": "number",
}

// signed reads the sign of a number in words.
func signed(n string) string {
	r, size := utf8.DecodeRuneInString(n)
	if name, ok := signs[string(r)]; ok && len(n) > size {
		return name + " " + n[size:]
	}
	return n
}

// readNumber reads figures with a sign in front, and ".5".
func readNumber(c *reading) (string, bool) {
	r, n := utf8.DecodeRuneInString(c.core)
	name, ok := signs[string(r)]
	rest := c.core
	if ok {
		rest = c.core[n:]
	}
	point := strings.HasPrefix(rest, ".")
	if !ok && !point || !figures.MatchString(rest) {
		return "", false
	}
	if point {
		rest = "0" + rest
	}
	return strings.TrimSpace(name + " " + rest), true
}

var figures = regexp.MustCompile(`^(\d|\.\d)`)

// operators between two amounts.
var operators = map[string]string{
	"×": "times", "*": "times", "x": "times", "·": "times", "÷": "divided by", "/": "divided by", ":": "to",
	"+": "plus", "-": "minus", "−": "minus", "–": "minus", "=": "equals", "^": "to the power of", "≈": "is about",
	"≠": "is not", "<": "is less than", ">": "is more than", "≤": "is at most", "≥": "is at least", "±": "plus or minus",
	"→": "to", "->": "to", "=>": "gives",
}

// readSign reads a word that is nothing but a sign.
func readSign(c *reading) (string, bool) {
	if strings.ContainsFunc(c.core, isAlnum) && c.core != "x" {
		return "", false
	}
	before, after := c.near(-1), c.near(1)
	if u, ok := units[c.core]; ok && isNumber(before) {
		return u.many, true
	}
	switch name, ok := operators[c.core]; {
	case ok && isOperand(before) && (isOperand(after) || isNumber(before) && c.core == "="):
		return name, true
	case c.core == "x":
		return "", false
	case strings.Trim(c.core, "-–—−") == "":
		addPause(c.words[:c.i], ",")
		return "", true
	case c.core == "&":
		return "and", true
	case c.core == "→" || c.core == "->":
		return "to", true
	case c.core == "%":
		return "percent", true
	case c.core == "=" || c.core == "+" || c.core == "≈" || c.core == "≠" || c.core == "≤" || c.core == "≥":
		return c.core, true // espeak-ng names them
	case signs[c.core] != "" && c.core != "#" && isNumber(after):
		return signs[c.core], true
	case strings.ContainsFunc(c.core, unicode.IsSymbol) && strings.Trim(c.core, "|<>^~`$") != "":
		return c.core, true
	}
	return "", true
}

var expression = regexp.MustCompile(`^[-−]?[\d.,²³a-z]+(?:[×*÷+=/^·−–-][\d.,²³a-z]+)+=?$`)

// readSum reads sums without spaces: "2+2=4", "3×4", "2^10", "x²".
func readSum(c *reading) (string, bool) {
	core := strings.NewReplacer("²", "^2", "³", "^3").Replace(c.core)
	if !expression.MatchString(core) || !strings.ContainsAny(core, "×*÷+=^·") || !strings.ContainsFunc(core, unicode.IsDigit) || longLetters.MatchString(core) {
		return "", false
	}
	core = squares.ReplaceAllString(core, "$1 squared $2")
	core = cubes.ReplaceAllString(core, "$1 cubed $2")
	var b strings.Builder
	for i, r := range core {
		switch name, ok := operators[string(r)]; {
		case ok && r != 'x' && r != ':':
			if i == 0 && (r == '-' || r == '−') {
				name = "minus"
			}
			fmt.Fprintf(&b, " %s ", name)
		case r == 'x' && i > 0 && core[i-1] >= '0' && core[i-1] <= '9' && i+1 < len(core) && core[i+1] >= '0' && core[i+1] <= '9':
			b.WriteString(" times ")
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), true
}

var (
	longLetters = regexp.MustCompile(`[a-z]{2}`)
	squares     = regexp.MustCompile(`\^2($|\D)`)
	cubes       = regexp.MustCompile(`\^3($|\D)`)
)

// currency is what an amount of money is called.
type currency struct{ major, minor unit }

var currencies = map[string]currency{
	"£": {regular("pound"), unit{"penny", "pence"}},
	"$": {regular("dollar"), regular("cent")},
	"€": {regular("euro"), regular("cent")},
	"¥": {unit{"yen", "yen"}, unit{}},
	"₹": {regular("rupee"), unit{"paisa", "paise"}},
}

var (
	money      = regexp.MustCompile(`^([-−+~<>]?)([£$€¥₹])(\d[\d,]*)(?:\.(\d+))?(k|K|m|M|bn|b|B|tn)?$`)
	moneyAfter = regexp.MustCompile(`^([-−+~<>]?)(\d[\d,]*)(?:\.(\d+))?([£$€¥₹])$`)
)

// magnitudes by their short forms after a number.
var magnitudes = map[string]string{
	"k": "thousand", "K": "thousand", "m": "million", "M": "million", "b": "billion", "B": "billion", "bn": "billion", "tn": "trillion",
}

func isMagnitude(w string) bool {
	switch strings.ToLower(w) {
	case "hundred", "thousand", "million", "billion", "trillion":
		return true
	}
	return false
}

// readMoney reads amounts as people say them: "£3.50" is three pounds fifty,
// "$3.2 million" 3.2 million dollars.
func readMoney(c *reading) (string, bool) {
	if isMagnitude(c.core) { // the currency follows the magnitude
		if m := money.FindStringSubmatch(c.near(-1)); m != nil && m[5] == "" {
			return c.core + " " + currencies[m[2]].major.many, true
		}
		return "", false
	}
	m := money.FindStringSubmatch(c.core)
	if m == nil {
		a := moneyAfter.FindStringSubmatch(c.core)
		if a == nil {
			return "", false
		}
		m = []string{"", a[1], a[4], a[2], a[3], ""}
	}
	cur, whole, part := currencies[m[2]], m[3], m[4]
	sign := ""
	if m[1] != "" {
		sign = signs[m[1]] + " "
	}
	decimal := whole
	if part != "" {
		decimal += "." + part
	}
	switch {
	case m[5] != "":
		return sign + decimal + " " + magnitudes[m[5]] + " " + cur.major.many, true
	case isMagnitude(c.near(1)):
		return sign + decimal, true
	case len(part) != 2 || cur.minor.one == "":
		return sign + decimal + " " + plural(cur.major, decimal), true
	}
	part = strings.TrimPrefix(part, "0")
	switch {
	case part == "0":
		return sign + whole + " " + plural(cur.major, whole), true
	case whole == "0":
		return sign + part + " " + plural(cur.minor, part), true
	}
	return sign + whole + " " + plural(cur.major, whole) + " " + part, true
}

func plural(u unit, amount string) string {
	if amount == "1" {
		return u.one
	}
	return u.many
}

var magnitude = regexp.MustCompile(`^([-−+~<>]?\d[\d,.]*)(k|K|M|bn|tn)$`)

// readMagnitude reads "100k" and "5M".
func readMagnitude(c *reading) (string, bool) {
	m := magnitude.FindStringSubmatch(c.core)
	if m == nil {
		return "", false
	}
	return signed(m[1]) + " " + magnitudes[m[2]], true
}

var (
	fraction = regexp.MustCompile(`^([-−]?)(\d+)/(\d+)$`)
	mixed    = regexp.MustCompile(`^([-−]?\d+)([½⅓⅔¼¾⅛⅜⅝⅞])$`)
	vulgar   = map[string]string{
		"½": "a half", "⅓": "a third", "⅔": "2 thirds", "¼": "a quarter", "¾": "3 quarters",
		"⅛": "an eighth", "⅜": "3 eighths", "⅝": "5 eighths", "⅞": "7 eighths",
	}
	ordinals = []string{
		5: "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth",
		"fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
	}
)

// readFraction reads "3/4", and after a whole number with its "and".
func readFraction(c *reading) (string, bool) {
	if m := mixed.FindStringSubmatch(c.core); m != nil {
		return signed(m[1]) + " and " + vulgar[m[2]], true
	}
	m := fraction.FindStringSubmatch(c.core)
	if m == nil {
		return "", false
	}
	over, _ := strconv.Atoi(m[2])
	under, _ := strconv.Atoi(m[3])
	sign := ""
	if m[1] != "" {
		sign = "minus "
	}
	var name unit
	switch {
	case m[2]+"/"+m[3] == "24/7" || m[2]+"/"+m[3] == "9/11":
		return m[2] + " " + m[3], true
	case over >= under || over == 0:
	case under == 2:
		name = unit{"half", "halves"}
	case under == 4:
		name = regular("quarter")
	case under == 3:
		name = regular("third")
	case under < len(ordinals):
		name = regular(ordinals[under])
	case under == 100:
		name = regular("hundredth")
	}
	if name.one == "" {
		return sign + m[2] + " over " + m[3], true
	}
	if before := c.near(-1); over == 1 && isNumber(before) {
		return "and a " + name.one, true
	} else if isNumber(before) {
		return "and " + m[2] + " " + name.many, true
	}
	if over == 1 {
		return sign + "one " + name.one, true
	}
	return sign + m[2] + " " + name.many, true
}

// readDigits reads telephone numbers and the like digit by digit: those that
// begin with a nought, a plus, or that are too long to be a quantity.
func readDigits(c *reading) (string, bool) {
	digits := strings.TrimPrefix(c.core, "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	long := len(digits) > 12 || len(digits) > 2 && digits[0] == '0' || len(c.core) > len(digits) && len(digits) > 6
	if !long && !c.followsDigits() {
		return "", false
	}
	spoken := strings.Join(strings.Split(digits, ""), " ")
	if len(c.core) > len(digits) {
		spoken = "plus " + spoken
	}
	return spoken, true
}

// followsDigits says whether the word goes on with a telephone number.
func (c *reading) followsDigits() bool {
	before := c.near(-1)
	if len(before) < 3 || len(c.core) < 3 || strings.Trim(before, "0123456789") != "" {
		return false
	}
	if before[0] == '0' {
		return true
	}
	further := c.near(-2)
	return len(further) > 2 && further[0] == '0' && strings.Trim(further, "0123456789") == ""
}
