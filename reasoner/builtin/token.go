package builtin

import (
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is looked at: nobody says more than this in one question, and
// the parsers' time is bounded by it.
const (
	maxBytes  = 2000
	maxTokens = 300
)

// token is a word, a number in figures or a symbol. Punctuation that only
// separates leaves no token but the pause flag of the next one.
type token struct {
	// text is the word in lower case without apostrophes, the figures as
	// written without grouping commas, or the symbol.
	text string
	// num is the value of a number in figures, nil otherwise; ordinal says
	// that it was written like "4th".
	num     *big.Rat
	ordinal bool
	// pause says that a comma or a full stop stood before it.
	pause bool
}

// vulgar are the fractions that have a character of their own.
var vulgar = map[rune]string{
	'½': "1/2", '¼': "1/4", '¾': "3/4", '⅓': "1/3", '⅔': "2/3", '⅛': "1/8",
}

// symbols maps characters to the tokens that they stand for.
var symbols = map[rune]string{
	'+': "+", '*': "*", '×': "*", '·': "*", '/': "/", '÷': "/", '⁄': "/", '−': "-",
	'^': "^", '%': "%", '(': "(", ')': ")", '[': "(", ']': ")", '√': "√",
	'²': "squared", '³': "cubed", ':': ":", '=': "=",
}

// contracted are the words whose 's is an "is"; after others it is a genitive
// and the apostrophe is dropped.
var contracted = map[string]bool{
	"what": true, "that": true, "it": true, "who": true, "how": true,
	"when": true, "where": true, "there": true, "here": true, "time": true, "which": true,
}

// endings of contractions that are told apart from the word before them.
var endings = map[string]string{"ll": "will", "re": "are", "m": "am", "d": "would", "ve": "have"}

// tokenize cuts text into at most maxTokens tokens.
func tokenize(text string) []token {
	s := scanner{rest: strings.ToLower(clip(text, maxBytes))}
	for s.rest != "" && len(s.out) < maxTokens {
		s.next()
	}
	return s.out
}

// clip cuts text to at most n bytes at a rune's edge.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

type scanner struct {
	rest  string
	out   []token
	prev  rune // the character before rest, or 0
	pause bool
}

func (s *scanner) next() {
	r, size := utf8.DecodeRuneInString(s.rest)
	after, _ := utf8.DecodeRuneInString(s.rest[size:])
	switch {
	case digit(r), r == '.' && digit(after) && !letterOrDigit(s.prev):
		s.number()
		return
	case unicode.IsLetter(r):
		s.word()
		return
	case vulgar[r] != "":
		v, _ := new(big.Rat).SetString(vulgar[r])
		s.add(token{text: vulgar[r], num: v})
	case r == '-' || r == '–':
		// Between letters it joins a compound; elsewhere it subtracts if a
		// number or a bracket follows.
		joins := unicode.IsLetter(s.prev) && unicode.IsLetter(after)
		if !joins && strings.IndexFunc(strings.TrimLeft(s.rest[size:], " "), operandStart) == 0 {
			s.add(token{text: "-"})
		}
	case symbols[r] != "":
		s.add(token{text: symbols[r]})
	case r == '!' && (digit(s.prev) || s.prev == ')') && strings.TrimSpace(s.rest[size:]) != "":
		s.add(token{text: "factorial"})
	case strings.ContainsRune(",.;!?…—", r):
		s.pause = true
	case unicode.IsGraphic(r) && !unicode.IsSpace(r) && !strings.ContainsRune("\"'“”‘’`", r):
		// What is not known must not vanish: "5 € plus 3" is no plain sum.
		s.add(token{text: string(r)})
	}
	s.take(size)
}

func operandStart(r rune) bool {
	return unicode.IsLetter(r) || digit(r) || strings.ContainsRune("(.√-−", r)
}

func digit(r rune) bool         { return '0' <= r && r <= '9' }
func letterOrDigit(r rune) bool { return digit(r) || unicode.IsLetter(r) }

// take moves past n bytes.
func (s *scanner) take(n int) string {
	taken := s.rest[:n]
	s.prev, _ = utf8.DecodeLastRuneInString(taken)
	s.rest = s.rest[n:]
	return taken
}

func (s *scanner) add(t token) {
	t.pause, s.pause = s.pause, false
	s.out = append(s.out, t)
}

// word takes letters and apostrophes: one token, or two for a contraction.
func (s *scanner) word() {
	end := strings.IndexFunc(s.rest, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' })
	if end < 0 {
		end = len(s.rest)
	}
	w := strings.Trim(strings.ReplaceAll(s.take(end), "’", "'"), "'")
	for _, tail := range []string{"-day", "-morrow"} { // as older books write
		if w == "to" && strings.HasPrefix(s.rest, tail) {
			w += s.take(len(tail))[1:]
		}
	}
	head, tail, apostrophe := strings.Cut(w, "'")
	switch {
	case apostrophe && tail == "s" && contracted[head]:
		s.add(token{text: head})
		s.add(token{text: "is"})
	case apostrophe && endings[tail] != "":
		s.add(token{text: head})
		s.add(token{text: endings[tail]})
	case w == "whats":
		s.add(token{text: "what"})
		s.add(token{text: "is"})
	case w != "":
		s.add(token{text: strings.ReplaceAll(w, "'", "")})
	}
}

// number takes figures with grouping commas, a decimal part and an ordinal
// ending. A comma groups only if exactly three figures follow it; else it
// separates.
func (s *scanner) number() {
	figures := s.take(run(s.rest))
	for strings.HasPrefix(s.rest, ",") && run(s.rest[1:]) == 3 && len(figures) > 0 {
		figures += s.take(4)[1:]
	}
	if strings.HasPrefix(s.rest, ".") && run(s.rest[1:]) > 0 {
		figures += s.take(1 + run(s.rest[1:]))
	}
	t := token{text: figures}
	t.num, _ = new(big.Rat).SetString(figures)
	for _, end := range []string{"st", "nd", "rd", "th", "rds", "ths"} {
		after, found := strings.CutPrefix(s.rest, end)
		if r, _ := utf8.DecodeRuneInString(after); found && !letterOrDigit(r) {
			s.take(len(end))
			t.ordinal = true
			break
		}
	}
	s.add(t)
}

// run counts the figures at the start of text.
func run(text string) int {
	n := strings.IndexFunc(text, func(r rune) bool { return !digit(r) })
	if n < 0 {
		return len(text)
	}
	return n
}
