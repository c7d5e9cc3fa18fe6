// Package piper speaks with Piper's voices (https://github.com/rhasspy/piper):
// VITS (Kim, Kong and Son, 2021, arXiv:2106.06103) on phonemes from espeak-ng.
//
// A clause goes four ways down. Its words become phonemes in a warm espeak-ng
// process. The encoder, which must see the whole clause, plans melody and pace.
// The flow and the vocoder, which see a bounded stretch of time, then make the
// sound in pieces: the first one is ready while most of the clause is still to
// be computed, and all of them together are sample for sample what the whole
// clause would have been. The encoder's durations say where each word sounds.
package piper

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/models"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/tts/text"
)

// Options say which voices there are and how they are run.
type Options struct {
	// Voice is spoken with unless a delivery names another; empty is the
	// store's first. It is loaded at once, the others when they are first
	// asked for.
	Voice string
	// Threads is how many threads one operator may use; 0 is 1.
	Threads int
}

// Synthesizer speaks. It implements stage.Synthesizer.
type Synthesizer struct {
	voices  []string
	open    map[string]func() (*voice, error)
	mu      sync.Mutex
	loaded  []*voice
	espeak  map[string]*phonemizer // by language
	runtime *models.Runtime
	threads int
}

var _ stage.Synthesizer = (*Synthesizer)(nil)

// Open loads the first voice and starts its espeak-ng process. The caller closes
// the synthesiser after the last Speak has returned.
func Open(rt *models.Runtime, o Options) (*Synthesizer, error) {
	voices := slices.Clone(models.PiperVoices)
	if o.Voice != "" {
		i := slices.Index(voices, o.Voice)
		if i < 0 {
			return nil, noVoice(o.Voice, voices)
		}
		voices = append([]string{o.Voice}, slices.Delete(voices, i, i+1)...)
	}
	s := &Synthesizer{
		voices: voices, open: map[string]func() (*voice, error){},
		espeak: map[string]*phonemizer{}, runtime: rt, threads: max(o.Threads, 1),
	}
	for _, name := range s.voices {
		s.open[name] = sync.OnceValues(func() (*voice, error) { return s.load(name) })
	}
	v, err := s.open[s.voices[0]]()
	if err == nil {
		_, err = s.phonemizer(v).phonemes(context.Background(), []string{"ready"})
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Synthesizer) load(name string) (*voice, error) {
	v, err := openVoice(s.runtime, name, s.threads)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = append(s.loaded, v)
	return v, nil
}

// phonemizer gives the process for a voice's language.
func (s *Synthesizer) phonemizer(v *voice) *phonemizer {
	s.mu.Lock()
	defer s.mu.Unlock()
	lang := v.settings.Espeak.Voice
	if s.espeak[lang] == nil {
		s.espeak[lang] = &phonemizer{voice: lang}
	}
	return s.espeak[lang]
}

// Voices are the names of the voices, the default one first.
func (s *Synthesizer) Voices() []string { return slices.Clone(s.voices) }

// Close frees the voices and ends the espeak-ng processes.
func (s *Synthesizer) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []error
	for _, v := range s.loaded {
		all = append(all, v.close())
	}
	for _, p := range s.espeak {
		p.close()
	}
	return errors.Join(all...)
}

// Speak emits the clause's sound, mono at the voice's own rate (22,050 Hz). A
// clause without anything to say emits nothing. A voice that is not there and a
// speed outside 0.25 to 4 are a *stage.Fault.
func (s *Synthesizer) Speak(ctx context.Context, c stage.Clause, d stage.Delivery, emit func(stage.Speech) error) error {
	v, speed, err := s.prepare(d)
	if err != nil {
		return err
	}
	at := int64(0)
	for _, tokens := range breaths(text.Speakable(c.Text)) {
		sc, err := s.read(ctx, v, tokens)
		if err != nil {
			return err
		}
		if at, err = v.speak(ctx, sc, speed, at, emit); err != nil {
			return err
		}
	}
	return nil
}

