package reasoner

import (
	"context"
	"errors"
	"slices"
	"testing"

	"parley/pipeline/stage"
	"parley/reasoner/builtin"
)

// script is a reasoner that emits findings and then returns err.
type script struct {
	findings []stage.Finding
	err      error
}

func (s script) Respond(_ context.Context, _ stage.Turn, emit func(stage.Finding) error) error {
	for _, f := range s.findings {
		if err := emit(f); err != nil {
			return err
		}
	}
	return s.err
}

func says(id, text string) stage.Finding {
	return stage.Finding{ID: id, Claims: []stage.Claim{{Text: text}}}
}

func TestWithFallback(t *testing.T) {
	down := errors.New("connection refused")
	for _, tc := range []struct {
		name     string
		primary  script
		question string
		want     []string
		reported bool
	}{
		{
			"primary answers",
			script{findings: []stage.Finding{says("llm.1", "It is 84.")}},
			"What is 12 times 7?",
			[]string{"It is 84."},
			false,
		},
		{
			"primary is down",
			script{err: down},
			"What is 12 times 7?",
			[]string{unreachable, "Twelve times seven is 84"},
			true,
		},
		{
			"primary is down and the backup does not know",
			script{err: down},
			"Who was Ada Lovelace?",
			[]string{unreachable, "I don't know that; I can only do arithmetic, dates and the time"},
			true,
		},
		{
			"primary breaks off before the point",
			script{findings: []stage.Finding{says("llm.1", "Let me work that out.")}, err: down},
			"What is 12 times 7?",
			[]string{"Let me work that out.", brokenOff, "Twelve times seven is 84"},
			true,
		},
		{
			"what primary said is not repeated",
			script{findings: []stage.Finding{says("llm.1", "That makes 84,")}, err: down},
			"What is 12 times 7?",
			[]string{"That makes 84,", brokenOff},
			true,
		},
		{
			"what is part of another number is not the same",
			script{findings: []stage.Finding{says("llm.1", "More than 840,")}, err: down},
			"What is 12 times 7?",
			[]string{"More than 840,", brokenOff, "Twelve times seven is 84"},
			true,
		},
		{
			"backup's ignorance adds nothing to half an answer",
			script{findings: []stage.Finding{says("llm.1", "She was a mathematician.")}, err: down},
			"Who was Ada Lovelace?",
			[]string{"She was a mathematician.", brokenOff},
			true,
		},
		{
			"what primary withdrew was not said",
			script{findings: []stage.Finding{says("llm.1", "It is 84."), {ID: "llm.1", Retracted: true}}, err: down},
			"What is 12 times 7?",
			[]string{"It is 84.", unreachable, "Twelve times seven is 84"},
			true,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var reported error
			r := WithFallback(tc.primary, builtin.New(), func(err error) { reported = err })
			var got []string
			ids := map[string]bool{}
			err := r.Respond(t.Context(), stage.Turn{Question: tc.question}, func(f stage.Finding) error {
				if f.Retracted {
					return nil
				}
				if ids[f.ID] {
					t.Errorf("finding %q came twice", f.ID)
				}
				ids[f.ID] = true
				got = append(got, f.Claims[0].Text)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
			if (reported != nil) != tc.reported || tc.reported && !errors.Is(reported, down) {
				t.Errorf("reported %v", reported)
			}
		})
	}
}

func TestFallbackLeavesCancellationAlone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := WithFallback(script{err: context.Canceled}, builtin.New(), func(err error) { t.Errorf("reported %v", err) })
	err := r.Respond(ctx, stage.Turn{Question: "what is 1 plus 1"}, func(f stage.Finding) error {
		t.Errorf("emitted %v", f)
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestFallbackLeavesTheListenersErrorAlone(t *testing.T) {
	gone := errors.New("gone")
	r := WithFallback(script{findings: []stage.Finding{says("a", "One")}}, builtin.New(), func(err error) { t.Errorf("reported %v", err) })
	if err := r.Respond(t.Context(), stage.Turn{}, func(stage.Finding) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}
