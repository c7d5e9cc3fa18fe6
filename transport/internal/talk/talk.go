// Package talk gives the transports' tests somebody to talk to: the real
// pipeline over stages that take no weights. Whoever whistles a tone at it is
// asked back with the same tone: the recogniser hears a pitch, the reasoner
// repeats it, the synthesiser sounds it. So a test that hears the right pitch
// knows that sound went all the way and back unharmed.
package talk

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/pipeline"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/transport/realtime"
)

// Rate is that of the replies' sound.
const Rate = 22050

// ReplyLength is how long a reply of one clause sounds.
const ReplyLength = time.Second

// Service serves conversations with the whistler. It ends with the test.
func Service(tb testing.TB) realtime.Service {
	tb.Helper()
	e, err := pipeline.New(pipeline.Config{
		Stages: pipeline.Stages{
			Detector: detector{}, Recognizer: recognizer{}, Reasoner: reasoner{}, Narrator: narrator{}, Synthesizer: synthesizer{},
		},
		MaxSessions: 8,
		Defaults:    pipeline.Settings{Spoken: true, Endpointing: pipeline.DefaultEndpointing()},
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = e.Shutdown(ctx)
	})
	return realtime.Service{
		Open: func(ctx context.Context, s pipeline.Settings, out stage.Output) (realtime.Conversation, error) {
			return e.Open(ctx, s, out)
		},
		Defaults: e.Defaults(), Model: "whistler", Voices: []string{"flute", "fife"},
	}
}

// Tone is a sine at half of full scale.
func Tone(freq float64, rate int, length time.Duration) []float32 {
	pcm := make([]float32, audio.Format{Rate: rate}.Samples(length))
	for i := range pcm {
		pcm[i] = float32(0.5 * math.Sin(2*math.Pi*freq*float64(i)/float64(rate)))
	}
	return pcm
}

// Pitch measures the frequency of a tone by the median of its periods, and how
// many of the samples sound at all. Silence before, after and within the tone
// does not matter.
func Pitch(pcm []float32, rate int) (freq float64, sounding int) {
	const loud = 0.1
	var periods []int
	last, low := -1, false
	for i, v := range pcm {
		if math.Abs(float64(v)) > loud {
			sounding++
		}
		switch {
		case v < -loud:
			low = true
		case v > loud && low:
			if last >= 0 {
				periods = append(periods, i-last)
			}
			last, low = i, false
		}
	}
	if len(periods) == 0 {
		return 0, sounding
	}
	// Whole samples are too coarse a measure for one period; the mean of those
	// near the median is not.
	slices.Sort(periods)
	median := periods[len(periods)/2]
	sum, n := 0, 0
	for _, p := range periods {
		if p >= median-2 && p <= median+2 {
			sum += p
			n++
		}
	}
	return float64(rate) * float64(n) / float64(sum), sounding
}

type detector struct{}

func (detector) Open() (stage.Detection, error) { return &detection{}, nil }

type detection struct{ rest audio.Frame }

const window = 512

func (d *detection) Write(_ context.Context, f audio.Frame, emit func(stage.Sound)) error {
	if len(d.rest.Samples) == 0 {
		d.rest = audio.Frame{Format: f.Format, Position: f.Position}
	}
	d.rest.Samples = append(d.rest.Samples, f.Samples...)
	for len(d.rest.Samples) >= window {
		w := d.rest
		w.Samples = d.rest.Samples[:window:window]
		w.Concealed = f.Concealed
		d.rest.Samples = d.rest.Samples[window:]
		d.rest.Position += window
		s := stage.Sound{Frame: w}
		if audio.RMS(w.Samples) > 0.05 {
			s.Speech = 1
		}
		emit(s)
	}
	return nil
}

func (*detection) Close() error { return nil }

type recognizer struct{}

func (recognizer) Open(_ context.Context, _ stage.Hearing, emit func(stage.Transcript)) (stage.Recognition, error) {
	return &recognition{emit: emit}, nil
}

type recognition struct {
	emit func(stage.Transcript)
	pcm  []float32
	end  time.Duration
}

func (r *recognition) Write(_ context.Context, sounds ...stage.Sound) error {
	for _, s := range sounds {
		r.pcm = append(r.pcm, s.Samples...)
		r.end = s.Start() + s.Duration()
	}
	r.emit(r.transcript(false))
	return nil
}

// transcript is "tone N", of which the first word is certain at once.
func (r *recognition) transcript(final bool) stage.Transcript {
	t := stage.Transcript{Heard: r.end, EndChance: -1, Final: final}
	f, sounding := Pitch(r.pcm, audio.Speech.Rate)
	if sounding < 800 {
		return t
	}
	n := fmt.Sprint(10 * math.Round(f/10))
	t.Text = "tone " + n
	t.Words = []stage.Word{{Text: "tone", Committed: true, Confidence: 1, End: r.end}, {Text: n, Committed: final, Confidence: 0.5, Start: r.end, End: r.end}}
	return t
}

func (r *recognition) Finish(context.Context) (stage.Transcript, error) {
	return r.transcript(true), nil
}
func (r *recognition) Close() error { return nil }

type reasoner struct{}

func (reasoner) Respond(_ context.Context, t stage.Turn, emit func(stage.Finding) error) error {
	if t.Question == "fail" {
		return &stage.Fault{Class: stage.ErrUnavailable, Code: "whistle_lost", Message: "There is no whistle."}
	}
	return emit(stage.Finding{ID: "1", Claims: []stage.Claim{{Text: t.Question}}})
}

type narrator struct{}

// Narrate speaks each line of the findings as a clause.
func (narrator) Narrate(_ context.Context, _ stage.Turn, findings <-chan stage.Finding, emit func(stage.Clause) error) error {
	for f := range findings {
		for line := range strings.Lines(f.Claims[0].Text) {
			if err := emit(stage.Clause{Text: strings.TrimSpace(line)}); err != nil {
				return err
			}
		}
	}
	return nil
}

type synthesizer struct{}

// Speak sounds the number in the text as a pitch, in pieces of 100 ms.
func (synthesizer) Speak(ctx context.Context, c stage.Clause, _ stage.Delivery, emit func(stage.Speech) error) error {
	freq := 440.0
	words := strings.Fields(c.Text)
	for _, w := range words {
		if f, err := strconv.ParseFloat(w, 64); err == nil {
			freq = f
		}
	}
	format := audio.Format{Rate: Rate, Channels: 1}
	pcm := Tone(freq, Rate, ReplyLength)
	var spoken []stage.SpokenWord
	each := ReplyLength / time.Duration(max(1, len(words)))
	for i, w := range words {
		spoken = append(spoken, stage.SpokenWord{Text: w, Start: time.Duration(i) * each, End: time.Duration(i+1) * each})
	}
	const piece = Rate / 10
	for at := 0; at < len(pcm); at += piece {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := stage.Speech{Frame: audio.Frame{Format: format, Position: int64(at), Samples: pcm[at : at+piece]}, Words: spoken}
		spoken = nil
		if err := emit(s); err != nil {
			return err
		}
	}
	return nil
}
