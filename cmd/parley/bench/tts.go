package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"parley/asr/score"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/tts/text"
)

// TTSOptions say what "bench tts" speaks and how.
type TTSOptions struct {
	// Synth speaks clause by clause, as the server does.
	Synth stage.Synthesizer
	// Whole, if not nil, is timed beside it on the same texts, handed over
	// uncut: the plain way, which emits a sentence once it is complete.
	Whole stage.Synthesizer
	// Listen, if not nil, writes down what it hears in 16 kHz mono sound.
	Listen func(ctx context.Context, samples []float32) (string, error)
	// Texts are what is said; without any the built-in ones.
	Texts []string
	// Voice names the voice; empty is the synthesiser's own.
	Voice string
	// Limit takes the first texts only; 0 takes all.
	Limit int
	// Seed fixes the order in which they are spoken, so that a slow spell of
	// the machine does not meet texts of one length only.
	Seed uint64
	// Progress, if not nil, hears how many texts of how many are done.
	Progress func(done, of int)
	// Commit is what is measured, for the machine's description.
	Commit string
}

// TTSResult is what "bench tts" prints. First audio is from the call of Speak
// to the first piece of sound that it emits.
type TTSResult struct {
	// FirstAudio is that of each text's first clause, which is what somebody
	// waits for.
	FirstAudio Quantiles `json:"first_audio_ms"`
	// FirstAudioByWords is that of all clauses by their number of words.
	FirstAudioByWords map[string]Quantiles `json:"first_audio_by_words"`
	// RTF is the time that speaking took for each second of sound.
	RTF float64 `json:"rtf"`
	// RoundtripWER is the word error rate, in percent, of what a recogniser
	// heard, against the texts; null if nobody listened.
	RoundtripWER *float64 `json:"roundtrip_wer"`
	// WholeSentence is null without a synthesiser that works that way.
	WholeSentence *TTSWhole `json:"whole_sentence"`
	Bars          []Bar     `json:"bars"`
	Machine       Machine   `json:"machine"`
	N             int       `json:"n"`
}

// TTSWhole is what the texts came to when they were not cut.
type TTSWhole struct {
	FirstAudio Quantiles `json:"first_audio_ms"`
	RTF        float64   `json:"rtf"`
}

// Bar is a figure that has to stay at or under a limit. A benchmark reports it
// and runs on.
type Bar struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	AtMost float64 `json:"at_most"`
	Met    bool    `json:"met"`
}

// NewBar compares a figure with its limit.
func NewBar(name string, value, atMost float64) Bar {
	return Bar{Name: name, Value: value, AtMost: atMost, Met: value <= atMost}
}

//go:embed tts_texts.txt
var ttsTexts string

// TTSTexts are the built-in texts: 60 sentences of 1 to 22 words.
func TTSTexts() []string { return strings.Split(strings.TrimSpace(ttsTexts), "\n") }

// shortClause is up to how many words a clause has to start at once.
const shortClause = 10

// TTS speaks every text, cut into clauses as a reply is while it is written, and
// times each. It speaks one at a time: the figures are those of one
// conversation on this machine.
func TTS(ctx context.Context, o TTSOptions) (TTSResult, error) {
	texts := slices.Clone(o.Texts)
	if len(texts) == 0 {
		texts = TTSTexts()
	}
	if o.Limit > 0 {
		texts = texts[:min(o.Limit, len(texts))]
	}
	random := rand.New(rand.NewPCG(o.Seed, 0))
	random.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	run := ttsRun{o: o, byWords: map[string][]time.Duration{}}
	if err := run.warmUp(ctx); err != nil {
		return TTSResult{}, err
	}
	for i, t := range texts {
		if err := run.text(ctx, t); err != nil {
			return TTSResult{}, fmt.Errorf("bench: %q: %w", t, err)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(texts))
		}
	}
	if len(run.cut.first) == 0 {
		return TTSResult{}, errors.New("bench: none of the texts made a sound")
	}
	r := run.result()
	voice := o.Voice
	if voice == "" {
		voice = "default"
	}
	r.N, r.Machine = len(texts), ThisMachine("piper-"+voice, o.Commit)
	return r, nil
}

// ttsRun gathers the figures.
type ttsRun struct {
	o          TTSOptions
	cut, whole ttsTimes
	byWords    map[string][]time.Duration
	short      []time.Duration // of clauses up to shortClause words
	heard      score.Tally
}

// ttsTimes are those of one way to speak.
type ttsTimes struct {
	first       []time.Duration
	work, sound time.Duration
}

func (t ttsTimes) rtf() float64 {
	if t.sound == 0 {
		return 0
	}
	return t.work.Seconds() / t.sound.Seconds()
}

