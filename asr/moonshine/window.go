package moonshine

import (
	"strings"
	"time"
	"unicode"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// Chances of speech that begin and end a voiced stretch. That they differ keeps
// a voice that fades from flickering; both are Silero's own defaults.
const (
	voicedFrom = 0.5
	voicedTo   = 0.35
)

// window is the sound of an utterance that is not settled yet, with the
// detector's opinion of it. Positions are in samples at 16 kHz since the
// conversation began.
type window struct {
	start int64
	pcm   []float32
	marks []mark
}

// mark is the detector's opinion of the sound from the mark before it up to end.
type mark struct {
	end    int64
	speech float64
	voiced bool
}

func (w *window) end() int64 { return w.start + int64(len(w.pcm)) }

// add appends a sound; a gap before it becomes silence.
func (w *window) add(s stage.Sound) {
	if len(w.pcm) == 0 {
		w.start = s.Position
	}
	if gap := s.Position - w.end(); gap > 0 {
		w.pcm = append(w.pcm, make([]float32, gap)...)
		w.marks = append(w.marks, mark{end: s.Position})
	}
	w.pcm = append(w.pcm, s.Samples...)
	before := len(w.marks) > 0 && w.marks[len(w.marks)-1].voiced
	w.marks = append(w.marks, mark{
		end: w.end(), speech: s.Speech,
		// Sound that was made up says nothing, so all stays as it was.
		voiced: s.Speech >= voicedFrom || before && (s.Speech >= voicedTo || s.Concealed),
	})
}

// span is a stretch of positions.
type span struct{ from, to int64 }

func (s span) len() int64 { return s.to - s.from }

// spans gives the stretches, in order, whose marks are voiced, or are not.
func (w *window) spans(voiced bool) []span {
	var out []span
	from := w.start
	for _, m := range w.marks {
		if m.voiced == voiced {
			if n := len(out); n > 0 && out[n-1].to == from {
				out[n-1].to = m.end
			} else {
				out = append(out, span{from, m.end})
			}
		}
		from = m.end
	}
	return out
}

// speech is how many samples are voiced.
func (w *window) speech() (n int64) {
	for _, s := range w.spans(true) {
		n += s.len()
	}
	return n
}

// pause finds where to cut: in the middle of the longest pause of at least the
// length given, between from and to.
func (w *window) pause(from, to, least int64) (at int64, ok bool) {
	for _, s := range w.spans(false) {
		s.from, s.to = max(s.from, from), min(s.to, to)
		if s.len() >= least {
			at, ok, least = s.from+s.len()/2, true, s.len()+1
		}
	}
	return at, ok
}

// quietest finds the place between from and to that is least like speech.
func (w *window) quietest(from, to int64) int64 {
	at, least := to, 2.0
	begin := w.start
	for _, m := range w.marks {
		if begin >= from && m.end <= to && m.speech < least {
			at, least = begin+(m.end-begin)/2, m.speech
		}
		begin = m.end
	}
	return at
}

// cut takes the sound before a position off and returns it as a window.
func (w *window) cut(at int64) window {
	head := window{start: w.start, pcm: w.pcm[:at-w.start]}
	rest := window{start: at, pcm: append([]float32(nil), w.pcm[at-w.start:]...)}
	begin := w.start
	for _, m := range w.marks {
		if begin < at {
			h := m
			h.end = min(m.end, at)
			head.marks = append(head.marks, h)
		}
		if m.end > at {
			rest.marks = append(rest.marks, m)
		}
		begin = m.end
	}
	*w = rest
	return head
}

// place gives words their times. The model tells none, so the words are spread
// over what the detector took for speech, in proportion to the letters of each.
// In read English this is right within a word or so, better near pauses.
func (w *window) place(words []word) []stage.Word {
	voiced := w.spans(true)
	if len(voiced) == 0 {
		voiced = []span{{w.start, w.end()}}
	}
	var speech int64
	for _, s := range voiced {
		speech += s.len()
	}
	total := 0
	for _, x := range words {
		total += weight(x.text)
	}
	// position turns a share of the speech into a position. At the joint of two
	// stretches an end belongs to the first and a start to the second.
	position := func(share int, start bool) time.Duration {
		n := speech * int64(share) / int64(total)
		for i, s := range voiced {
			if n < s.len() || n == s.len() && (!start || i == len(voiced)-1) {
				return audio.Speech.Duration(s.from + n)
			}
			n -= s.len()
		}
		return audio.Speech.Duration(voiced[len(voiced)-1].to)
	}
	out := make([]stage.Word, len(words))
	share := 0
	for i, x := range words {
		start := position(share, true)
		share += weight(x.text)
		out[i] = stage.Word{Text: x.text, Start: start, End: position(share, false), Confidence: x.chance}
	}
	return out
}

// weight stands for how long a word takes to say. Written figures are said as
// words of some four letters each.
func weight(text string) int {
	n := 1
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			n += 4
		case unicode.IsLetter(r):
			n++
		}
	}
	return n
}

// same says whether two words are one but for case and punctuation.
func same(a, b string) bool { return strings.EqualFold(bare(a), bare(b)) }

func bare(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}
