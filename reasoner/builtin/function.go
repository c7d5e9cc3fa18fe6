package builtin

import "math/big"

// function reads "the square root of …" and its like.
func (p *parser) function() (*node, bool) {
	p.any("the", "a")
	switch {
	case p.any("square root of", "square root", "squared root of", "√", "root of"):
		return p.root(2)
	case p.any("cube root of", "cubed root of", "cube root", "cute root of"):
		return p.root(3)
	case p.any("square of"):
		return p.call(power, whole(2))
	case p.any("cube of"):
		return p.call(power, whole(3))
	case p.any("factorial of"):
		return p.call(factorial)
	case p.any("double", "twice"):
		p.any("of")
		return p.scaled(2)
	case p.any("triple", "treble", "thrice"):
		p.any("of")
		return p.scaled(3)
	case p.any("sum of", "total of"):
		return p.fold(add)
	case p.any("product of"):
		return p.fold(multiply)
	case p.any("average of", "mean of"):
		args, ok := p.list()
		return apply(mean, args...), ok
	case p.any("difference between", "difference of"):
		return p.pair(distance, p.term, "and")
	case p.any("quotient of"):
		return p.pair(divide, p.term, "and")
	case p.any("remainder of", "remainder when", "remainder if"):
		return p.remainder()
	}
	start := p.i
	if n, ok := p.ordinal(); ok && n >= 2 && p.any("root of") {
		return p.root(n)
	}
	p.i = start
	if d, ok := denominator(p.peek(0), 1); ok && p.how.lenient && p.peek(1).text == "of" { // "the third of"
		p.i++
		return lit(number{value: big.NewRat(1, d), fraction: true}), true
	}
	return nil, false
}

// call reads a function's argument and appends the others.
func (p *parser) call(o op, rest ...*node) (*node, bool) {
	a, ok := p.unary()
	return apply(o, append([]*node{a}, rest...)...), ok
}

func (p *parser) root(n int64) (*node, bool) { return p.call(root, whole(n)) }

func (p *parser) scaled(n int64) (*node, bool) {
	a, ok := p.unary()
	return apply(multiply, whole(n), a), ok
}

// pair reads two arguments with a word between them.
func (p *parser) pair(o op, item func() (*node, bool), between ...string) (*node, bool) {
	a, ok := item()
	if !ok || !p.any(between...) {
		return nil, false
	}
	b, ok := item()
	return apply(o, a, b), ok
}

// remainder reads "17 divided by 5" behind "the remainder of". Its arguments
// are unary, for a term would take the division as its own.
func (p *parser) remainder() (*node, bool) {
	p.any("you divide", "dividing")
	return p.pair(modulo, p.unary, "is divided by", "divided by", "by", "over", "/")
}

// fold reads a list and joins it by a binary operation.
func (p *parser) fold(o op) (*node, bool) {
	args, ok := p.list()
	if !ok {
		return nil, false
	}
	all := args[0]
	for _, a := range args[1:] {
		all = apply(o, all, a)
	}
	return all, true
}

// list reads two or more arguments separated by "and" or commas.
func (p *parser) list() ([]*node, bool) {
	var args []*node
	for {
		a, ok := p.term()
		if !ok {
			return nil, false
		}
		args = append(args, a)
		if !p.any("and") && (p.end() || !p.peek(0).pause) {
			return args, len(args) > 1
		}
	}
}
