package builtin

import (
	"math/big"
	"strings"

	"parley/pipeline/stage"
)

// reply puts a sum and its value into words: the sum is said back, so that the
// person hears what was understood.
func (s sum) reply(v value) reply {
	shown := v.Rat
	unit := ""
	if v.percent {
		shown, unit = new(big.Rat).Mul(v.Rat, big.NewRat(100, 1)), " percent"
	}
	if s.round != nil {
		shown = nearest(shown, s.round)
	}
	f := write(shown)
	verb, tail := "is ", unit
	switch {
	case s.round != nil:
		f.about = f.about || v.about
		tail += ", " + s.said
		if s.said == "rounded" {
			verb, tail = "is about ", unit
		}
	case f.about || v.about:
		verb = "is about "
	}
	r := reply{kind: stage.Answer, value: f.written, source: "arithmetic"}
	if said, ok := s.expr.say(s.expr.small()); ok {
		r.text = capital(said.text) + " " + verb + f.spoken + tail
	} else {
		r.text = "That " + verb + f.spoken + tail
	}
	switch {
	case f.about && !v.about && s.round == nil && shown.Denom().IsInt64() && shown.Denom().Int64() > 1 && shown.Denom().Int64() <= 1000 && shown.Num().IsInt64():
		r.support = "Exactly, that is " + fractionWords(shown) + unit
	case s.expr.outOfOrder():
		r.support = "I did the multiplication and division first"
	}
	return r
}

// phrase is an expression in words and how tightly its words bind.
type phrase struct {
	text string
	prec int
}

// Precedences: what is said of a child with less needs brackets, and those
// cannot be heard.
const (
	precWhole = iota // cannot be part of anything
	precSum
	precTerm
	precShare
	precPower
	precAtom
)

// infix are the operations that are said between their arguments.
var infix = map[op]struct {
	words string
	prec  int
}{
	add: {"plus", precSum}, subtract: {"minus", precSum},
	multiply: {"times", precTerm}, divide: {"divided by", precTerm}, modulo: {"divided by", precTerm},
	of: {"of", precShare}, off: {"off", precShare}, power: {"to the power of", precPower},
}

// say puts the expression into words that can only be heard one way; it fails
// where that would need brackets. Small whole numbers are said as words if
// inWords is set.
func (n *node) say(inWords bool) (phrase, bool) {
	args := make([]phrase, len(n.args))
	for i, a := range n.args {
		said, ok := a.say(inWords)
		if !ok {
			return phrase{}, false
		}
		args[i] = said
	}
	switch n.op {
	case literal:
		return n.sayLiteral(inWords), true
	case negate:
		return phrase{"minus " + args[0].text, precShare}, args[0].prec >= precPower
	case percent:
		return phrase{args[0].text + " percent", precPower}, args[0].prec == precAtom
	case factorial:
		return phrase{args[0].text + " factorial", precPower}, args[0].prec == precAtom
	case mean:
		return listed("the average of ", args)
	case distance:
		return listed("the difference between ", args)
	case root:
		return n.sayRoot(args[0])
	case power:
		if e := n.args[1]; e.op == literal && args[0].prec == precAtom {
			if name := map[string]string{"2": "squared", "3": "cubed"}[e.num.RatString()]; name != "" {
				return phrase{args[0].text + " " + name, precPower}, true
			}
		}
		fallthrough
	default:
		in := infix[n.op]
		left, right := args[0], args[1]
		if n.op == of && n.args[0].op == literal && n.args[0].num.Cmp(half) == 0 {
			left.text = "half"
		}
		ok := left.prec >= in.prec && right.prec > in.prec
		if in.prec >= precShare {
			ok = left.prec > in.prec && right.prec > in.prec
		}
		if n.op == modulo {
			return phrase{"the remainder of " + left.text + " divided by " + right.text, precShare}, ok
		}
		return phrase{left.text + " " + in.words + " " + right.text, in.prec}, ok
	}
}

func (n *node) sayRoot(arg phrase) (phrase, bool) {
	name := "square"
	switch k := n.args[1].num.Num().Int64(); {
	case k == 3:
		name = "cube"
	case k > 3:
		name = ordinalFigures(int(k))
	}
	return phrase{"the " + name + " root of " + arg.text, precShare}, arg.prec == precAtom
}

// listed says the arguments with "and" before the last.
func listed(what string, args []phrase) (phrase, bool) {
	texts := make([]string, len(args))
	for i, a := range args {
		if a.prec < precTerm {
			return phrase{}, false
		}
		texts[i] = a.text
	}
	last := len(texts) - 1
	// Whatever followed would be heard as part of the last.
	return phrase{what + strings.Join(texts[:last], ", ") + " and " + texts[last], precWhole}, true
}

func (n *node) sayLiteral(inWords bool) phrase {
	f := write(n.num)
	switch {
	case n.fraction || f.about && n.num.Denom().IsInt64() && n.num.Denom().Int64() <= 20:
		return phrase{fractionWords(n.num), precAtom}
	case n.num.Sign() < 0:
		return phrase{f.spoken, precShare}
	case inWords:
		return phrase{cardinal(n.num.Num().Int64()), precAtom}
	default:
		return phrase{f.spoken, precAtom}
	}
}

// small says whether all literals are whole numbers up to a hundred (or
// fractions, which are words anyhow), so that the sum reads well in words.
func (n *node) small() bool {
	if n.op == literal {
		return n.fraction || n.num.IsInt() && n.num.Sign() >= 0 && n.num.Cmp(big.NewRat(100, 1)) <= 0
	}
	for _, a := range n.args {
		if !a.small() {
			return false
		}
	}
	return true
}

// outOfOrder says whether a sum, worked out in the order it was said, would
// have come out otherwise: then it is worth saying how it was understood.
func (n *node) outOfOrder() bool {
	if n.op != add && n.op != subtract {
		return false
	}
	right := n.args[1].op
	return right == multiply || right == divide || n.args[0].outOfOrder()
}
