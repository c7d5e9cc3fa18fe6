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
		"what are", "what would be", "what will be", "what was", "what does", "what has", "watch as", "washes", "what about", "how about", "what",
		"how much is", "how much are", "how much does", "how much would", "how much", "how many is", "how many are",
		"calculate", "compute", "work out", "figure out", "evaluate", "solve", "find", "give me", "answer",
		"the answer to", "the result of", "the value of", "if you", "if i", "round off", "round",
	}
	tails = []string{
		"equal to", "equal", "equals what", "equals", "is what", "is", "make", "makes", "come to", "comes to", "be", "give", "=",
		"what do i get", "what do you get", "what do we get", "what have i got", "what is it", "what is that", "how much is it",
		"how much is that", "what is the answer", "what is the result", "altogether", "in total", "all together", "again",
	}
	connectives = []string{"and then", "then", "and after that", "after that", "and now", "now", "and"}
	pronouns    = []string{"that", "it", "this", "the result", "the answer"}
)

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
