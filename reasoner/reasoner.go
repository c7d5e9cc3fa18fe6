// Package reasoner joins the ways of thinking that live in the folders below
// it: builtin computes answers offline, llm asks a language model, narrator
// puts findings into words. They know nothing of one another; cmd chooses and
// joins them, with [WithFallback] where one is to stand in for another.
package reasoner

import (
	"context"
	"strings"

	"parley/pipeline/stage"
)

// What is said when the first reasoner fails.
const (
	unreachable = "I can't reach my language model just now"
	brokenOff   = "I've lost touch with my language model, so I can't go on"
)

// WithFallback makes a reasoner that asks primary and, when that fails, says so
// and asks backup. What primary had found by then stands and is not found
// again: behind half an answer backup is heard only if it knows something new.
// Every error of primary goes to report, which may be nil; Respond itself fails
// only when ctx is done, its listener fails, or backup does.
func WithFallback(primary, backup stage.Reasoner, report func(error)) stage.Reasoner {
	if report == nil {
		report = func(error) {}
	}
	return &fallback{primary: primary, backup: backup, report: report}
}

type fallback struct {
	primary, backup stage.Reasoner
	report          func(error)
}

// Respond implements stage.Reasoner.
func (r *fallback) Respond(ctx context.Context, t stage.Turn, emit func(stage.Finding) error) error {
	said := findings{}
	var deaf error // the listener's error, which is nobody's failure
	err := r.primary.Respond(ctx, t, func(f stage.Finding) error {
		said.take(f)
		deaf = emit(f)
		return deaf
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case deaf != nil:
		return deaf
	}
	r.report(err)

	answered := said.answered()
	apology := unreachable
	if answered {
		apology = brokenOff
	}
	if err := emit(stage.Finding{ID: "fallback", Kind: stage.Apology, Claims: []stage.Claim{{
		Text: apology, Source: "fallback", Confidence: 1, Final: true,
	}}}); err != nil {
		return err
	}
	return r.backup.Respond(ctx, t, func(f stage.Finding) error {
		if answered && (f.Kind != stage.Answer || said.hold(f)) {
			return nil
		}
		f.ID = "fallback." + f.ID // the two may number theirs alike
		return emit(f)
	})
}

// findings are those that stand, by their IDs.
type findings map[string]stage.Finding

func (s findings) take(f stage.Finding) {
	if f.Retracted {
		delete(s, f.ID)
		return
	}
	s[f.ID] = f
}

// answered says whether something of an answer was found.
func (s findings) answered() bool {
	for _, f := range s {
		if f.Kind == stage.Answer && len(f.Claims) > 0 {
			return true
		}
	}
	return false
}

// hold says whether all that f states was already stated: its values, or where
// it has none, its words.
func (s findings) hold(f stage.Finding) bool {
	for _, c := range f.Claims {
		point := c.Value
		if point == "" {
			point = c.Text
		}
		if !s.state(point) {
			return false
		}
	}
	return true
}

func (s findings) state(point string) bool {
	want := " " + plain(point) + " "
	for _, f := range s {
		for _, c := range f.Claims {
			if strings.Contains(" "+plain(c.Text)+" ", want) {
				return true
			}
		}
	}
	return false
}

// plain is text without case, grouping commas and punctuation at words' ends.
func plain(text string) string {
	words := strings.Fields(strings.ToLower(text))
	for i, w := range words {
		words[i] = strings.ReplaceAll(strings.Trim(w, ".,;:!?\"'()"), ",", "")
	}
	return strings.Join(words, " ")
}
