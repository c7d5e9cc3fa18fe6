// Package text prepares what is to be said: a [Splitter] cuts a text into
// clauses while it is still being written, and [Speakable] says how each word
// of a clause is to be read aloud, Markdown, sums, amounts and all.
//
// The normaliser leaves to espeak-ng what that reads well by itself in British
// English (whole and decimal numbers, ordinals, degrees, Roman numerals,
// capitals) and rewrites the rest.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is a word of a clause together with its reading.
type Token struct {
	// Original is the word as it stands in the transcript, with its
	// punctuation and its marks.
	Original string
	// Spoken is what to read for it: one word, several, or none for marks
	// that make no sound. It ends in punctuation only where a pause is to be
	// heard: "Dr." is read as "Dr", and the dash after a word is its comma.
	Spoken string
}

// Speakable reads a clause word by word. The tokens hold every word of the
// clause in order.
func Speakable(s string) []Token {
	words := parse(s)
	for i := range words {
		readWord(words, i)
	}
	tokens := make([]Token, len(words))
	for i, w := range words {
		tokens[i] = Token{Original: w.original, Spoken: w.spoken}
	}
	return tokens
}

// spokenWord is a word on its way to its reading: core is what is left without
// Markdown and the punctuation around it, tail the punctuation that is heard.
type spokenWord struct {
	original   string
	core, tail string
	lineStart  bool
	spoken     string
}

// parse takes the clause apart and everything off that is only for the eye.
func parse(s string) []spokenWord {
	var words []spokenWord
	inURL := false // between the brackets of a link whose title has spaces
	for line := range strings.Lines(s) {
		for i, f := range strings.Fields(line) {
			w := spokenWord{original: f, lineStart: i == 0}
			text := f
			if inURL {
				var closed bool
				if _, text, closed = strings.Cut(f, ")"); closed {
					inURL = false
				} else {
					text = ""
				}
			}
			if text, inURL = stripLinks(text, inURL); text != "" && (i > 0 || !isSilentMark(text)) {
				w.core, w.tail = stripMarks(text)
			}
			words = append(words, w)
		}
	}
	return words
}

// readWord gives word i its reading, looking at its neighbours.
func readWord(words []spokenWord, i int) {
	w := &words[i]
	if w.core == "" {
		// A pause that stands alone belongs to the word before it.
		if w.tail != "" {
			addPause(words[:i], w.tail)
		}
		return
	}
	c := reading{words: words, i: i, core: w.core}
	for _, rule := range rules {
		if spoken, ok := rule(&c); ok {
			w.spoken = spoken
			break
		}
	}
	if w.spoken != "" {
		w.spoken += w.tail
	} else if w.tail != "" {
		addPause(words[:i], w.tail)
	}
}

// addPause ends the last spoken word with a mark, unless it has one.
func addPause(words []spokenWord, mark string) {
	for i := len(words) - 1; i >= 0; i-- {
		if s := words[i].spoken; s != "" {
			if r, _ := utf8.DecodeLastRuneInString(s); !unicode.IsPunct(r) {
				words[i].spoken += mark
			}
			return
		}
	}
}

// reading is what a rule sees: a word and those around it.
type reading struct {
	words []spokenWord
	i     int
	core  string
}

// near gives the core of the word at a distance, or "" beyond the ends and
// across punctuation.
func (c *reading) near(d int) string {
	for step, at := sign(d), c.i; at != c.i+d; {
		if step < 0 {
			if at--; at < 0 || c.words[at].tail != "" {
				return ""
			}
			continue
		}
		if c.words[at].tail != "" {
			return ""
		}
		if at++; at >= len(c.words) {
			return ""
		}
	}
	return c.words[c.i+d].core
}

func sign(d int) int {
	if d < 0 {
		return -1
	}
	return 1
}

// rules in the order in which they are tried; the first that knows the word
// reads it. The last takes whatever is left.
var rules = []func(*reading) (string, bool){
	readAbbreviation,
	readAddress,
	readSign,
	readMoney,
	readDate,
	readTime,
	readYear,
	readMagnitude,
	readUnit,
	readFraction,
	readSum,
	readRange,
	readDigits,
	readNumber,
	readSlash,
	readPlain,
}
