package moonshine

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestDraftsChangeNothing shows that a draft, good or bad, saves steps and
// leaves the words as they are.
func TestDraftsChangeNothing(t *testing.T) {
	m := open(t, "tiny", nil).model
	speech := speak(t, "Please remind me to call my mother tomorrow at seven.")
	plain, p := m.mustRecognise(t, speech, nil)
	if p.Drafted != 0 || len(plain.tokens) < 8 {
		t.Fatalf("without a draft: %d tokens, %d of them drafted", len(plain.tokens), p.Drafted)
	}
	if len(plain.steps) != len(plain.tokens)+1 {
		t.Fatalf("%d steps for %d tokens", len(plain.steps), len(plain.tokens))
	}
	wrong := slices.Clone(plain.tokens)
	wrong[3]++
	for _, tc := range []struct {
		name  string
		draft []int32
		saves int // at least so many tokens came from the draft
	}{
		{"the same", plain.tokens, len(plain.tokens) - 1},
		{"its beginning", plain.tokens[:5], 5},
		{"one token wrong", wrong, len(plain.tokens) / 2},
		{"one too many", slices.Insert(slices.Clone(plain.tokens), 3, 450), len(plain.tokens) / 2},
		{"one too few", slices.Delete(slices.Clone(plain.tokens), 3, 4), len(plain.tokens) / 2},
		{"nonsense", []int32{900, 901, 902, 903, 904}, 0},
		{"run-on", slices.Repeat([]int32{900}, 1000), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, p := m.mustRecognise(t, speech, tc.draft)
			// The activations of a step are quantised together, so chances
			// move in the second digit; on clear speech the words do not.
			if !slices.Equal(got.tokens, plain.tokens) {
				t.Errorf("with the draft %v,\nwithout        %v", m.pieces.words(got), m.pieces.words(plain))
			}
			if p.Drafted < tc.saves {
				t.Errorf("only %d tokens from the draft, want %d", p.Drafted, tc.saves)
			}
		})
	}
}

func TestRecogniseStops(t *testing.T) {
	m := open(t, "tiny", nil).model
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := m.recognise(ctx, make([]float32, rate), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	// Sound too short for the front end is no error.
	m.mustRecognise(t, make([]float32, 10), nil)
	m.mustRecognise(t, nil, nil)
}

func TestGuide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		draft, tokens []int32
		ahead         []int32
	}{
		{"nothing yet", []int32{1, 2, 3}, nil, nil},
		{"on the way", []int32{1, 2, 3, 4}, []int32{1, 2}, []int32{3, 4}},
		{"astray", []int32{1, 2, 3, 4}, []int32{1, 9}, nil},
		{"back after a substitution", []int32{1, 2, 3, 4}, []int32{1, 9, 3}, []int32{4}},
		{"back after an insertion", []int32{1, 2, 3, 4}, []int32{1, 9, 8, 2}, []int32{3, 4}},
		{"back after a deletion", []int32{1, 2, 3, 4}, []int32{1, 4}, []int32{}},
		{"too far on", []int32{1, 2, 3, 4, 5, 6, 7, 8, 9}, []int32{1, 9}, nil},
		{"at its end", []int32{1}, []int32{1}, []int32{}},
	} {
		g := guide{draft: tc.draft}
		g.follow(tc.tokens)
		if got := g.ahead(); !slices.Equal(got, tc.ahead) {
			t.Errorf("%s: ahead %v, want %v", tc.name, got, tc.ahead)
		}
	}
}

func TestRepeated(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		tokens []int32
		want   int
	}{
		{"nothing", nil, 0},
		{"no no no no", []int32{5, 5, 5, 5}, 0},
		{"eight times", slices.Repeat([]int32{5}, 8), 7},
		{"after words", append([]int32{1, 2, 3}, slices.Repeat([]int32{5}, 8)...), 7},
		{"four turns of three", slices.Repeat([]int32{5, 6, 7}, 4), 9},
		{"three turns of three", slices.Repeat([]int32{5, 6, 7}, 3), 0},
		{"a loop that was left", append(slices.Repeat([]int32{5, 6, 7}, 4), 8), 0},
	} {
		if got := repeated(tc.tokens); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}

func BenchmarkRecognise(b *testing.B) {
	for _, size := range []string{"tiny", "base"} {
		m := open(b, size, nil).model
		speech := speak(b, "Please remind me to call my mother tomorrow at seven.")
		h, _ := m.mustRecognise(b, speech, nil)
		for name, draft := range map[string][]int32{"plain": nil, "drafted": h.tokens} {
			b.Run(size+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					m.mustRecognise(b, speech, draft)
				}
			})
		}
	}
}
