package moonshine

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// vocabulary of the tests: 0–2 are special, then as numbered.
const testPieces = "<unk>\n<s>\n</s>\n" +
	"▁hello\n" + // 3
	"▁wor\n" + // 4
	"ld\n" + // 5
	".\n" + // 6
	"?\n" + // 7
	"▁\n" + // 8
	"<0xC3>\n" + // 9
	"<0xA9>\n" + // 10
	"...\n" + // 11
	"<0x0A>" // 12

func testVocabulary(tb testing.TB) *pieces {
	tb.Helper()
	p, err := parsePieces([]byte(testPieces))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestWords(t *testing.T) {
	t.Parallel()
	p := testVocabulary(t)
	if want := []int32{6, 7}; !slices.Equal(p.closing, want) {
		t.Errorf("closing tokens %v, want %v", p.closing, want)
	}
	for _, tc := range []struct {
		name    string
		tokens  []int32
		words   []string
		chances []float64
	}{
		{"nothing", nil, nil, nil},
		{"two words", []int32{3, 4, 5, 6}, []string{"hello", "world."}, []float64{.5, .125}},
		{"specials are no text", []int32{0, 1, 3, 31999}, []string{"hello"}, []float64{.5}},
		{"bytes join", []int32{8, 9, 10}, []string{"é"}, []float64{.25}},
		{"half a rune", []int32{3, 8, 9}, []string{"hello", "\uFFFD"}, []float64{.5, .5}},
		{"line break", []int32{3, 12, 5}, []string{"hello", "ld"}, []float64{.5, .5}},
	} {
		h := hypothesis{tokens: tc.tokens}
		for range len(tc.tokens) + 1 {
			h.steps = append(h.steps, step{chance: .5})
		}
		got := p.words(h)
		if len(got) != len(tc.words) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.words)
			continue
		}
		for i, w := range got {
			if w.text != tc.words[i] || w.chance != tc.chances[i] {
				t.Errorf("%s: word %d is %q %v, want %q %v", tc.name, i, w.text, w.chance, tc.words[i], tc.chances[i])
			}
		}
	}
}

func TestEndChance(t *testing.T) {
	t.Parallel()
	p := testVocabulary(t)
	const word, stop, end = .9, .8, .7
	steps := map[string]step{
		"word": {chance: word}, "stop": {chance: stop, closing: .85, end: .05}, "end": {chance: end, closing: .2, end: end},
	}
	for _, tc := range []struct {
		name   string
		tokens []int32
		steps  string
		want   float64
	}{
		{"closed", []int32{3, 6}, "word stop end", .85 * end},
		{"open", []int32{3}, "word end", .2},
		{"trailing off", []int32{3, 11}, "word stop end", .85},
		{"no word", []int32{6}, "stop end", -1},
		{"nothing", nil, "end", -1},
		{"cut off after a word", []int32{3, 4}, "word word", -1},
		{"cut off after a stop", []int32{3, 6}, "word stop", -1},
	} {
		h := hypothesis{tokens: tc.tokens}
		for s := range strings.FieldsSeq(tc.steps) {
			h.steps = append(h.steps, steps[s])
		}
		if got := p.endChance(h); math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func FuzzPieces(f *testing.F) {
	f.Add([]byte(testPieces), []byte{3, 4, 5, 6, 9, 10})
	f.Add([]byte("a\nb\nc\n<0xZZ>"), []byte{3})
	f.Fuzz(func(t *testing.T, lines, tokens []byte) {
		p, err := parsePieces(lines)
		if err != nil {
			return
		}
		var h hypothesis
		for _, b := range tokens {
			h.tokens = append(h.tokens, int32(b))
			h.steps = append(h.steps, step{chance: .5, closing: .5, end: .5})
		}
		for _, w := range p.words(h) {
			if w.text == "" || !utf8.ValidString(w.text) || w.chance < 0 || w.chance > 1 {
				t.Fatalf("word %+v", w)
			}
		}
		if c := p.endChance(h); c > 1 {
			t.Fatalf("end chance %v", c)
		}
	})
}
