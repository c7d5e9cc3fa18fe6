package moonshine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// How windows are kept short, in samples. The model was trained on less than
// 30 s, and its time grows with the window. A live utterance is cut early, at a
// real pause, which keeps the last decoding of a long one quick; a recording is
// cut only when it must be.
const (
	longest         = 28 * rate
	comfortableLive = 15 * rate
	// shortestPart and lastPart are what a cut leaves on either side at least.
	shortestPart = 5 * rate
	lastPart     = rate / 2
	// realPause is a pause that ends a phrase.
	realPause = 3 * rate / 10
)

// When a growing window is decoded, in samples.
const (
	// shortestHop lies between two decodings of somebody who goes on speaking.
	shortestHop = rate * 24 / 100
	// quiet is the silence after which the last word is surely over, four
	// windows of the detector.
	quiet = 4 * 512
)

// audible is the least voiced sound, in samples, that is taken for speech.
// Shown less, the model invents words.
const audible = 3 * 512

// recognition is one utterance.
type recognition struct {
	r    *Recognizer
	emit func(stage.Transcript)
	// live says that the sound comes as it is spoken, so that transcripts are
	// wanted before the end.
	live bool
	// comfortable is the length above which the window is cut at a pause.
	comfortable int64

	window window
	// voiced is where the last voiced sound ended, heard up to where the words
	// below are from.
	voiced, heard int64
	// pending says that there is voiced sound which the words do not cover, or
	// whose last moment had no time to fade when they were decoded.
	pending bool
	cost    time.Duration

	// settled are the words of the parts that were cut off; they stay. words
	// are those of the window, draft their tokens.
	settled, words []stage.Word
	draft          []int32
	endChance      float64
	// committed are the words that were promised not to change.
	committed []stage.Word
	// previous are all words of the hypothesis before, for comparison.
	previous []stage.Word
	over     bool
}

var errOver = errors.New("asr: the utterance is over")

// Write takes sounds in and decodes at most once if the window is due, but as
// often as it takes to keep a window that was handed over long within bounds.
func (u *recognition) Write(ctx context.Context, sounds ...stage.Sound) error {
	if u.over {
		return errOver
	}
	for _, s := range sounds {
		if s.Format != audio.Speech {
			return fmt.Errorf("asr: sound of %v, want %v: %w", s.Format, audio.Speech, stage.ErrInvalid)
		}
		if err := u.take(ctx, s); err != nil {
			return err
		}
	}
	if !u.live || !u.due() {
		return nil
	}
	if at, ok := u.comfortableCut(); ok {
		return u.settle(ctx, at)
	}
	if err := u.decode(ctx); err != nil {
		return err
	}
	u.publish()
	return nil
}

// take adds one sound to the window.
func (u *recognition) take(ctx context.Context, s stage.Sound) error {
	if len(u.window.pcm) == 0 {
		u.voiced, u.heard = max(u.voiced, s.Position), max(u.heard, s.Position)
	}
	switch gap := s.Position - u.window.end(); {
	case len(u.window.pcm) == 0:
	case gap < 0:
		return fmt.Errorf("asr: sound at %d follows sound up to %d: %w", s.Position, u.window.end(), stage.ErrInvalid)
	case gap > longest/4:
		// So long a hole ends a part by itself and is not worth the memory.
		if err := u.settle(ctx, u.window.end()); err != nil {
			return err
		}
	}
	u.window.add(s)
	if u.window.marks[len(u.window.marks)-1].voiced {
		u.voiced, u.pending = u.window.end(), true
	}
	for len(u.window.pcm) > longest {
		if err := u.settle(ctx, u.forcedCut()); err != nil {
			return err
		}
	}
	return nil
}

// due says whether the window should be decoded now. At the end of speech that
// is as soon as the last word is over; the moments before it are left free, so
// that no other decoding is then in the way. While speech goes on, decodings
// come at intervals that leave half of a core idle.
func (u *recognition) due() bool {
	if !u.pending {
		return false
	}
	end := u.window.end()
	switch silence := end - u.voiced; {
	case silence >= quiet:
		return true
	case silence > 0:
		return false
	}
	return end-u.heard >= max(shortestHop, audio.Speech.Samples(2*u.cost))
}