// warmUp lets every part load what it loads at its first use, for short and for
// long clauses.
func (r *ttsRun) warmUp(ctx context.Context) error {
	for _, t := range []string{"Ready.", "This is only to warm up.", "And this is a longer one, which nobody is going to hear or to count."} {
		for _, s := range []stage.Synthesizer{r.o.Synth, r.o.Whole} {
			if s == nil {
				continue
			}
			if _, err := speakTimed(ctx, s, t, r.o.Voice); err != nil {
				return fmt.Errorf("bench: warming up: %w", err)
			}
		}
	}
	return nil
}

// text speaks one text in both ways.
func (r *ttsRun) text(ctx context.Context, t string) error {
	var all []float32
	var format audio.Format
	waited := false
	for _, clause := range text.Split(t) {
		s, err := speakTimed(ctx, r.o.Synth, clause, r.o.Voice)
		if err != nil {
			return err
		}
		if len(s.samples) == 0 {
			continue // nothing in it to be said
		}
		if !waited {
			r.cut.first = append(r.cut.first, s.first)
			waited = true
		}
		words := len(strings.Fields(clause))
		r.byWords[wordsBucket(words)] = append(r.byWords[wordsBucket(words)], s.first)
		if words <= shortClause {
			r.short = append(r.short, s.first)
		}
		r.cut.work += s.work
		r.cut.sound += s.duration()
		if format.Rate != 0 && s.format != format {
			return fmt.Errorf("the sound changed from %v to %v", format, s.format)
		}
		format = s.format
		all = append(all, s.samples...)
	}
	if r.o.Whole != nil {
		s, err := speakTimed(ctx, r.o.Whole, t, r.o.Voice)
		if err != nil {
			return err
		}
		if len(s.samples) > 0 {
			r.whole.first = append(r.whole.first, s.first)
			r.whole.work += s.work
			r.whole.sound += s.duration()
		}
	}
	if r.o.Listen == nil || len(all) == 0 {
		return nil
	}
	rec, err := audio.Recording{Format: format, Samples: all}.To(audio.Speech)
	if err != nil {
		return err
	}
	heard, err := r.o.Listen(ctx, rec.Samples)
	if err != nil {
		return err
	}
	r.heard.Add(t, heard)
	return nil
}

func (r *ttsRun) result() TTSResult {
	res := TTSResult{
		FirstAudio: QuantilesOf(r.cut.first), FirstAudioByWords: map[string]Quantiles{}, RTF: r.cut.rtf(),
		Bars: []Bar{NewBar("rtf", r.cut.rtf(), 0.15)},
	}
	if len(r.short) > 0 {
		res.Bars = append(res.Bars, NewBar("first_audio_ms.p50 of clauses up to 10 words", QuantilesOf(r.short).P50, 60))
	}
	for words, ds := range r.byWords {
		res.FirstAudioByWords[words] = QuantilesOf(ds)
	}
	if r.heard.Words() > 0 {
		wer := r.heard.WER()
		res.RoundtripWER = &wer
	}
	if r.o.Whole != nil {
		res.WholeSentence = &TTSWhole{FirstAudio: QuantilesOf(r.whole.first), RTF: r.whole.rtf()}
	}
	return res
}

// wordsBucket is the row of FirstAudioByWords for a clause.
func wordsBucket(n int) string {
	switch {
	case n <= 3:
		return "1-3"
	case n <= shortClause:
		return "4-10"
	case n <= 20:
		return "11-20"
	}
	return "21+"
}

// spokenClause is the sound of one call of Speak and the time that it took.
type spokenClause struct {
	format      audio.Format
	samples     []float32
	first, work time.Duration
}

func (s spokenClause) duration() time.Duration { return s.format.Duration(int64(len(s.samples))) }

func speakTimed(ctx context.Context, synth stage.Synthesizer, clause, voice string) (spokenClause, error) {
	var s spokenClause
	began := time.Now()
	err := synth.Speak(ctx, stage.Clause{Text: clause}, stage.Delivery{Voice: voice}, func(p stage.Speech) error {
		if len(p.Samples) == 0 {
			return nil
		}
		if s.samples == nil {
			s.first = time.Since(began)
			s.format = p.Format
		}
		if p.Channels != 1 || p.Format != s.format || p.Position != int64(len(s.samples)) {
			return fmt.Errorf("a piece in %v at sample %d does not follow %d samples in %v", p.Format, p.Position, len(s.samples), s.format)
		}
		s.samples = append(s.samples, p.Samples...)
		return nil
	})
	s.work = time.Since(began)
	return s, err
}
