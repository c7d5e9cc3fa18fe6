package text

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzSplitter(f *testing.F) {
	for _, c := range splits {
		input, _ := clausesOf(c)
		f.Add(input, uint8(3))
	}
	f.Fuzz(func(t *testing.T, input string, step uint8) {
		whole := Split(input)
		if got, want := strings.Fields(strings.Join(whole, " ")), strings.Fields(input); !slices.Equal(got, want) {
			t.Fatalf("clauses %q are not the words of %q", whole, input)
		}
		s := NewSplitter()
		var parts []string
		n := int(step)%16 + 1
		for rest := input; rest != ""; {
			k := min(n, len(rest))
			parts = append(parts, s.Write(rest[:k])...)
			rest = rest[k:]
		}
		parts = append(parts, s.Flush()...)
		if !slices.Equal(parts, whole) {
			t.Fatalf("in steps of %d: %q\n      at once: %q", n, parts, whole)
		}
		for _, c := range whole {
			if strings.TrimSpace(c) != c || c == "" {
				t.Fatalf("clause %q has space around it", c)
			}
		}
	})
}

func FuzzSpeakable(f *testing.F) {
	for _, c := range readings {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, input string) {
		tokens := Speakable(input)
		words := strings.Fields(input)
		if len(tokens) != len(words) {
			t.Fatalf("%d tokens for %d words of %q", len(tokens), len(words), input)
		}
		for i, k := range tokens {
			if k.Original != words[i] {
				t.Fatalf("token %d is %q, the word is %q", i, k.Original, words[i])
			}
			if strings.ContainsAny(k.Spoken, "\n\r") || strings.TrimSpace(k.Spoken) != k.Spoken {
				t.Fatalf("%q is read as %q", k.Original, k.Spoken)
			}
			if utf8.ValidString(input) && !utf8.ValidString(k.Spoken) {
				t.Fatalf("%q is read as %q, which is not UTF-8", k.Original, k.Spoken)
			}
		}
	})
}
