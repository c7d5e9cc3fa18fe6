package builtin

import "math/big"

// rounding reads "to two decimal places", "rounded to the nearest ten".
func (p *parser) rounding() (*big.Rat, string) {
	start := p.i
	rounded := p.any("rounded", "round", "rounding")
	if p.any("to the nearest", "nearest") {
		for _, unit := range roundUnits {
			if p.any(unit.words...) {
				return unit.step, "to the nearest " + unit.words[0]
			}
		}
	}
	p.any("to", "too")
	if n, ok := p.whole(reading{}); ok && n.IsInt() && n.Sign() >= 0 && n.Cmp(big.NewRat(20, 1)) <= 0 {
		k := n.Num().Int64()
		switch {
		case p.any("decimal places", "decimals", "places", "digits after the decimal point"):
			return new(big.Rat).SetFrac(big.NewInt(1), pow10(k)), "to " + cardinal(k) + " decimal places"
		case p.any("decimal place", "decimal", "place"):
			return new(big.Rat).SetFrac(big.NewInt(1), pow10(k)), "to " + cardinal(k) + " decimal place"
		}
	}
	p.i = start
	if rounded && p.any("rounded", "round") && p.end() {
		return big.NewRat(1, 1), "rounded"
	}
	p.i = start
	return nil, ""
}

var roundUnits = []struct {
	words []string
	step  *big.Rat
}{
	{[]string{"whole number", "integer", "one", "unit"}, big.NewRat(1, 1)},
	{[]string{"ten", "10"}, big.NewRat(10, 1)},
	{[]string{"hundred", "100"}, big.NewRat(100, 1)},
	{[]string{"thousand", "1000"}, big.NewRat(1000, 1)},
	{[]string{"tenth"}, big.NewRat(1, 10)},
	{[]string{"hundredth"}, big.NewRat(1, 100)},
	{[]string{"thousandth"}, big.NewRat(1, 1000)},
}

// nearest rounds v to a multiple of step, halves away from zero.
func nearest(v, step *big.Rat) *big.Rat {
	q := new(big.Rat).Quo(v, step)
	n, _ := new(big.Int).SetString(q.FloatString(0), 10)
	return q.Mul(new(big.Rat).SetInt(n), step)
}
