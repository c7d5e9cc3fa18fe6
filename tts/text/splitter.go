package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many words make a clause. A clause is spoken in one go and its encoder
// has to run before the first sample, so short is fast; but each seam costs
// prosody, so only the first clause, which somebody is waiting for, may be
// truly short.
const (
	firstWords = 3  // the first clause may end at a comma from here on
	laterWords = 8  // later ones from here on
	joinWords  = 16 // without punctuation a conjunction will do from here on
	mostWords  = 25 // and any word that may stand last from here on
	hardWords  = 32 // and then any word at all
)

// Splitter cuts a text that is still being written into clauses to be spoken,
// each as soon as it is certain where it ends. The zero value is ready; it
// belongs to one goroutine.
//
// The clauses, joined with spaces, are the text again but for the amount of
// white space, and they do not depend on how the text was cut into deltas.
type Splitter struct {
	rest    string // from the start of the clause that is still open
	started bool   // a clause was already given
}

// NewSplitter makes a splitter for one reply.
func NewSplitter() *Splitter { return new(Splitter) }

// Write takes what was written next and gives the clauses that are complete
// now, often none. The end of a sentence counts once white space follows, as
// "3." may still become "3.14".
func (s *Splitter) Write(delta string) []string {
	s.rest += delta
	return s.take(false)
}

// Flush says that the text is over, gives what is left of it and makes the
// splitter ready for another text.
func (s *Splitter) Flush() []string {
	clauses := s.take(true)
	if last := strings.TrimSpace(s.rest); last != "" {
		clauses = append(clauses, last)
	}
	*s = Splitter{}
	return clauses
}

// Split cuts a whole text into clauses.
func Split(text string) []string {
	s := NewSplitter()
	return append(s.Write(text), s.Flush()...)
}

func (s *Splitter) take(whole bool) []string {
	var clauses []string
	for {
		end := clauseEnd(s.rest, !s.started, whole)
		if end < 0 {
			return clauses
		}
		clauses = append(clauses, strings.TrimSpace(s.rest[:end]))
		s.rest = s.rest[end:]
		s.started = true
	}
}

// clauseEnd finds where the first clause of text ends, or -1 if that cannot be
// known before more of the text is. whole says that there is no more.
func clauseEnd(text string, first, whole bool) int {
	least := laterWords
	if first {
		least = firstWords
	}
	c := clause{lineStart: true}
	w := nextWord(text, 0, whole)
	for w.complete {
		after := nextWord(text, w.end, whole)
		c.add(w.text)
		gap := text[w.end:after.start]
		if after.text == "" && whole {
			return -1 // the rest is the last clause
		}
		if c.speakable && (!c.inLink || c.words >= hardWords) {
			switch c.ending(w.text, gap, after) {
			case sentence:
				return w.end
			case pause:
				if c.words >= least {
					return w.end
				}
			case none:
				if c.mayBreak(w.text, after) {
					return w.end
				}
			case unknown:
				return -1
			}
		}
		c.nextLine(gap)
		c.before = w.text
		w = after
	}
	return -1
}

// word is a stretch without white space; complete says that it cannot grow.
type word struct {
	text       string
	start, end int
	complete   bool
}

func nextWord(text string, from int, whole bool) word {
	start := from
	for start < len(text) {
		r, n := utf8.DecodeRuneInString(text[start:])
		if !unicode.IsSpace(r) {
			break
		}
		start += n
	}
	end := start
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if unicode.IsSpace(r) {
			return word{text[start:end], start, end, true}
		}
		end += n
	}
	return word{text[start:end], start, end, whole && end > start}
}

// first is the word's first rune; known is false while it has not all come.
func (w word) first() (r rune, known bool) {
	if !w.complete && !utf8.FullRuneInString(w.text) {
		return 0, false
	}
	r, _ = utf8.DecodeRuneInString(strings.TrimLeft(w.text, opening+"*_"))
	// An incomplete word of nothing but quotes says nothing yet.
	return r, r != utf8.RuneError || w.complete
}

// clause is what is known of the clause that is being read.
type clause struct {
	words     int
	speakable bool   // a letter or a digit has come
	lineStart bool   // the next word begins a line
	marked    bool   // the line is a heading or an item of a list
	inLink    bool   // between the brackets of a Markdown link
	linkWords int    // for how many words
	before    string // the word before this one
}