// comfortableCut finds a real pause to cut a window at that has grown long.
func (u *recognition) comfortableCut() (int64, bool) {
	if int64(len(u.window.pcm)) <= u.comfortable {
		return 0, false
	}
	return u.window.pause(u.window.start+shortestPart, u.window.end()-lastPart, realPause)
}

// forcedCut finds the best place there is.
func (u *recognition) forcedCut() int64 {
	from, to := u.window.start+shortestPart, u.window.end()-lastPart
	if at, ok := u.window.pause(from, to, 1); ok {
		return at
	}
	return u.window.quietest(u.window.start+longest/2, to)
}

// settle recognises the window up to a position for good and cuts it off there.
func (u *recognition) settle(ctx context.Context, at int64) error {
	head := u.window.cut(at)
	words, _, _, err := u.recognise(ctx, head)
	if err != nil {
		return err
	}
	u.settled = append(u.settled, words...)
	u.words, u.draft, u.endChance = nil, nil, -1
	u.heard = at
	u.pending = u.window.speech() > 0
	return nil
}

// decode recognises the window as it stands.
func (u *recognition) decode(ctx context.Context) error {
	words, tokens, end, err := u.recognise(ctx, u.window)
	if err != nil {
		return err
	}
	u.words, u.draft, u.endChance = words, tokens, end
	u.heard = u.window.end()
	u.pending = u.heard-u.voiced < quiet
	return nil
}

func (u *recognition) recognise(ctx context.Context, w window) (words []stage.Word, tokens []int32, end float64, err error) {
	if w.speech() < audible {
		return nil, nil, -1, nil
	}
	h, pass, err := u.r.model.recognise(ctx, w.pcm, u.draft)
	if err != nil {
		return nil, nil, -1, err
	}
	u.cost = pass.Encode + pass.Decode
	if u.r.options.Passed != nil {
		u.r.options.Passed(pass)
	}
	p := u.r.model.pieces
	return w.place(p.words(h)), h.tokens, p.endChance(h), nil
}

// publish commits what two hypotheses in a row agree on, but for the last word,
// which may still be growing (local agreement; Liu et al. 2020, arXiv
// 2005.11185), and emits the words.
func (u *recognition) publish() {
	all := u.all()
	agreed := 0
	for agreed < min(len(all)-1, len(u.previous)) && same(all[agreed].Text, u.previous[agreed].Text) {
		agreed++
	}
	u.previous = all
	heard := audio.Speech.Duration(u.heard)
	words := append(make([]stage.Word, 0, len(all)), u.committed...)
	for i := len(words); i < len(all); i++ {
		w := all[i]
		// Times are estimated anew each time; committed ones stand, and what
		// follows them must not begin before they end.
		if i > 0 {
			w.Start = max(w.Start, words[i-1].End)
			w.End = max(w.End, w.Start)
		}
		w.Lookahead = max(heard-w.End, 0)
		if w.Committed = i < agreed; w.Committed {
			u.committed = append(u.committed, w)
		}
		words = append(words, w)
	}
	if u.emit != nil {
		u.emit(stage.Transcript{Text: text(words), Words: words, Heard: heard, EndChance: u.endChance})
	}
}

// all are the words of the newest hypothesis, in memory of their own.
func (u *recognition) all() []stage.Word {
	return append(append(make([]stage.Word, 0, len(u.settled)+len(u.words)), u.settled...), u.words...)
}

// Finish decodes once more unless nothing but silence came since the last time.
func (u *recognition) Finish(ctx context.Context) (stage.Transcript, error) {
	if u.over {
		return stage.Transcript{}, errOver
	}
	if u.pending && u.heard < u.window.end() {
		if err := u.decode(ctx); err != nil {
			return stage.Transcript{}, err
		}
	}
	u.over = true
	words := u.all()
	heard := audio.Speech.Duration(u.window.end())
	for i := range words {
		words[i].Committed = true
		words[i].Lookahead = max(heard-words[i].End, 0)
		// A word that was committed before keeps what it cost then.
		if i < len(u.committed) && same(words[i].Text, u.committed[i].Text) {
			words[i].Lookahead = u.committed[i].Lookahead
		}
	}
	return stage.Transcript{Text: text(words), Words: words, Heard: heard, EndChance: u.endChance, Final: true}, nil
}

// Close drops the sound.
func (u *recognition) Close() error {
	u.over = true
	u.window = window{}
	return nil
}

func text(words []stage.Word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}
