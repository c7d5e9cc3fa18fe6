package narrator

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"parley/pipeline/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func finding(k stage.Kind, id string, texts ...string) stage.Finding {
	f := stage.Finding{ID: id, Kind: k}
	for _, t := range texts {
		f.Claims = append(f.Claims, stage.Claim{Text: t})
	}
	return f
}

func valued(id, text, value string) stage.Finding {
	return stage.Finding{ID: id, Claims: []stage.Claim{{Text: text, Value: value}}}
}

func retracted(id string) stage.Finding { return stage.Finding{ID: id, Retracted: true} }

// byComma is a splitter that cuts behind commas.
type byComma struct{ held string }

func (s *byComma) Write(delta string) []string {
	parts := strings.SplitAfter(s.held+delta, ", ")
	s.held = parts[len(parts)-1]
	out := parts[:len(parts)-1]
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

func (s *byComma) Flush() []string { return []string{s.held} }

// TestNarrate plays findings to the narrator: steps[0] before it starts, each
// further one while it is speaking the clause before. The channel is closed
// together with the last step.
func TestNarrate(t *testing.T) {
	const answer, support, progress, apology = stage.Answer, stage.Support, stage.Progress, stage.Apology
	type step []stage.Finding
	for _, tc := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"nothing", []step{{}}, nil},
		{"answer first, then support", []step{{finding(support, "s", "I counted"), finding(answer, "a", "It is 84")}}, []string{"It is 84.", "I counted."}},
		{"answers in order", []step{{finding(answer, "a", "One,"), finding(answer, "b", "two")}}, []string{"One,", "two."}},
		{"claims in order", []step{{finding(answer, "a", "One.", "Two!", "Three?")}}, []string{"One.", "Two!", "Three?"}},
		{"does not wait for the end", []step{{finding(answer, "a", "It is 84")}, {finding(support, "s", "I counted")}}, []string{"It is 84.", "I counted."}},
		{"answer that comes during another goes before support", []step{
			{finding(answer, "a", "One"), finding(support, "s", "Because")},
			{finding(answer, "b", "Two")},
		}, []string{"One.", "Two.", "Because."}},
		{"support alone", []step{{finding(support, "s", "I counted")}}, []string{"I counted."}},
		{"apology alone", []step{{finding(apology, "x", "I don't know")}}, []string{"I don't know."}},
		{"apology last", []step{{finding(apology, "x", "I can't reach it"), finding(answer, "a", "It is 84"), finding(support, "s", "I counted")}}, []string{"It is 84.", "I counted.", "I can't reach it."}},
		{"progress while waiting", []step{{finding(progress, "p", "Let me look")}, {finding(answer, "a", "It is 84")}}, []string{"Let me look.", "It is 84."}},
		{"progress only once", []step{
			{finding(progress, "p", "Let me look")},
			{finding(progress, "p", "Still looking"), finding(answer, "a", "It is 84")},
		}, []string{"Let me look.", "It is 84."}},
		{"no progress once the answer is there", []step{{finding(progress, "p", "Let me look"), finding(answer, "a", "It is 84")}}, []string{"It is 84."}},
		{"revised before it was spoken", []step{{valued("a", "It is 83", "83"), valued("a", "It is 84", "84")}}, []string{"It is 84."}},
		{"retracted before it was spoken", []step{{finding(answer, "a", "It is 83"), retracted("a"), finding(answer, "b", "It is 84")}}, []string{"It is 84."}},
		{"retracted before it came", []step{{retracted("a"), finding(answer, "b", "It is 84")}}, []string{"It is 84."}},
		{"revised while another is spoken", []step{
			{finding(answer, "a", "One"), finding(answer, "b", "Three")},
			{finding(answer, "b", "Two")},
		}, []string{"One.", "Two."}},
		{"revised after it was spoken", []step{
			{valued("a", "It is 83", "83")},
			{valued("a", "It is 84", "84"), valued("a", "It is 84", "84")},
			{valued("a", "It is 84", "84")},
		}, []string{"It is 83.", "Sorry, that should be 84."}},
		{"corrected before anything else", []step{
			{valued("a", "It is 83", "83"), finding(answer, "b", "And that is odd")},
			{valued("a", "It is 84", "84"), finding(answer, "b", "And that is even")},
			{},
		}, []string{"It is 83.", "Sorry, that should be 84.", "And that is even."}},
		{"revised without a value", []step{
			{finding(answer, "a", "it leaves at noon")},
			{finding(answer, "a", "it leaves at one")},
		}, []string{"it leaves at noon.", "Sorry, that should be: It leaves at one."}},
		{"reworded with the same value", []step{
			{valued("a", "It is 84", "84")},
			{valued("a", "Twelve times seven is 84", "84")},
		}, []string{"It is 84."}},
		{"grown", []step{{finding(answer, "a", "One")}, {finding(answer, "a", "One", "Two")}}, []string{"One.", "Two."}},
		{"retracted after it was spoken", []step{
			{finding(answer, "a", "One", "Two")},
			{retracted("a")},
			{retracted("a")},
		}, []string{"One.", "Sorry, that was wrong."}},
		{"retracted, then replaced", []step{
			{finding(answer, "a", "It is 83")},
			{retracted("a")},
			{finding(answer, "a", "it is 84")},
		}, []string{"It is 83.", "Sorry, that was wrong.", "It is 84."}},
		{"retracted, then restored", []step{
			{finding(answer, "a", "It is 84")},
			{retracted("a")},
			{finding(answer, "a", "It is 84")},
		}, []string{"It is 84.", "Sorry, that was wrong.", "It is 84."}},
		{"retracted and replaced at once is a correction", []step{
			{valued("a", "It is 83", "83")},
			{retracted("a"), valued("a", "It is 84", "84")},
		}, []string{"It is 83.", "Sorry, that should be 84."}},
		{"empty claims", []step{{finding(answer, "a", "", "  ", "Yes")}}, []string{"Yes."}},
		{"final marks", []step{{finding(answer, "a", "He said \"yes.\"", "(No)", "Well —", "Really?!")}}, []string{"He said \"yes.\"", "(No).", "Well —", "Really?!"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := make(chan stage.Finding, 16)
			steps := tc.steps
			play := func() {
				if len(steps) == 0 {
					return
				}
				for _, f := range steps[0] {
					in <- f
				}
				if steps = steps[1:]; len(steps) == 0 {
					close(in)
				}
			}
			play()
			var got []string
			err := New(nil).Narrate(t.Context(), stage.Turn{}, in, func(c stage.Clause) error {
				got = append(got, c.Text)
				if len(c.Findings) != 1 {
					t.Errorf("clause %q is backed by %v, want one finding", c.Text, c.Findings)
				}
				play()
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestLongClaimsAreSplit(t *testing.T) {
	in := make(chan stage.Finding, 4)
	in <- finding(stage.Answer, "a", "First this, then that, then the rest")
	var got []string
	err := New(func() Splitter { return &byComma{} }).Narrate(t.Context(), stage.Turn{}, in, func(c stage.Clause) error {
		got = append(got, c.Text)
		if len(got) == 2 { // what is left of a claim that has changed is not spoken
			in <- finding(stage.Answer, "a", "Only this")
			close(in)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"First this,", "then that,", "Sorry,", "that should be: Only this."}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in := make(chan stage.Finding)
		done := make(chan error)
		go func() {
			done <- New(nil).Narrate(ctx, stage.Turn{}, in, func(stage.Clause) error { return nil })
		}()
		in <- finding(stage.Answer, "a", "One")
		synctest.Wait() // it has spoken and waits for more
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

func TestEndsWithItsListener(t *testing.T) {
	in := make(chan stage.Finding, 1)
	in <- finding(stage.Answer, "a", "One")
	gone := errors.New("gone")
	if err := New(nil).Narrate(t.Context(), stage.Turn{}, in, func(stage.Clause) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}
