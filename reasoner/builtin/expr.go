package builtin

import "math/big"

// op is what a node of an expression does.
type op int

const (
	literal   op = iota
	negate       // -a
	add          // a + b
	subtract     // a - b
	multiply     // a × b
	divide       // a ÷ b
	modulo       // the remainder of a ÷ b, with b's sign
	power        // a to the power of b
	percent      // a ÷ 100, and relative when added: 50 + 10% is 55
	of           // a × b, said "a of b"
	off          // b - a × b, said "a off b"
	root         // the b-th root of a
	factorial    // a!
	mean         // of all arguments
	distance     // |a - b|
)

// node is an expression.
type node struct {
	op   op
	args []*node
	// num is a literal's value; fraction says that it was said as one.
	num      *big.Rat
	fraction bool
}

func lit(n number) *node { return &node{op: literal, num: n.value, fraction: n.fraction} }

func whole(n int64) *node { return &node{op: literal, num: big.NewRat(n, 1)} }

func apply(o op, args ...*node) *node { return &node{op: o, args: args} }

// operations counts what there is to compute; a bare number is no sum.
func (n *node) operations() int {
	count := 0
	if n.op != literal && n.op != negate && n.op != percent {
		count = 1
	}
	for _, a := range n.args {
		count += a.operations()
	}
	return count
}

// maxDepth bounds how deep brackets and functions nest.
const maxDepth = 30

// parser reads expressions by recursive descent. It never tries the same words
// twice at one level, so its time is linear in them.
//
//	expr    = term  { ("plus" | "minus" | "more than" | …) term }
//	term    = unary { ("times" | "divided by" | …) unary }
//	unary   = "minus" unary | power
//	power   = postfix [ "to the power of" unary ]
//	postfix = primary { "squared" | "percent" | … } [ ("of" | "off") unary ]
//	primary = number | "(" expr ")" | function | pronoun
type parser struct {
	cursor
	how   reading
	depth int
	// that is the value that "that" and "it" stand for, nil if nothing.
	that *node
}

// Words of the operators, longest first where one begins another.
var (
	plusWords   = []string{"plus", "+", "added to", "add"}
	minusWords  = []string{"minus", "-", "take away", "less", "subtract"}
	fromWords   = []string{"subtracted from", "taken away from", "taken from", "less than", "fewer than"}
	moreWords   = []string{"more than", "greater than"}
	timesWords  = []string{"times", "multiplied by", "multiply by", "x", "*", "lots of"}
	overWords   = []string{"divided by", "divide by", "over", "/"}
	moduloWords = []string{"modulo", "modulus", "mod"}
	powerWords  = []string{
		"raised to the power of", "raised to the power", "to the power of", "to the power", "raised to", "^", "* *",
	}
	// What recognisers write for the above, tried only in lenient reading.
	lenientPlus  = []string{"pluss", "and", "plus plus"}
	lenientMinus = []string{"mine us", "minors", "mines"}
	lenientTimes = []string{"time", "tines", "thymes", "multiplied buy", "multiplied bye", "multiply", "by", "buy"}
	lenientOver  = []string{"divided buy", "divided bye", "divide it by", "divided it by", "divided"}
	lenientPower = []string{"the power of", "to power of", "to power"}
)

// accept takes one of the words, and in lenient reading also of the others.
func (p *parser) accept(words, lenient []string) bool {
	return p.any(words...) || (p.how.lenient && p.any(lenient...))
}

func (p *parser) expr() (*node, bool) {
	left, ok := p.term()
	for ok {
		start := p.i
		var o op
		swap := false
		switch {
		case p.any(fromWords...):
			o, swap = subtract, true
		case p.any(moreWords...):
			o, swap = add, true
		case p.accept(plusWords, lenientPlus):
			o = add
		case p.accept(minusWords, lenientMinus):
			o = subtract
		default:
			return left, true
		}
		right, more := p.term()
		if !more {
			p.i = start
			return left, true
		}
		if swap {
			left, right = right, left
		}
		left = apply(o, left, right)
	}
	return nil, false
}

func (p *parser) term() (*node, bool) {
	left, ok := p.unary()
	for ok {
		start := p.i
		var o op
		switch {
		case p.accept(timesWords, lenientTimes), p.peek(0).text == "(":
			o = multiply
		case p.accept(overWords, lenientOver):
			o = divide
		case p.any(moduloWords...):
			o = modulo
		default:
			return left, true
		}
		right, more := p.unary()
		if !more {
			p.i = start
			return left, true
		}
		left = apply(o, left, right)
	}
	return nil, false
}

func (p *parser) unary() (*node, bool) {
	if p.depth++; p.depth > maxDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	if !p.any("minus", "negative", "-") {
		return p.power()
	}
	a, ok := p.unary()
	if !ok {
		return nil, false
	}
	return apply(negate, a), true
}

func (p *parser) power() (*node, bool) {
	base, ok := p.postfix()
	if !ok {
		return nil, false
	}
	start := p.i
	if p.accept(powerWords, lenientPower) {
		if exponent, ok := p.unary(); ok {
			return apply(power, base, exponent), true
		}
		if n, ok := p.ordinal(); ok { // "to the power of the tenth" and the like
			return apply(power, base, whole(n)), true
		}
		p.i = start
	}
	if p.any("raised to the", "to the") {
		if n, ok := p.ordinal(); ok {
			p.any("power")
			return apply(power, base, whole(n)), true
		}
		p.i = start
	}
	return base, true
}

func (p *parser) postfix() (*node, bool) {
	a, ok := p.primary()
	for ok {
		switch {
		case p.any("squared"):
			a = apply(power, a, whole(2))
		case p.any("cubed"):
			a = apply(power, a, whole(3))
		case p.any("factorial"):
			a = apply(factorial, a)
		case p.any("dozen", "dozens"):
			a = apply(multiply, a, whole(12))
		case p.any("percent", "per cent", "%"):
			a = apply(percent, a)
		default:
			return p.share(a)
		}
	}
	return nil, false
}

// share reads "of …" behind a percentage or a fraction, "off …" behind a
// percentage.
func (p *parser) share(a *node) (*node, bool) {
	start := p.i
	var o op
	switch {
	case (a.op == percent || a.fraction) && p.any("of"):
		o = of
	case a.op == percent && p.any("off"):
		o = off
	default:
		return a, true
	}
	b, ok := p.unary()
	if !ok {
		p.i = start
		return a, true
	}
	return apply(o, a, b), true
}

func (p *parser) primary() (*node, bool) {
	if n, ok := p.number(p.how); ok {
		return lit(n), true
	}
	if p.any("(", "open brackets", "open bracket", "open parentheses", "open parenthesis", "open paren") {
		a, ok := p.expr()
		if !ok || !p.any(")", "close brackets", "close bracket", "close parentheses", "close parenthesis", "close paren", "closed bracket") {
			return nil, false
		}
		return a, true
	}
	start := p.i
	if p.how.lenient && p.any("a", "an", "the", "this") { // "what is a zero point one"
		if n, ok := p.number(p.how); ok {
			return lit(n), true
		}
		p.i = start
	}
	if p.any("the result", "the answer", "that", "it", "this") && p.that != nil {
		return p.that, true
	}
	p.i = start
	return p.function()
}
