package piper

import (
	"strings"
	"unicode/utf8"

	"parley/tts/text"
)

// pauses are the marks that Piper's voices were trained on; they carry the
// pauses and the melody. Others are mapped to the nearest one.
var pauses = map[rune]rune{
	'.': '.', ',': ',', '?': '?', '!': '!', ';': ';', ':': ':',
	'…': '.', '—': ',', '–': ',',
}

// maxIDs bounds the phoneme ids of one run of the encoder, whose cost grows
// with their square: about 45 s of speech.
const maxIDs = 1500

// script is a clause as a voice reads it.
type script struct {
	ids []int64
	// from and to are, for each word of the clause, the ids that sound it:
	// [from, to). A word that makes no sound has from == to.
	words    []string
	from, to []int
	// silent says that there is not a phoneme in it, pauses apart.
	silent bool
	// sentence says that it ends a sentence.
	sentence bool
}

// phrase is a run of tokens up to a pause.
type phrase struct {
	first  int // index of its first token
	spoken []string
	mark   rune // 0 if none
}

// phrases parts tokens at the marks behind them.
func phrases(tokens []text.Token) []phrase {
	var all []phrase
	p := phrase{}
	for i, t := range tokens {
		body, m := mark(t)
		p.spoken = append(p.spoken, body)
		if p.mark = m; m != 0 {
			all = append(all, p)
			p = phrase{first: i + 1}
		}
	}
	if len(p.spoken) > 0 {
		all = append(all, p)
	}
	return all
}

// mark parts what is read for a token into words and the pause behind them:
// that of the last of the marks it ends in, past any closing quotes and
// brackets, or 0. Where no pause is to be heard ("Dr."), Spoken ends in none.
func mark(t text.Token) (body string, m rune) {
	body = t.Spoken
	for body != "" {
		r, size := utf8.DecodeLastRuneInString(body)
		p, ok := pauses[r]
		if !ok && !strings.ContainsRune("\"'”’»)]}", r) {
			break
		}
		if m == 0 {
			m = p
		}
		body = body[:len(body)-size]
	}
	return body, m
}

// write puts phonemes and words together. said holds the phonemes of each
// phrase; ids maps a phoneme to its number in the voice.
func write(tokens []text.Token, parts []phrase, said []string, ids map[rune]int64) script {
	s := script{ids: []int64{ids['^'], ids['_']}, silent: true, from: make([]int, len(tokens)), to: make([]int, len(tokens))}
	put := func(r rune) {
		if id, ok := ids[r]; ok && len(s.ids) < maxIDs {
			s.ids = append(s.ids, id, ids['_'])
		}
	}
	for _, t := range tokens {
		s.words = append(s.words, t.Original)
	}
	for i, p := range parts {
		if i > 0 {
			put(' ')
		}
		phonemes := strings.Fields(said[i])
		at := make([][2]int, len(phonemes)) // ids of each phoneme word
		for j, w := range phonemes {
			if j > 0 {
				put(' ')
			}
			at[j][0] = len(s.ids)
			for _, r := range w {
				put(r)
			}
			at[j][1] = len(s.ids)
			s.silent = false
		}
		if p.mark != 0 {
			put(p.mark)
		}
		s.sentence = strings.ContainsRune(".?!", p.mark)
		for k, span := range assign(p.spoken, phonemes) {
			w := p.first + k
			switch {
			case len(phonemes) == 0:
				s.from[w], s.to[w] = len(s.ids), len(s.ids)
			default:
				s.from[w], s.to[w] = span.in(at)
			}
		}
	}
	s.ids = append(s.ids, ids['$'])
	return s
}
