package vad_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"parley/asr/vad"
	"parley/models"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

var runtime *models.Runtime

func TestMain(m *testing.M) {
	dir := os.Getenv("PARLEY_MODELS")
	if dir == "" {
		dir = "../../models/weights"
	}
	var err error
	if runtime, err = models.NewRuntime(models.Store{Dir: dir}); err != nil {
		fmt.Fprintln(os.Stderr, "tests on real weights are skipped:", err)
	}
	goleak.VerifyTestMain(m)
}

// open gives a detection that the test closes.
func open(t *testing.T) stage.Detection {
	t.Helper()
	if runtime == nil {
		t.Skip("no weights: run \"make models\" or set PARLEY_MODELS")
	}
	d, err := vad.Open(runtime)
	if err != nil {
		t.Fatal(err)
	}
	det, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(det.Close(), d.Close()); err != nil {
			t.Error(err)
		}
	})
	return det
}

// speak has espeak-ng say something.
func speak(t *testing.T, text string) []float32 {
	t.Helper()
	out, err := exec.Command("espeak-ng", "-v", "en-us", "--stdout", text).Output()
	if err != nil {
		t.Skipf("espeak-ng: %v", err)
	}
	rec, err := audio.Decode(bytes.NewReader(out), audio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if rec, err = rec.To(audio.Speech); err != nil {
		t.Fatal(err)
	}
	return rec.Samples
}

func detect(t *testing.T, det stage.Detection, samples []float32, step int) (sounds []stage.Sound) {
	t.Helper()
	for at := 0; at < len(samples); at += step {
		f := audio.Frame{Format: audio.Speech, Position: int64(at), Samples: samples[at:min(at+step, len(samples))]}
		if err := det.Write(context.Background(), f, func(s stage.Sound) { sounds = append(sounds, s) }); err != nil {
			t.Fatal(err)
		}
	}
	return sounds
}

func noise(n int, level float32) []float32 {
	random := rand.New(rand.NewPCG(1, 2))
	s := make([]float32, n)
	for i := range s {
		s[i] = level * float32(random.NormFloat64())
	}
	return s
}

func TestTellsSpeechFromSilenceAndNoise(t *testing.T) {
	speech := speak(t, "The quick brown fox jumps over the lazy dog.")
	for _, tc := range []struct {
		name      string
		samples   []float32
		low, high float64 // share of windows that are speech
	}{
		{"speech", speech, 0.6, 1},
		{"silence", make([]float32, 3*audio.Speech.Rate), 0, 0},
		{"noise", noise(3*audio.Speech.Rate, 0.05), 0, 0.05},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := 0
			sounds := detect(t, open(t), tc.samples, 320)
			for _, s := range sounds {
				if s.Speech < 0 || s.Speech > 1 {
					t.Fatalf("chance %v", s.Speech)
				}
				if s.Speech >= 0.5 {
					n++
				}
			}
			if share := float64(n) / float64(len(sounds)); share < tc.low || share > tc.high {
				t.Errorf("%.2f of the windows are speech, want %v to %v", share, tc.low, tc.high)
			}
		})
	}
}

// TestKeepsTheSound shows that however sound comes in, the same windows go out,
// gapless and unchanged, with the same chances.
func TestKeepsTheSound(t *testing.T) {
	samples := speak(t, "Hello there.")
	want := detect(t, open(t), samples, len(samples))
	for _, step := range []int{1, 160, 320, 512, 700, 1600} {
		got := detect(t, open(t), samples, step)
		if len(got) != len(samples)/vad.Window || len(got) != len(want) {
			t.Fatalf("step %d: %d windows of %d samples", step, len(got), len(samples))
		}
		at := int64(0)
		for i, s := range got {
			if s.Position != at || len(s.Samples) != vad.Window || s.Format != audio.Speech {
				t.Fatalf("step %d: window %d is %v at %d with %d samples", step, i, s.Format, s.Position, len(s.Samples))
			}
			for j, v := range s.Samples {
				if v != samples[at+int64(j)] {
					t.Fatalf("step %d: sample %d is %v, want %v", step, at+int64(j), v, samples[at+int64(j)])
				}
			}
			if s.Speech != want[i].Speech {
				t.Fatalf("step %d: window %d has chance %v, want %v", step, i, s.Speech, want[i].Speech)
			}
			at = s.End()
		}
	}
}

func TestStartsAfreshAfterAGap(t *testing.T) {
	det := open(t)
	var sounds []stage.Sound
	write := func(position int64, n int, concealed bool) {
		t.Helper()
		f := audio.Frame{Format: audio.Speech, Position: position, Samples: make([]float32, n), Concealed: concealed}
		if err := det.Write(context.Background(), f, func(s stage.Sound) { sounds = append(sounds, s) }); err != nil {
			t.Fatal(err)
		}
	}
	write(0, 600, false)
	write(5000, 500, true)
	write(5500, 12+512, false)
	for i, want := range []struct {
		position  int64
		n         int
		concealed bool
	}{{0, 512, false}, {512, 88, false}, {5000, 512, true}, {5512, 512, false}} {
		if i >= len(sounds) {
			t.Fatalf("only %d sounds", len(sounds))
		}
		s := sounds[i]
		if s.Position != want.position || len(s.Samples) != want.n || s.Concealed != want.concealed {
			t.Errorf("sound %d at %d with %d samples, concealed %v; want %+v", i, s.Position, len(s.Samples), s.Concealed, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	det := open(t)
	f := audio.Frame{Format: audio.Format{Rate: 48000, Channels: 1}, Samples: make([]float32, 960)}
	if err := det.Write(context.Background(), f, nil); !errors.Is(err, stage.ErrInvalid) {
		t.Errorf("48 kHz: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.Format = audio.Speech
	if err := det.Write(ctx, f, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkWindow(b *testing.B) {
	if runtime == nil {
		b.Skip("no weights")
	}
	d, err := vad.Open(runtime)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	det, err := d.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer det.Close()
	f := audio.Frame{Format: audio.Speech, Samples: noise(vad.Window, 0.1)}
	b.ReportAllocs()
	for b.Loop() {
		if err := det.Write(context.Background(), f, func(stage.Sound) {}); err != nil {
			b.Fatal(err)
		}
		f.Position = f.End()
	}
}
