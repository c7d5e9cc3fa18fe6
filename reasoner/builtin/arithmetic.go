package builtin

import (
	"errors"
	"math/big"
	"slices"

	"parley/pipeline/stage"
)

// readings in the order in which they are tried.
var readings = []reading{{}, {splitAnd: true}, {lenient: true}, {lenient: true, splitAnd: true}}

// arithmetic answers sums: "what is twelve times seven", "take 5 from 9 and
// double it", "15% of 80".
func arithmetic(q question) (reply, bool) {
	s, ok := parseSum(q, maxFollowUps)
	if !ok {
		return brokenSum(q)
	}
	v, err := s.expr.eval()
	if err != nil {
		kind := stage.Answer // that it has no value is an answer
		if errors.Is(err, errTooLong) || errors.Is(err, errHardPower) {
			kind = stage.Apology
		}
		return reply{kind: kind, text: capital(err.Error()), source: "arithmetic"}, true
	}
	return s.reply(v), true
}

// sum is a whole spoken sum.
type sum struct {
	expr *node
	// round is the step to round to and said how that was put, if it was.
	round *big.Rat
	said  string
}

// maxFollowUps bounds how many questions back "that" may reach.
const maxFollowUps = 8

// parseSum reads the question as a sum, in the first reading that makes sense.
func parseSum(q question, back int) (sum, bool) {
	var that *node
	looked := false
	for _, how := range readings {
		p := &parser{cursor: cursor{toks: q.core}, how: how}
		if !looked && back > 0 && refersBack(q.core) {
			that = lastResult(q.turn.History, back-1)
			looked = true
		}
		p.that = that
		if s, ok := p.sentence(); ok && (s.round != nil || s.expr.operations() > 0) {
			return s, true
		}
	}
	return sum{}, false
}

// refersBack says whether the words may speak of an earlier result: they hold
// a pronoun or begin with an operation.
func refersBack(toks []token) bool {
	if slices.ContainsFunc(toks, func(t token) bool {
		return t.text == "that" || t.text == "it" || t.text == "this" || t.text == "result" || t.text == "answer"
	}) {
		return true
	}
	c := cursor{toks: toks}
	c.any(connectives...)
	return c.any(slices.Concat(plusWords, minusWords, timesWords, overWords, []string{"multiply", "divide", "divided", "take", "to the power", "double", "halve", "half"})...)
}

// lastResult is the value of the last sum in the history, nil if the person's
// last question was none.
func lastResult(history []stage.Message, back int) *node {
	for i, m := range slices.Backward(history) {
		if m.Role != stage.User {
			continue
		}
		s, ok := parseSum(newQuestion(stage.Turn{Question: m.Text, History: history[:i]}), back)
		if !ok {
			return nil
		}
		v, err := s.expr.eval()
		if err != nil {
			return nil
		}
		return &node{op: literal, num: v.Rat}
	}
	return nil
}

// Words around a sum.
var (
	frames = []string{
		"what do you get if you", "what do you get when you", "what do i get if i", "what do we get if we", "what do you get for",
		"what happens if you", "what is the answer to", "what is the result of", "what is the value of", "what is",
		"what are", "what would be", "what will be", "what was", "what does", "what about", "how about", "what",
		"how much is", "how much are", "how much does", "how much would", "how much", "how many is", "how many are",
		"calculate", "compute", "work out", "figure out", "evaluate", "solve", "find", "give me", "answer",
		"the answer to", "the result of", "the value of", "if you", "if i", "round off", "round",
	}
	tails = []string{
		"equal to", "equal", "equals what", "equals", "is what", "is", "make", "makes", "come to", "comes to", "be", "give", "=",
		"altogether", "in total", "all together", "again",
	}
	connectives = []string{"and then", "then", "and after that", "after that", "and now", "now", "and"}
	pronouns    = []string{"that", "it", "this", "the result", "the answer"}
)

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

// brokenSum says that a question was a sum, all of its words being such, but
// not one that makes sense.
func brokenSum(q question) (reply, bool) {
	c := cursor{toks: q.core}
	for c.any(frames...) {
	}
	numbers, operators := 0, 0
	for !c.end() {
		if _, ok := c.number(reading{}); ok {
			numbers++
			continue
		}
		switch {
		case c.any(slices.Concat(plusWords, minusWords, timesWords, overWords, powerWords)...):
			operators++
		case c.any("by", "and", "the", "of", "multiplied", "divided", "percent", "%"), c.any(tails...):
		default:
			return reply{}, false
		}
	}
	if numbers == 0 || operators == 0 {
		return reply{}, false
	}
	return apology("I heard only part of a sum; please say it again"), true
}
