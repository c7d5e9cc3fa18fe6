package score_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"parley/asr/score"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"Hello, World!", "hello world"},
		{"Mr. O’Brien said: “I won't!”", "mister obrien said i will not"},
		{"MISTER HALE'S shop-boy", "mister hale is shop boy"},
		{"It's been 3 days; they'd gone, he'd go", "it has been three days they had gone he would go"},
		{"We're sure you'll say I've it, I'm sure let's", "we are sure you will say i have it i am sure let us"},
		{"can't cannot can not", "can not can not can not"},
		{"In 1984, 2005 and 2024", "in nineteen eighty four two thousand five and twenty twenty four"},
		{"1900 1907", "nineteen hundred nineteen oh seven"},
		{"1,250 people, 1000000 and 0", "one thousand two hundred fifty people one million and zero"},
		{"one hundred and five", "one hundred five"},
		{"105", "one hundred five"},
		{"a hundred and a man", "one hundred and a man"},
		{"the 1st, 2nd, 12th, 20th and 21st", "the first second twelfth twentieth and twenty first"},
		{"3.14", "three point one four"},
		{"$5 and £1 and $2.5 million", "five dollars and one pound and two point five million dollars"},
		{"50% or 3 %", "fifty percent or three percent"},
		{"at 10:30, 9:05 and 8:00", "at ten thirty nine oh five and eight"},
		{"007", "zero zero seven"},
		{"uh, um I er see", "i see"},
		{"The colour of the theatre", "the color of the theater"},
		{"OK, alright; good-bye to-day", "okay all right goodbye today"},
		{"salt & pepper [noise] (laughs)", "salt and pepper"},
		{"café naïve", "cafe naive"},
		{"twenty-one", "twenty one"},
		{"", ""},
	} {
		if got := strings.Join(score.Normalize(tc.in), " "); got != tc.want {
			t.Errorf("Normalize(%q)\n got %q\nwant %q", tc.in, got, tc.want)
		}
	}
}

func TestAlign(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		ref, hyp string
		want     score.Counts
	}{
		{"a b c", "a b c", score.Counts{Words: 3}},
		{"a b c", "a x c", score.Counts{Words: 3, Substitutions: 1}},
		{"a b c", "a c", score.Counts{Words: 3, Deletions: 1}},
		{"a b c", "a b x c", score.Counts{Words: 3, Insertions: 1}},
		{"a b c", "", score.Counts{Words: 3, Deletions: 3}},
		{"", "a b", score.Counts{Insertions: 2}},
		{"a b c d", "b c d e", score.Counts{Words: 4, Deletions: 1, Insertions: 1}},
	} {
		if got := score.Align(strings.Fields(tc.ref), strings.Fields(tc.hyp)); got != tc.want {
			t.Errorf("Align(%q, %q) = %+v, want %+v", tc.ref, tc.hyp, got, tc.want)
		}
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	var tally score.Tally
	if !math.IsNaN(tally.WER()) {
		t.Errorf("WER of nothing = %v, want NaN", tally.WER())
	}
	for i := range 100 {
		hyp := "one two three four"
		if i%4 == 0 {
			hyp = "one two three"
		}
		tally.Add("one two three four", hyp)
	}
	if got := tally.WER(); got != 6.25 {
		t.Errorf("WER = %v, want 6.25", got)
	}
	low, high := tally.CI95(1)
	// The normal approximation: 6.25 ± 1.96·25·sqrt(.25·.75/100) = ± 2.12.
	if math.Abs(low-4.13) > 0.6 || math.Abs(high-8.37) > 0.6 {
		t.Errorf("CI95 = %v, %v, want about 4.13, 8.37", low, high)
	}
	if l, h := tally.CI95(1); l != low || h != high {
		t.Error("the same seed gave another interval")
	}
}

// FuzzNormalize looks for panics and for text that changes when it is
// normalised again.
func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"Mr. O'Neil's 1,234.5% of $3.50", "the 21st at 10:05", "a hundred and one", "é́ – ’s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range score.Normalize(s) {
			if w == "" || strings.ContainsAny(w, " '\n") {
				t.Fatalf("Normalize(%q) holds the word %q", s, w)
			}
		}
		once := score.Normalize(s)
		if !slices.Equal(once, score.Normalize(s)) {
			t.Fatal("not deterministic")
		}
	})
}
