package piper

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/models"
	"parley/pipeline/stage"
	"parley/tts/text"
)

var speaker *Synthesizer

func TestMain(m *testing.M) {
	dir := os.Getenv("PARLEY_MODELS")
	if dir == "" {
		dir = "../../models/weights"
	}
	rt, err := models.NewRuntime(models.Store{Dir: dir})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		panic(err)
	}
	if err == nil {
		if speaker, err = Open(rt, Options{}); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if speaker != nil {
		if err := errors.Join(speaker.Close(), rt.Close()); err != nil {
			panic(err)
		}
	}
	if err := goleak.Find(); err != nil {
		panic(err)
	}
	os.Exit(code)
}

func needVoices(tb testing.TB) *Synthesizer {
	tb.Helper()
	if speaker == nil {
		tb.Skip("the voices are not installed: run make models")
	}
	return speaker
}

// speak gives all pieces of a clause.
func speak(tb testing.TB, clause string, d stage.Delivery) []stage.Speech {
	tb.Helper()
	var all []stage.Speech
	if err := needVoices(tb).Speak(tb.Context(), stage.Clause{Text: clause}, d, func(p stage.Speech) error {
		all = append(all, p)
		return nil
	}); err != nil {
		tb.Fatalf("speak %q: %v", clause, err)
	}
	return all
}

