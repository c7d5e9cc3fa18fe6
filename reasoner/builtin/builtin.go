// Package builtin is the reasoner that needs nothing but the question: no
// network, no model, no state. The same question at the same time always gets
// the same answer, and what it answers is computed, never recalled: sums are
// exact (math/big rationals), days come from the calendar and the time from
// the turn's clock and the tz database.
//
// A question is cut into tokens (token.go), freed of greetings and politeness
// (question.go) and offered to the skills one after another. A skill is a
// function that answers the question or declines it; it lives in a file of its
// own and takes its place in the order below. Skills read the question with
// small recursive-descent parsers over a cursor, and accept it only if they
// have understood every word of it: half-understood questions are how a
// reasoner comes to guess. When every skill declines, the reply is an honest
// apology.
//
// The wording of questions follows what speech recognisers really write:
// figures and words mixed, stray commas, fillers, and inside a sum the words
// that sound like numbers ("two plus for").
package builtin

import (
	"context"

	"parley/pipeline/stage"
)

// skills in the order in which they are asked. The narrow ones come first:
// what they accept is a closed set of phrases.
var skills = []skill{
	conversation,
	recall,
	clock,
	calendar,
	arithmetic,
}

// A skill answers the question or declines it. It must be a pure function of
// the question and take bounded time whatever the words are.
type skill func(question) (reply, bool)

// reply is what a skill has found.
type reply struct {
	// kind is Answer, or Apology when the skill knows what is asked but not
	// the answer.
	kind stage.Kind
	// text says it all in a sentence; value is the point of it in written
	// form, empty if there is none; source is where it comes from.
	text, value, source string
	// support, if not empty, is a sentence that says why or how.
	support string
}

// IDs of the findings; there is at most one of each in a turn.
const (
	answerID  = "builtin"
	supportID = "builtin.support"
)

// Reasoner implements stage.Reasoner. It is safe for concurrent use.
type Reasoner struct{}

// New makes a reasoner.
func New() *Reasoner { return &Reasoner{} }

// Respond answers with one finding, and a second one that supports it where
// there is something to say.
func (*Reasoner) Respond(ctx context.Context, t stage.Turn, emit func(stage.Finding) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := answer(newQuestion(t))
	f := stage.Finding{ID: answerID, Kind: r.kind, Claims: []stage.Claim{{
		Text: r.text, Value: r.value, Source: r.source, Confidence: 1, Final: true,
	}}}
	if err := emit(f); err != nil || r.support == "" {
		return err
	}
	return emit(stage.Finding{ID: supportID, Kind: stage.Support, Claims: []stage.Claim{{
		Text: r.support, Source: r.source, Confidence: 1, Final: true,
	}}})
}

// answer asks the skills in turn.
func answer(q question) reply {
	for _, s := range skills {
		if r, ok := s(q); ok {
			return r
		}
	}
	if len(q.raw) == 0 {
		return apology("Sorry, I didn't catch that")
	}
	return apology("I don't know that; I can only do arithmetic, dates and the time")
}

func apology(text string) reply {
	return reply{kind: stage.Apology, text: text, source: "builtin"}
}
