package turn

import (
	"time"

	"parley/pipeline/stage"
)

// Rule says when a person's speech begins and ends.
type Rule struct {
	// Threshold is the chance of speech from which a window counts as speech.
	Threshold float64
	// Silence is how long there must be none for the turn to be over.
	Silence time.Duration
}

const (
	// DefaultThreshold is Silero's recommended chance for speech.
	DefaultThreshold = 0.5
	// Onset is how much speech in a row begins a turn. Two detector windows
	// keep out clicks, and are short enough to stop a reply in time.
	Onset = 60 * time.Millisecond
	// release is how far below the threshold the chance must fall for a
	// window to count as silence; in between nothing changes, so that a chance
	// that hovers about the threshold does not flicker. It is the margin that
	// Silero's own reference code uses.
	release = 0.15
)

// Change is what an Endpointer makes of a sound.
type Change int

// The changes.
const (
	None Change = iota
	Started
	Ended
)

// Endpointer follows one person's sound and says when their speech begins and
// when their turn is over. It counts time in samples, so it gives the same
// result however fast the sound comes. The zero value is ready.
type Endpointer struct {
	speaking bool
	run      time.Duration // length of the run of speech, while not speaking
	quiet    time.Duration // length of the run of silence, while speaking
	// Start and End are where the last speech began and ended (so far), since
	// the conversation began.
	Start, End time.Duration
}

// Hear takes the next sound. Concealed sound extends whatever is going on but
// is no evidence of silence: a gap in the network is not a pause.
func (e *Endpointer) Hear(s stage.Sound, r Rule) Change {
	from, length := s.Start(), s.Duration()
	speech := s.Speech >= r.Threshold
	if !e.speaking {
		switch {
		case !speech:
			e.run = 0
			return None
		case e.run == 0:
			e.Start = from
		}
		e.run += length
		e.End = from + length
		if e.run < Onset {
			return None
		}
		e.speaking, e.run, e.quiet = true, 0, 0
		return Started
	}
	switch {
	case speech:
		e.quiet, e.End = 0, from+length
	case s.Speech < r.Threshold-release && !s.Concealed:
		e.quiet += length
	}
	if e.quiet < r.Silence || e.quiet == 0 {
		return None
	}
	e.Reset()
	return Ended
}

// Reset forgets that anybody speaks.
func (e *Endpointer) Reset() { e.speaking, e.run, e.quiet = false, 0, 0 }
