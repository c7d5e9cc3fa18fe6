package moonshine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/asr/score"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// sentences are such that both sizes get every word of espeak-ng's voice right;
// how well they do on people is for "parley bench asr" to say.
var sentences = []string{
	"How much is twelve times twelve?",
	"There are many people in the garden.",
	"My brother works in a small office near the park.",
	"The children are playing in the street.",
	"They want to buy a new house next year.",
	"You can see the mountains from the window.",
	"Nobody knows where the money has gone.",
}

func wer(reference, hypothesis string) float64 {
	var t score.Tally
	t.Add(reference, hypothesis)
	return t.WER()
}

func transcribe(t *testing.T, r *Recognizer, samples []float32) stage.Transcript {
	t.Helper()
	got, err := r.Transcribe(context.Background(), samples)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTranscribe(t *testing.T) {
	for _, size := range []string{"tiny", "base"} {
		t.Run(size, func(t *testing.T) {
			r := open(t, size, nil)
			for _, s := range sentences[:4] {
				got := transcribe(t, r, speak(t, s))
				if e := wer(s, got.Text); e > 0 {
					t.Errorf("%q was heard as %q", s, got.Text)
				}
				if !got.Final || got.EndChance < .3 || got.EndChance > 1 {
					t.Errorf("%q: final %v, end chance %v", got.Text, got.Final, got.EndChance)
				}
			}
		})
	}
}

func TestHearsNothingInNothing(t *testing.T) {
	r := open(t, "tiny", nil)
	random := rand.New(rand.NewPCG(1, 2))
	sound := func(n int, f func(i int) float32) []float32 {
		s := make([]float32, n)
		for i := range s {
			s[i] = f(i)
		}
		return s
	}
	for name, s := range map[string][]float32{
		"no sound": nil,
		"moment":   make([]float32, 100),
		"silence":  make([]float32, 3*rate),
		"noise":    sound(3*rate, func(int) float32 { return float32(random.NormFloat64()) / 20 }),
		"click":    sound(rate, func(i int) float32 { return map[bool]float32{true: .9}[i > 8000 && i < 8040] }),
		"a breath": speak(t, "a")[:800],
	} {
		got := transcribe(t, r, s)
		if got.Text != "" || len(got.Words) != 0 || got.EndChance >= 0 || !got.Final {
			t.Errorf("%s was heard as %+v", name, got)
		}
	}
}

// TestLong shows that there is no limit of 30 s: neither with pauses between
// sentences nor without any.
func TestLong(t *testing.T) {
	for _, pause := range []int{rate / 2, 0} {
		t.Run(fmt.Sprintf("pauses of %v", audio.Speech.Duration(int64(pause))), func(t *testing.T) {
			var windows []time.Duration
			r := open(t, "tiny", func(p Pass) { windows = append(windows, p.Sound) })
			var samples []float32
			var said []string
			for i := 0; len(samples) < 33*rate; i++ {
				s := sentences[i%len(sentences)]
				voice := speak(t, s)
				samples = append(samples, voice[:len(voice)-rate/2+pause]...)
				said = append(said, s)
			}
			got := transcribe(t, r, samples)
			// A cut within a word may cost it and its neighbour.
			if e := wer(strings.Join(said, " "), got.Text); e > 10 {
				t.Errorf("%.1f%% wrong:\n%s", e, got.Text)
			}
			if len(windows) < 2 || slices.Max(windows) > longest*time.Second/rate+32*time.Millisecond {
				t.Errorf("recognised in windows of %v", windows)
			}
			checkTimes(t, got, audio.Speech.Duration(int64(len(samples))))
		})
	}
}

// checkTimes wants words in order, within the sound, that make up the text.
func checkTimes(t *testing.T, got stage.Transcript, length time.Duration) {
	t.Helper()
	if text(got.Words) != got.Text {
		t.Errorf("the words of %q are %q", got.Text, text(got.Words))
	}
	if got.Heard > length {
		t.Errorf("heard %v of %v", got.Heard, length)
	}
	last := time.Duration(0)
	for _, w := range got.Words {
		if w.Start < last || w.End < w.Start || w.End > length || w.Lookahead < 0 || w.Confidence <= 0 || w.Confidence > 1 {
			t.Errorf("word %+v after %v", w, last)
		}
		last = w.Start
	}
}

// live feeds sound window by window, as it would come.
func live(t *testing.T, r *Recognizer, u stage.Recognition, samples []float32) {
	t.Helper()
	det, err := r.options.Detector.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer det.Close()
	f := audio.Frame{Format: audio.Speech, Samples: samples}
	err = det.Write(context.Background(), f, func(s stage.Sound) {
		if err := u.Write(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLive(t *testing.T) {
	passes := 0
	r := open(t, "base", func(Pass) { passes++ })
	said := sentences[1] + " " + sentences[2]
	samples := slices.Concat(make([]float32, rate/3), speak(t, sentences[1]), speak(t, sentences[2]))
	var emitted []stage.Transcript
	u, err := r.Open(context.Background(), stage.Hearing{Format: audio.Speech}, func(x stage.Transcript) { emitted = append(emitted, x) })
	if err != nil {
		t.Fatal(err)
	}
	live(t, r, u, samples)
	before := passes
	final, err := u.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if passes != before {
		t.Error("decoded at the end, although nothing but silence had come since")
	}
	if e := wer(said, final.Text); e > 10 || !final.Final {
		t.Errorf("heard %q, final %v", final.Text, final.Final)
	}
	checkTimes(t, final, audio.Speech.Duration(int64(len(samples))))
	if len(emitted) < 3 {
		t.Fatalf("only %d transcripts on the way", len(emitted))
	}
	var promised []stage.Word
	heard := time.Duration(0)
	for _, x := range emitted {
		checkTimes(t, stage.Transcript{Text: x.Text, Words: x.Words, Heard: x.Heard}, time.Hour)
		if x.Final || x.Heard <= heard {
			t.Errorf("heard %v after %v, final %v", x.Heard, heard, x.Final)
		}
		heard = x.Heard
		n := 0
		for n < len(x.Words) && x.Words[n].Committed {
			n++
		}
		if n < len(promised) || !slices.Equal(promised, x.Words[:len(promised)]) {
			t.Fatalf("committed %v, later %v", promised, x.Words)
		}
		if slices.ContainsFunc(x.Words[n:], func(w stage.Word) bool { return w.Committed }) {
			t.Error("a committed word follows one that is not")
		}
		promised = x.Words[:n]
	}
	if len(promised) < len(final.Words)/2 {
		t.Errorf("only %d of %d words were committed on the way", len(promised), len(final.Words))
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
}

func TestRefuses(t *testing.T) {
	r := open(t, "tiny", nil)
	ctx := context.Background()
	if _, err := Open(testRuntime, Options{Size: "large"}); err == nil {
		t.Error("opened a size that there is not")
	}
	if _, err := r.Open(ctx, stage.Hearing{Format: audio.Format{Rate: 48000, Channels: 2}}, nil); !errors.Is(err, stage.ErrInvalid) {
		t.Errorf("48 kHz: %v", err)
	}
	sound := stage.Sound{Speech: 1, Frame: audio.Frame{Format: audio.Speech, Position: 1000, Samples: make([]float32, 8000)}}
	start := func() stage.Recognition {
		t.Helper()
		u, err := r.Open(ctx, stage.Hearing{Format: audio.Speech}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	u := start()
	if err := u.Write(ctx, sound, sound); !errors.Is(err, stage.ErrInvalid) {
		t.Errorf("the same sound twice: %v", err)
	}
	other := sound
	other.Rate = 8000
	if err := start().Write(ctx, other); !errors.Is(err, stage.ErrInvalid) {
		t.Errorf("8 kHz: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := start().Write(cancelled, sound); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	u = start()
	if _, err := u.Finish(ctx); err != nil {
		t.Errorf("an utterance without sound: %v", err)
	}
	if err := u.Write(ctx, sound); err == nil {
		t.Error("wrote to a finished utterance")
	}
	if _, err := u.Finish(ctx); err == nil {
		t.Error("finished twice")
	}
	if err := errors.Join(u.Close(), u.Close()); err != nil {
		t.Error(err)
	}
}

// TestAHoleEndsAPart has the person's sound missing for ten seconds.
func TestAHoleEndsAPart(t *testing.T) {
	r := open(t, "tiny", nil)
	u, err := r.Open(context.Background(), stage.Hearing{Format: audio.Speech}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	at := int64(0)
	said := []string{sentences[1], sentences[3]}
	for _, s := range said {
		voice := speak(t, s)
		for len(voice) > 512 {
			f := audio.Frame{Format: audio.Speech, Position: at, Samples: voice[:512]}
			if err := u.Write(context.Background(), stage.Sound{Frame: f, Speech: 1}); err != nil {
				t.Fatal(err)
			}
			voice, at = voice[512:], at+512
		}
		at += 10 * rate
	}
	got, err := u.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if e := wer(strings.Join(said, " "), got.Text); e > 20 {
		t.Errorf("heard %q", got.Text)
	}
	checkTimes(t, got, audio.Speech.Duration(at))
}

// TestSharedByConversations recognises side by side what it does alone.
func TestSharedByConversations(t *testing.T) {
	r := open(t, "tiny", nil)
	var group errgroup.Group
	for _, s := range slices.Concat(sentences[:4], sentences[:4]) {
		samples := speak(t, s)
		want := transcribe(t, r, samples)
		group.Go(func() error {
			got, err := r.Transcribe(context.Background(), samples)
			if err == nil && got.Text != want.Text {
				err = fmt.Errorf("heard %q beside others, %q alone", got.Text, want.Text)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