func (s *Synthesizer) prepare(d stage.Delivery) (v *voice, speed float64, err error) {
	name, speed := d.Voice, d.Speed
	if name == "" {
		name = s.voices[0]
	}
	if speed == 0 {
		speed = 1
	}
	open := s.open[name]
	switch {
	case open == nil:
		return nil, 0, noVoice(name, s.voices)
	case speed < 0.25 || speed > 4:
		return nil, 0, stage.Invalid("invalid_value", "speed", "Speed must lie between 0.25 and 4; it is %g.", speed)
	}
	v, err = open()
	return v, speed, err
}

func noVoice(name string, voices []string) error {
	return stage.Invalid("voice_not_found", "voice", "There is no voice %q; this server has %s.", name, strings.Join(voices, " and "))
}

// read turns tokens into a voice's script.
func (s *Synthesizer) read(ctx context.Context, v *voice, tokens []text.Token) (script, error) {
	parts := phrases(tokens)
	lines := make([]string, len(parts))
	for i, p := range parts {
		lines[i] = strings.Join(p.spoken, " ")
	}
	said, err := s.phonemizer(v).phonemes(ctx, lines)
	if err != nil {
		return script{}, err
	}
	return write(tokens, parts, said, v.ids), nil
}

// speak emits a script's sound from sample at on, and returns where it ends.
func (v *voice) speak(ctx context.Context, sc script, speed float64, at int64, emit func(stage.Speech) error) (int64, error) {
	if sc.silent {
		return at, nil
	}
	if err := ctx.Err(); err != nil {
		return at, err
	}
	p, err := v.encode(sc.ids, speed)
	if err != nil {
		return at, err
	}
	format := audio.Format{Rate: v.settings.Audio.SampleRate, Channels: 1}
	var words []stage.SpokenWord
	begun := false
	err = v.decode(ctx, p, func(samples []float32, last bool) error {
		if !begun {
			// The voices take a breath of 40 to 90 ms first, which would be
			// added to the silence before every reply.
			lead := silence(samples) - int(format.Samples(attack))
			lead = max(lead, 0)
			samples = samples[lead:]
			words = sc.place(p.durations, format, at, int64(lead))
			begun = true
		}
		for i, x := range samples {
			samples[i] = min(max(x*v.gain, -1), 1)
		}
		if last && sc.sentence {
			samples = append(samples, make([]float32, format.Samples(sentencePause))...)
		}
		piece := stage.Speech{Frame: audio.Frame{Format: format, Position: at, Samples: samples}, Words: words}
		words = nil
		at = piece.End()
		return emit(piece)
	})
	return at, err
}

// sentencePause follows a sentence. The voices themselves leave some 50 ms,
// which is enough between the parts of one.
const sentencePause = 120 * time.Millisecond

// attack is the sound kept before the first that is audible, which is below
// quiet, about -54 dBFS.
const (
	attack = 5 * time.Millisecond
	quiet  = 0.002
)

// silence counts the samples before the first that is audible.
func silence(samples []float32) int {
	for i, x := range samples {
		if x > quiet || x < -quiet {
			return i
		}
	}
	return len(samples)
}

// place says where each word of a script sounds that begins at sample at with
// its first samples, lead many, left out, from the frames that each id lasts.
func (s script) place(durations []float32, f audio.Format, at, lead int64) []stage.SpokenWord {
	starts := make([]int64, len(durations)+1) // in samples
	for i, d := range durations {
		starts[i+1] = starts[i] + int64(d)*hop
	}
	words := make([]stage.SpokenWord, len(s.words))
	time := func(id int) time.Duration {
		return f.Duration(at + max(starts[min(id, len(durations))]-lead, 0))
	}
	for i, w := range s.words {
		words[i] = stage.SpokenWord{Text: w, Start: time(s.from[i]), End: time(s.to[i])}
	}
	return words
}

// mostWords bounds the words that go through the encoder at once.
const mostWords = 50

// breaths cuts tokens into runs that the encoder can take, after a pause if
// there is one in the later half.
func breaths(tokens []text.Token) [][]text.Token {
	var all [][]text.Token
	for len(tokens) > mostWords {
		cut := mostWords
		for i := mostWords; i > mostWords/2; i-- {
			if _, m := mark(tokens[i-1]); m != 0 {
				cut = i
				break
			}
		}
		all = append(all, tokens[:cut])
		tokens = tokens[cut:]
	}
	return append(all, tokens)
}