func TestStreamedIsTheWhole(t *testing.T) {
	s := needVoices(t)
	for _, name := range s.Voices() {
		for _, clause := range []string{
			"Yes.", "What is the capital of France?",
			"The quick brown fox jumps over the lazy dog, while the sun is setting slowly behind the hills of home.",
		} {
			v, _, err := s.prepare(stage.Delivery{Voice: name})
			if err != nil {
				t.Fatal(err)
			}
			sc, err := s.read(t.Context(), v, text.Speakable(clause))
			if err != nil {
				t.Fatal(err)
			}
			p, err := v.encode(sc.ids, 1)
			if err != nil {
				t.Fatal(err)
			}
			latent, err := v.runFlow(p.prior)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := v.runVocoder(latent)
			if err != nil {
				t.Fatal(err)
			}
			var streamed []float32
			pieces := 0
			if err := v.decode(t.Context(), p, func(samples []float32, _ bool) error {
				streamed = append(streamed, samples...)
				pieces++
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if len(streamed) != len(whole) {
				t.Fatalf("%s, %q: %d samples streamed, %d whole", name, clause, len(streamed), len(whole))
			}
			var signal, noise float64
			for i := range whole {
				signal += float64(whole[i]) * float64(whole[i])
				d := float64(whole[i] - streamed[i])
				noise += d * d
			}
			if db := 10 * math.Log10(signal/max(noise, 1e-30)); db < 100 {
				t.Errorf("%s, %q: in %d pieces the difference is only %.0f dB down", name, clause, pieces, db)
			} else {
				t.Logf("%s, %d pieces: %.0f dB", name, pieces, db)
			}
		}
	}
}

func TestPiecesAndWords(t *testing.T) {
	for _, clause := range []string{
		"Twelve times seven is 84.",
		"One of the best of them, in the world!",
		"It is 14:05 on the 3rd of May — or so Dr. Smith says… 🙂",
		"(Well) \"quoted\" - and 1,234,567.89 more",
	} {
		all := speak(t, clause, stage.Delivery{})
		var at int64
		var words []stage.SpokenWord
		for _, p := range all {
			if p.Position != at {
				t.Fatalf("%q: a piece at %d, want %d", clause, p.Position, at)
			}
			at = p.End()
			words = append(words, p.Words...)
		}
		var texts []string
		end := time.Duration(0)
		for _, w := range words {
			texts = append(texts, w.Text)
			if w.Start < end || w.End < w.Start {
				t.Errorf("%q: word %+v begins before %v", clause, w, end)
			}
			end = w.End
		}
		if got, want := strings.Join(texts, " "), strings.Join(strings.Fields(clause), " "); got != want {
			t.Errorf("the words are %q, want %q", got, want)
		}
		if length := all[0].Format.Duration(at); end > length || end < length/2 {
			t.Errorf("%q: the last word ends at %v of %v", clause, end, length)
		}
		for _, w := range words {
			if strings.ContainsFunc(w.Text, func(r rune) bool { return r >= 'a' && r <= 'z' }) && w.End-w.Start < 20*time.Millisecond {
				t.Errorf("%q: %q sounds for %v", clause, w.Text, w.End-w.Start)
			}
		}
	}
}

func TestSpeed(t *testing.T) {
	length := func(speed float64) float64 {
		sum := 0.0
		for range 3 { // the voice's pace varies by chance
			for _, p := range speak(t, "It is a quarter past seven in the evening.", stage.Delivery{Speed: speed}) {
				sum += p.Duration().Seconds()
			}
		}
		return sum
	}
	if r := length(0.5) / length(1.5); r < 1.8 || r > 3.6 {
		t.Errorf("at half speed it takes %.2f times as long as at one and a half, want 2 to 3", r)
	}
}

func TestNothingToSay(t *testing.T) {
	for _, clause := range []string{"", "  ", "🙂", "...", "\x00\n"} {
		if all := speak(t, clause, stage.Delivery{}); len(all) != 0 {
			t.Errorf("%q makes %d pieces", clause, len(all))
		}
	}
}

func TestLongClauseIsBounded(t *testing.T) {
	clause := strings.TrimSpace(strings.Repeat("word ", 2000))
	pieces, words := 0, 0
	stop := errors.New("enough")
	err := needVoices(t).Speak(t.Context(), stage.Clause{Text: clause}, stage.Delivery{}, func(p stage.Speech) error {
		pieces++
		if len(p.Words) > mostWords {
			t.Errorf("%d words at once", len(p.Words))
		}
		if words += len(p.Words); words >= 150 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || pieces == 0 {
		t.Errorf("after %d pieces: %v", pieces, err)
	}
}

func TestCancelStopsBetweenPieces(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pieces := 0
	err := needVoices(t).Speak(ctx, stage.Clause{Text: "This is a rather long sentence that nobody will ever hear the end of, whatever it says."}, stage.Delivery{}, func(stage.Speech) error {
		pieces++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || pieces != 1 {
		t.Errorf("after the cancel came %d pieces more: %v", pieces-1, err)
	}
}

func TestUnknownVoice(t *testing.T) {
	err := needVoices(t).Speak(t.Context(), stage.Clause{Text: "Hello."}, stage.Delivery{Voice: "nobody"}, nil)
	f := stage.AsFault(err)
	if !errors.Is(err, stage.ErrInvalid) || f.Code != "voice_not_found" || !strings.Contains(f.Message, "jenny and alan") {
		t.Errorf("got %v", err)
	}
}

func TestEspeakRestarts(t *testing.T) {
	s := needVoices(t)
	p := &phonemizer{voice: "en-gb-x-rp"}
	defer p.close()
	before, err := p.phonemes(t.Context(), []string{"hello there", "the sum is 3.5"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	after, err := p.phonemes(t.Context(), []string{"hello there", "the sum is 3.5"})
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("before %q, after %q: %v", before, after, err)
	}
	_ = s
}

func TestEspeakMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := &phonemizer{voice: "en-gb-x-rp"}
	_, err := p.phonemes(t.Context(), []string{"hello"})
	if err == nil || !strings.Contains(err.Error(), "install the Debian package espeak-ng") {
		t.Errorf("got %v", err)
	}
}

func FuzzPhonemes(f *testing.F) {
	p := &phonemizer{voice: "en-gb-x-rp"}
	f.Cleanup(p.close)
	for _, s := range []string{"hello", "3.5", "[[h@l'oU]]", "<speak>", "a\nb", "ℵ∞", strings.Repeat("x", 2000), sentinel} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		said, err := p.phonemes(t.Context(), []string{s, "hello"})
		if err != nil {
			t.Fatal(err)
		}
		// Whatever came before, the next line's answer is its own.
		if said[1] != "həlˈəʊ" {
			t.Errorf("after %q, hello sounds %q", s, said[1])
		}
	})
}

func BenchmarkFirstPiece(b *testing.B) {
	s := needVoices(b)
	stop := errors.New("enough")
	for _, clause := range []string{"Yes, it is.", "What is the capital of France?", "The answer is forty two, and it is the tenth of May today."} {
		b.Run(clause[:8], func(b *testing.B) {
			for b.Loop() {
				err := s.Speak(b.Context(), stage.Clause{Text: clause}, stage.Delivery{}, func(stage.Speech) error { return stop })
				if !errors.Is(err, stop) {
					b.Fatal(err)
				}
			}
		})
	}
}
