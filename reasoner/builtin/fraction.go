package builtin

import (
	"math/big"
	"strings"
)

// mixedPart reads the fraction of a mixed number: "and a half", or "1/2" in
// figures behind whole figures.
func (c *cursor) mixedPart(whole *big.Rat, how reading) (*big.Rat, bool) {
	start := c.i
	if !how.splitAnd && c.phrase("and") {
		if f, ok := c.fraction(); ok && f.Cmp(one) < 0 && c.peek(0).text != "of" {
			return f, true
		}
		c.i = start
		c.phrase("and")
	}
	if n, d := c.peek(0), c.peek(2); whole.IsInt() && n.num != nil && !n.pause && c.peek(1).text == "/" && d.num != nil &&
		n.num.Cmp(d.num) < 0 && n.num.IsInt() && d.num.IsInt() && c.i > 0 && c.toks[c.i-1].text != "/" {
		c.i += 3
		return new(big.Rat).Quo(n.num, d.num), true
	}
	if n := c.peek(0); strings.Contains(n.text, "/") && n.num != nil { // ½
		c.i++
		return n.num, true
	}
	c.i = start
	return nil, false
}

// fraction reads "half", "a third", "two thirds", "3 quarters", "½".
func (c *cursor) fraction() (*big.Rat, bool) {
	start := c.i
	if t := c.peek(0); t.num != nil && strings.Contains(t.text, "/") {
		c.i++
		return t.num, true
	}
	// "3/4 of": elsewhere the stroke divides.
	if n, d := c.peek(0), c.peek(2); n.num != nil && n.num.IsInt() && c.peek(1).text == "/" &&
		d.num != nil && d.num.IsInt() && d.num.Sign() > 0 && c.peek(3).text == "of" && (c.i == 0 || c.toks[c.i-1].text != "/") {
		c.i += 3
		return new(big.Rat).Quo(n.num, d.num), true
	}
	n := int64(1)
	counted := true
	switch t := c.peek(0); {
	case t.text == "a" || t.text == "an" || t.text == "one":
		c.i++
	case t.num != nil && t.num.IsInt() && !t.ordinal && t.num.Num().IsInt64():
		n = t.num.Num().Int64()
		c.i++
	case units[t.text] > 1:
		n = units[t.text]
		c.i++
	default:
		counted = false
	}
	d, ok := denominator(c.peek(0), n)
	if word := c.peek(0).text; !ok || (!counted && word != "half" && word != "quarter") {
		c.i = start
		return nil, false
	}
	c.i++
	return big.NewRat(n, d), true
}

// denominator is what n of the token's parts are parts of. Seconds are time.
func denominator(t token, n int64) (int64, bool) {
	switch t.text {
	case "half", "halves":
		return 2, true
	case "quarter", "quarters":
		return 4, true
	case "first", "second", "seconds":
		return 0, false
	}
	if d, ok := ordinals[strings.TrimSuffix(t.text, "s")]; ok && (strings.HasSuffix(t.text, "s") || n == 1) {
		return d, true
	}
	return 0, false
}
