package builtin

// sentence reads the question's words to the last.
func (p *parser) sentence() (sum, bool) {
	begin := p.i
	for p.any(frames...) {
	}
	e, ok := p.command()
	if !ok && p.that != nil && p.i == begin { // "And times two?" goes on from the last result.
		e, ok = p.step(p.that)
	}
	if !ok {
		e, ok = p.expr()
	}
	if !ok {
		return sum{}, false
	}
	for {
		next, ok := p.step(e)
		if !ok {
			break
		}
		e = next
	}
	s := sum{expr: e}
	p.any(tails...)
	s.round, s.said = p.rounding()
	p.any(tails...)
	return s, p.end()
}

// command reads "add 5 and 9" and its like.
func (p *parser) command() (*node, bool) {
	start := p.i
	if e, ok := p.imperative(); ok {
		return e, true
	}
	p.i = start
	return nil, false
}

func (p *parser) imperative() (*node, bool) {
	switch {
	case p.any("add up", "add together", "sum up", "total up", "add", "sum"):
		a, ok := p.term()
		if ok && p.any("to") { // the other way round it is the same
			b, ok := p.term()
			return apply(add, b, a), ok
		}
		if !ok {
			return nil, false
		}
		for p.any("and", "plus") || p.peek(0).pause {
			b, ok := p.term()
			if !ok {
				return a, a.op == add
			}
			a = apply(add, a, b)
		}
		p.any("together")
		return a, a.op == add
	case p.any("subtract", "take away", "take", "deduct"):
		a, ok := p.term()
		p.any("away")
		if !ok || !p.any("from", "off") {
			return nil, false
		}
		b, ok := p.term()
		return apply(subtract, b, a), ok
	case p.any("multiply", "times"):
		return p.pair(multiply, p.unary, "by", "and", "times", "with")
	case p.any("divide"):
		return p.pair(divide, p.unary, "by", "over")
	case p.peek(1).text != "root" && p.any("square"):
		a, ok := p.unary()
		return apply(power, a, whole(2)), ok
	case p.peek(1).text != "root" && p.any("cube"):
		a, ok := p.unary()
		return apply(power, a, whole(3)), ok
	case p.any("halve"):
		a, ok := p.unary()
		return apply(divide, a, whole(2)), ok
	case p.any("raise"):
		return p.power()
	case p.any("how many times does"):
		return p.goesInto("go into", "fit into", "fit in", "go in")
	}
	return p.goesInto("goes into", "go into")
}

// goesInto reads "7 goes into 56", which is 56 divided by 7.
func (p *parser) goesInto(between ...string) (*node, bool) {
	e, ok := p.pair(divide, p.unary, between...)
	if ok {
		e.args[0], e.args[1] = e.args[1], e.args[0]
	}
	return e, ok
}

// step reads what is done next to a result: "and then multiply by three".
func (p *parser) step(e *node) (*node, bool) {
	start := p.i
	p.any(connectives...)
	o := literal
	item := p.term
	switch {
	case p.any("add on", "plus", "add", "+"):
		o = add
	case p.any("subtract", "minus", "take away", "take off", "take", "deduct", "-"):
		o = subtract
	case p.verb("multiply", "by"), p.verb("multiplied", "by"), p.any("times", "x", "*"):
		o, item = multiply, p.unary
	case p.verb("divide", "by"), p.verb("divided", "by"), p.any("over", "/"):
		o, item = divide, p.unary
	case p.any("to the power of"):
		o, item = power, p.unary
	case p.verb("square"):
		return apply(power, e, whole(2)), true
	case p.verb("cube"):
		return apply(power, e, whole(3)), true
	case p.verb("double"):
		return apply(multiply, whole(2), e), true
	case p.verb("triple"):
		return apply(multiply, whole(3), e), true
	case p.verb("halve"), p.verb("half"):
		return apply(divide, e, whole(2)), true
	}
	if o != literal {
		if b, ok := item(); ok {
			if o == add && p.any("to") || o == subtract && p.any("from") { // "and add 5 to that"
				p.any(pronouns...)
			}
			p.any("away")
			return apply(o, e, b), true
		}
	}
	p.i = start
	return nil, false
}

// verb accepts a verb, a pronoun for the result, and a preposition. Without a
// preposition the pronoun must be there: "double five" is no step.
func (p *parser) verb(v string, prepositions ...string) bool {
	start := p.i
	if !p.any(v) {
		return false
	}
	named := p.any(pronouns...)
	if len(prepositions) > 0 && p.any(prepositions...) || len(prepositions) == 0 && named {
		return true
	}
	p.i = start
	return false
}