func (c *clause) add(w string) {
	if c.lineStart {
		c.marked = isLineMark(w)
		c.lineStart = false
	} else if c.marked && isLineMark(c.before) {
		c.before = "" // a list's number is no initial, nor a quantity
	}
	if strings.ContainsFunc(w, isAlnum) {
		c.words++
		c.speakable = true
	}
	// A link's text stays together, or its address would be read out. One
	// that does not close soon was no link.
	if open := strings.LastIndexByte(w, '['); open > strings.LastIndexByte(w, ']') {
		if r, _ := utf8.DecodeRuneInString(w[open+1:]); unicode.IsLetter(r) {
			c.inLink, c.linkWords = true, 0
		}
	} else if strings.IndexByte(w, ']') >= 0 {
		c.inLink = false
	}
	if c.linkWords++; c.linkWords > joinWords {
		c.inLink = false
	}
}

func (c *clause) nextLine(gap string) {
	if strings.ContainsAny(gap, "\n\r") {
		c.lineStart = true
	}
}

type ending int

const (
	none ending = iota
	pause
	sentence
	unknown // until more of the text is known
)

// ending judges the end of a word by its punctuation, the white space after it
// and the word that follows.
func (c *clause) ending(w, gap string, after word) ending {
	onMark := c.marked && c.words == 1 && isLineMark(w)
	if e := c.lineEnding(gap, after); e == sentence && !onMark || e == unknown {
		return e
	}
	bare := strings.TrimRight(w, closing+"*_~`")
	r, _ := utf8.DecodeLastRuneInString(bare)
	switch r {
	case '!', '?', '。', '！', '？':
		return sentence
	case '.':
		if onMark {
			return none
		}
		if strings.HasSuffix(bare, "..") {
			return trailing(after)
		}
		return c.fullStop(strings.TrimLeft(bare, opening+"*_"), after)
	case '…':
		return trailing(after)
	case ',', ';', ':', '—':
		return pause
	}
	if isDash(w) {
		return c.dash(after)
	}
	return none
}

// lineEnding sees paragraphs, headings and items of lists, which need no full
// stop. A lone line break is mere white space.
func (c *clause) lineEnding(gap string, after word) ending {
	gap = strings.ReplaceAll(gap, "\r\n", "\n")
	switch n := strings.Count(gap, "\n") + strings.Count(gap, "\r"); {
	case n == 0:
		return none
	case n > 1 || c.marked:
		return sentence
	case after.complete && isLineMark(after.text):
		return sentence
	case !after.complete && mayBeLineMark(after.text):
		return unknown
	}
	return none
}

// dash parts clauses, unless it is the minus of a sum.
func (c *clause) dash(after word) ending {
	if r, _ := utf8.DecodeLastRuneInString(c.before); !unicode.IsDigit(r) {
		return pause
	}
	r, known := after.first()
	switch {
	case !known:
		return unknown
	case unicode.IsDigit(r):
		return none
	}
	return pause
}

// trailing is what three dots mean: an end before a capital, a pause otherwise.
func trailing(after word) ending {
	r, known := after.first()
	switch {
	case !known:
		return unknown
	case unicode.IsLower(r):
		return pause
	}
	return sentence
}

// fullStop tells the end of a sentence from that of an abbreviation.
func (c *clause) fullStop(w string, after word) ending {
	stem := strings.TrimSuffix(w, ".")
	kind := stopOf(stem)
	if kind == stopEnds {
		return sentence
	}
	if kind == stopNever {
		return none
	}
	r, known := after.first()
	switch {
	case !known:
		return unknown
	case kind == stopBeforeDigit:
		if unicode.IsDigit(r) {
			return none
		}
		return sentence
	case unicode.IsLower(r):
		return none
	case kind == stopBeforeLower:
		return sentence
	case !after.complete:
		return unknown
	case isStarter(after.text):
		return sentence
	}
	return none
}

// mayBreak says whether a clause that has gone on for too long may end after w.
func (c *clause) mayBreak(w string, after word) bool {
	switch {
	case c.words < joinWords:
		return false
	case c.words >= hardWords:
		return true
	case !after.complete || isLeaning(w):
		return false
	}
	return c.words >= mostWords || isConjunction(after.text)
}

// isLineMark says whether a word at the start of a line is a Markdown mark.
func isLineMark(w string) bool {
	switch w {
	case "-", "*", "+", "•", ">", "#", "##", "###", "####", "#####", "######":
		return true
	}
	digits := strings.TrimRight(w, ".)")
	return len(digits) == len(w)-1 && digits != "" && len(digits) <= 3 && strings.Trim(digits, "0123456789") == ""
}

// mayBeLineMark says whether a word may still grow into a mark.
func mayBeLineMark(w string) bool {
	return w == "" || isLineMark(w) || len(w) <= 3 && strings.Trim(w, "0123456789") == "" || !utf8.FullRuneInString(w)
}

func isDash(w string) bool { return w != "" && strings.Trim(w, "-–—−") == "" }

func isAlnum(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
