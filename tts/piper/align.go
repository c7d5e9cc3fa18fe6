package piper

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span says which phoneme words a text word sounds as: from the fraction a of
// word first to the fraction b of word last.
type span struct {
	first, last int
	a, b        float64
}

// in gives the ids that the span covers, at being the ids of each phoneme word.
func (s span) in(at [][2]int) (from, to int) {
	within := func(w int, f float64) int {
		n := at[w][1] - at[w][0]
		return at[w][0] + int(math.Round(f*float64(n)))
	}
	return within(s.first, s.a), within(s.last, s.b)
}

// How far words and phonemes may be taken together: a number such as 1,234
// sounds as several words; espeak-ng joins short words ("of the") into one.
const (
	mostPhonemeWords = 12
	mostJoined       = 3
)

// assign says which phoneme words each text word sounds as. Both are in the
// same order but may differ in number, so the words are matched by length: a
// path through both that makes the lengths fit best, found by dynamic
// programming. Words that make no sound of their own get an empty span.
func assign(words, phonemes []string) []span {
	spans := make([]span, len(words))
	var sounding []int
	for i, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			sounding = append(sounding, i)
		}
	}
	if len(phonemes) == 0 {
		return spans
	}
	n, m := len(sounding), len(phonemes)
	want := make([]float64, n)
	for i, w := range sounding {
		want[i] = soundLength(words[w])
	}
	have := make([]float64, m)
	for j, p := range phonemes {
		have[j] = phonemeLength(p)
	}
	// best[i][j] is the least misfit of the first i words with the first j
	// phoneme words; step how many of each the last match took.
	best := make([][]float64, n+1)
	step := make([][][2]int, n+1)
	for i := range best {
		best[i], step[i] = make([]float64, m+1), make([][2]int, m+1)
		for j := range best[i] {
			best[i][j] = math.Inf(1)
		}
	}
	best[0][0] = 0
	try := func(i, j, di, dj int) {
		if i < di || j < dj || math.IsInf(best[i-di][j-dj], 1) {
			return
		}
		var w, h float64
		for k := range di {
			w += want[i-1-k]
		}
		for k := range dj {
			h += have[j-1-k]
		}
		// A small price on anything but one to one settles ties.
		cost := best[i-di][j-dj] + math.Abs(w-h)/math.Sqrt(w+h) + 0.3*float64(di+dj-2)
		if cost < best[i][j] {
			best[i][j], step[i][j] = cost, [2]int{di, dj}
		}
	}
	for i := 1; i <= n; i++ {
		for j := 1; j <= m; j++ {
			for dj := 1; dj <= mostPhonemeWords; dj++ {
				try(i, j, 1, dj)
			}
			for di := 2; di <= mostJoined; di++ {
				try(i, j, di, 1)
			}
		}
	}
	if math.IsInf(best[n][m], 1) {
		spread(spans, sounding, want, m)
	} else {
		for i, j := n, m; i > 0; {
			di, dj := step[i][j][0], step[i][j][1]
			share(spans, sounding[i-di:i], want[i-di:i], j-dj, j-1)
			i, j = i-di, j-dj
		}
	}
	settleSilent(spans, sounding)
	return spans
}

// share parts the phoneme words first to last among some words.
func share(spans []span, words []int, want []float64, first, last int) {
	if len(words) == 1 {
		spans[words[0]] = span{first, last, 0, 1}
		return
	}
	var sum, at float64
	for _, w := range want {
		sum += w
	}
	for k, w := range words {
		next := at + want[k]/sum
		spans[w] = span{first, last, at, next}
		at = next
	}
}

// spread gives every word a place in proportion to its length, for when no
// path fits.
func spread(spans []span, words []int, want []float64, phonemes int) {
	var sum, at float64
	for _, w := range want {
		sum += w
	}
	place := func(f float64) (int, float64) {
		x := f * float64(phonemes)
		i := min(int(x), phonemes-1)
		return i, x - float64(i)
	}
	for k, w := range words {
		first, a := place(at / sum)
		at += want[k]
		last, b := place(at / sum)
		spans[w] = span{first, last, a, b}
	}
}

// settleSilent puts words without a sound where the word before them ends.
func settleSilent(spans []span, sounding []int) {
	var end span
	for i := range spans {
		if len(sounding) > 0 && sounding[0] == i {
			sounding = sounding[1:]
			end = span{spans[i].last, spans[i].last, spans[i].b, spans[i].b}
			continue
		}
		spans[i] = end
	}
}

// soundLength guesses how many phonemes a written word has: English spends
// about five letters on four phonemes; a digit is a word.
func soundLength(w string) float64 {
	n := 0.0
	for _, r := range w {
		switch {
		case unicode.IsDigit(r):
			n += 4
		case unicode.IsLetter(r):
			n += 0.8
		}
	}
	return max(n, 0.8)
}

// phonemeLength counts phonemes without the marks of stress and length.
func phonemeLength(p string) float64 {
	n := utf8.RuneCountInString(p)
	n -= strings.Count(p, "ˈ") + strings.Count(p, "ˌ") + strings.Count(p, "ː")
	return max(float64(n), 0.8)
}
