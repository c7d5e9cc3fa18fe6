package builtin

import (
	"slices"
	"strings"

	"parley/pipeline/stage"
)

// question is a turn made ready for the skills.
type question struct {
	turn stage.Turn
	// raw are all tokens of the question but fillers; core are those between
	// the greetings and politeness at its ends.
	raw, core []token
}

// Words that carry nothing, wherever they stand.
var fillers = map[string]bool{
	"um": true, "umm": true, "uh": true, "uhm": true, "er": true, "erm": true, "hmm": true, "mm": true, "ah": true,
}

// What people say before and after a question without changing it. Longer
// phrases come before those that they begin with.
var (
	openers = []string{
		"hello there", "hello", "hi there", "hi", "hey there", "hey", "good morning", "good afternoon", "good evening",
		"thank you very much", "thank you", "thanks", "excuse me", "parley", "parlay", "ok", "okay", "so", "well", "right",
		"alright", "yes", "yeah", "no", "oh", "now", "please", "sorry", "actually", "great",
		"can you please", "could you please", "would you please", "will you please",
		"can you quickly", "can you tell me", "could you tell me", "would you tell me", "will you tell me", "tell me",
		"do you happen to know", "do you know", "can you", "could you", "would you", "will you", "did you", "can i ask", "i have a question",
		"i would like to know", "i want to know", "i need to know", "i was wondering", "i wonder", "let me know",
	}
	closers = []string{"for me please", "for me", "please", "thank you", "thanks", "parley", "parlay", "exactly", "do you know", "can you tell me"}
)

func newQuestion(t stage.Turn) question {
	q := question{turn: t}
	for _, tok := range tokenize(t.Question) {
		if !fillers[tok.text] {
			q.raw = append(q.raw, tok)
		}
	}
	c := cursor{toks: q.raw}
	for c.any(openers...) {
	}
	q.core = c.toks[c.i:]
	for trimmed := true; trimmed; {
		q.core, trimmed = trimEnd(q.core, closers)
	}
	return q
}

// trimEnd takes one of the phrases off the end of toks.
func trimEnd(toks []token, phrases []string) ([]token, bool) {
	for _, p := range phrases {
		n := strings.Count(p, " ") + 1
		if len(toks) > n && join(toks[len(toks)-n:]) == p {
			return toks[:len(toks)-n], true
		}
	}
	return toks, false
}

// join puts the tokens back together with single spaces.
func join(toks []token) string {
	words := make([]string, len(toks))
	for i, t := range toks {
		words[i] = t.text
	}
	return strings.Join(words, " ")
}

// cursor reads tokens from left to right. Its methods move on only when they
// accept; saving and restoring i backtracks.
type cursor struct {
	toks []token
	i    int
}

// end says that nothing is left.
func (c *cursor) end() bool { return c.i >= len(c.toks) }

// peek gives the n-th token from here, or an empty one.
func (c *cursor) peek(n int) token {
	if c.i+n >= len(c.toks) {
		return token{}
	}
	return c.toks[c.i+n]
}

// any accepts the first of the phrases that comes next.
func (c *cursor) any(phrases ...string) bool {
	return slices.ContainsFunc(phrases, c.phrase)
}

// phrase accepts words separated by single spaces.
func (c *cursor) phrase(p string) bool {
	i := c.i
	for word := range strings.SplitSeq(p, " ") {
		if i >= len(c.toks) || c.toks[i].text != word {
			return false
		}
		i++
	}
	c.i = i
	return true
}
