package bench

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// paced takes a millisecond a word to its first piece and makes 100 ms of sound
// a word, in two pieces, the second of which takes ten times as long.
type paced struct{ whole bool }

var voiceFormat = audio.Format{Rate: 22050, Channels: 1}

func (p paced) Speak(_ context.Context, c stage.Clause, _ stage.Delivery, emit func(stage.Speech) error) error {
	words := len(strings.Fields(c.Text))
	n := words * voiceFormat.Rate / 10
	half := n / 2
	sound := make([]float32, n)
	for i := range sound {
		sound[i] = float32(0.2 * math.Sin(float64(i)*0.05))
	}
	first, second := time.Duration(words)*time.Millisecond, 10*time.Duration(words)*time.Millisecond
	if p.whole {
		time.Sleep(first + second)
		return emit(stage.Speech{Frame: audio.Frame{Format: voiceFormat, Samples: sound}})
	}
	time.Sleep(first)
	if err := emit(stage.Speech{Frame: audio.Frame{Format: voiceFormat, Samples: sound[:half]}}); err != nil {
		return err
	}
	time.Sleep(second)
	return emit(stage.Speech{Frame: audio.Frame{Format: voiceFormat, Position: int64(half), Samples: sound[half:]}})
}

func TestTTS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := []string{
			"One two.",                       // a clause of 2 words
			"One two three, four five.",      // clauses of 3 and 2
			"One two three four five six.",   // 6
			"Left out by the limit of four.", // not spoken
		}
		var lengths []int
		r, err := TTS(t.Context(), TTSOptions{
			Synth: paced{}, Whole: paced{whole: true}, Texts: texts, Limit: 3, Seed: 7,
			Listen: func(_ context.Context, samples []float32) (string, error) {
				lengths = append(lengths, len(samples))
				if len(samples) == 6*1600 {
					return "one two three four five sticks", nil
				}
				return map[int]string{2 * 1600: "one two", 5 * 1600: "One two, three, four, five."}[len(samples)], nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(lengths)
		if !slices.Equal(lengths, []int{2 * 1600, 5 * 1600, 6 * 1600}) {
			t.Errorf("listened to %v samples", lengths)
		}
		if r.N != 3 || r.FirstAudio.P50 != 3 || r.FirstAudio.P95 != 6 {
			t.Errorf("n %d, first audio %+v", r.N, r.FirstAudio)
		}
		if got := r.FirstAudioByWords; len(got) != 2 || got["1-3"].P50 != 2 || got["1-3"].P95 != 3 || got["4-10"].P50 != 6 {
			t.Errorf("by words: %+v", got)
		}
		if math.Abs(r.RTF-0.11) > 1e-9 || r.WholeSentence.FirstAudio.P50 != 55 || math.Abs(r.WholeSentence.RTF-0.11) > 1e-9 {
			t.Errorf("rtf %g, whole %+v", r.RTF, r.WholeSentence)
		}
		if want := 100.0 / 13; r.RoundtripWER == nil || math.Abs(*r.RoundtripWER-want) > 1e-9 {
			t.Errorf("roundtrip WER %v, want %g", r.RoundtripWER, want)
		}
		for _, b := range r.Bars {
			if !b.Met || b.Value <= 0 {
				t.Errorf("bar %+v", b)
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}

func TestTTSRefusesGaps(t *testing.T) {
	_, err := TTS(t.Context(), TTSOptions{Synth: gappy{}})
	if err == nil || !strings.Contains(err.Error(), "does not follow") {
		t.Errorf("sound with a gap: %v", err)
	}
}

type gappy struct{}

func (gappy) Speak(_ context.Context, _ stage.Clause, _ stage.Delivery, emit func(stage.Speech) error) error {
	p := stage.Speech{Frame: audio.Frame{Format: voiceFormat, Samples: make([]float32, 10)}}
	if err := emit(p); err != nil {
		return err
	}
	p.Position = 11
	return emit(p)
}

func TestTTSTexts(t *testing.T) {
	texts := TTSTexts()
	if len(texts) < 60 {
		t.Errorf("only %d texts", len(texts))
	}
	buckets := map[string]int{}
	for _, s := range texts {
		if strings.TrimSpace(s) == "" {
			t.Error("an empty text")
		}
		buckets[wordsBucket(len(strings.Fields(s)))]++
	}
	for _, b := range []string{"1-3", "4-10", "11-20", "21+"} {
		if buckets[b] < 5 {
			t.Errorf("only %d texts of %s words", buckets[b], b)
		}
	}
}
