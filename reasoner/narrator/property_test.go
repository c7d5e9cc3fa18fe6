package narrator

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/pipeline/stage"
)

// TestSaysOnlyWhatWasFound plays random findings, revisions and retractions in
// and checks that every clause is a claim that was found (perhaps behind a
// correction's words), that nothing is said after it was taken back, and that
// in the end every answer that stands was said.
func TestSaysOnlyWhatWasFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := make(chan stage.Finding, 100) // more than 8 rounds of 4
		state := map[string]stage.Finding{}
		found := map[string]bool{}
		n := 0
		push := func() {
			for range rapid.IntRange(0, 3).Draw(t, "findings") {
				id := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id")
				f := stage.Finding{ID: id, Retracted: rapid.IntRange(0, 4).Draw(t, "retract") == 0}
				if !f.Retracted {
					n++
					text := "Fact " + strings.Repeat("x", n)
					f.Claims = []stage.Claim{{Text: text}}
					found[text+"."] = true
				}
				state[id] = f
				in <- f
			}
			// One more that must be said, so that the next round comes.
			n++
			text := "Fact " + strings.Repeat("x", n)
			f := stage.Finding{ID: text, Claims: []stage.Claim{{Text: text}}}
			found[text+"."], state[text] = true, f
			in <- f
		}
		push()
		last := map[string]string{} // what stands said, by finding
		rounds := 0
		err := New(nil).Narrate(t.Context(), stage.Turn{}, in, func(c stage.Clause) error {
			id := c.Findings[0]
			if c.Text == "Sorry, that was wrong." {
				if last[id] == "" {
					t.Fatalf("took back what was never said")
				}
				last[id] = ""
			} else {
				text := strings.TrimPrefix(c.Text, "Sorry, that should be: ")
				if !found[text] {
					t.Fatalf("said %q, which was not found", c.Text)
				}
				if now := state[id]; now.Retracted || now.Claims[0].Text+"." != text {
					t.Fatalf("said %q when %+v was known", c.Text, now)
				}
				last[id] = text
			}
			if rounds++; rounds < 8 {
				push()
			} else if rounds == 8 {
				close(in)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for id, f := range state {
			want := ""
			if !f.Retracted {
				want = f.Claims[0].Text + "."
			}
			if last[id] != want {
				t.Fatalf("of %s %q stands said, want %q", id, last[id], want)
			}
		}
	})
}
