package audio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var testRates = []int{8000, 16000, 22050, 24000, 44100, 48000}

func tone(freq float64, rate, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(0.5 * math.Sin(2*math.Pi*freq*float64(i)/float64(rate)))
	}
	return out
}

// tonePower splits samples into the power of the given tone, found by least
// squares, and the power of all else, leaving edge samples out at both ends.
func tonePower(samples []float32, freq float64, rate, edge int) (amplitude, phase, rest float64) {
	var ss, cc, sc, sx, cx float64
	mid := samples[edge : len(samples)-edge]
	w := 2 * math.Pi * freq / float64(rate)
	for i, v := range mid {
		s, c := math.Sincos(w * float64(i+edge))
		ss, cc, sc = ss+s*s, cc+c*c, sc+s*c
		sx, cx = sx+s*float64(v), cx+c*float64(v)
	}
	det := ss*cc - sc*sc
	a, b := (sx*cc-cx*sc)/det, (cx*ss-sx*sc)/det
	for i, v := range mid {
		s, c := math.Sincos(w * float64(i+edge))
		d := float64(v) - a*s - b*c
		rest += d * d
	}
	return math.Hypot(a, b), math.Atan2(b, a), math.Sqrt(rest / float64(len(mid)))
}

func TestResamplePassesTones(t *testing.T) {
	for _, from := range testRates {
		for _, to := range testRates {
			low := float64(min(from, to))
			for _, rel := range []float64{0.01, 0.1, 0.25, 0.4, passband} {
				freq := rel * low
				got, err := Resample(tone(freq, from, from), from, to)
				if err != nil {
					t.Fatal(err)
				}
				amp, phase, rest := tonePower(got, freq, to, to/20)
				if gain := Decibels(amp / 0.5); math.Abs(gain) > 0.01 {
					t.Errorf("%d → %d Hz: gain of %.0f Hz is %.4f dB", from, to, freq, gain)
				}
				if math.Abs(phase) > 1e-3 {
					t.Errorf("%d → %d Hz: %.0f Hz is shifted by %g rad", from, to, freq, phase)
				}
				if snr := Decibels(amp / math.Sqrt2 / rest); snr < 80 {
					t.Errorf("%d → %d Hz: %.0f Hz comes with noise at %.1f dB", from, to, freq, -snr)
				}
			}
		}
	}
}

func TestResampleRejectsAliases(t *testing.T) {
	for _, from := range testRates {
		for _, to := range testRates {
			if to >= from {
				continue
			}
			for _, rel := range []float64{stopband, 0.55, 0.75, 1} {
				freq := rel * float64(to)
				if freq >= float64(from)/2 {
					continue
				}
				got, err := Resample(tone(freq, from, from), from, to)
				if err != nil {
					t.Fatal(err)
				}
				edge := to / 20
				if level := Decibels(RMS(got[edge:len(got)-edge]) / RMS(tone(freq, from, from))); level > -80 {
					t.Errorf("%d → %d Hz: %.0f Hz folds back at %.1f dB", from, to, freq, level)
				}
			}
		}
	}
}

// Noise that is cut anyhow comes out as noise that is not cut, to the bit.
func TestResampleChunks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	in := make([]float32, 9000)
	for i := range in {
		in[i] = rng.Float32()*2 - 1
	}
	for _, from := range testRates {
		for _, to := range testRates {
			whole, err := Resample(in, from, to)
			if err != nil {
				t.Fatal(err)
			}
			r, _ := NewResampler(from, to)
			for _, size := range []int{1, 7, 160, 441, 0} { // 0 is any size
				var got []float32
				for rest := in; len(rest) > 0; {
					n := size
					if n == 0 {
						n = rng.IntN(1000)
					}
					n = min(n, len(rest))
					got = append(got, r.Process(rest[:n])...)
					rest = rest[n:]
				}
				got = append(got, r.Flush()...) // and r serves again
				if !slices.Equal(got, whole) {
					t.Errorf("%d → %d Hz: chunks of %d differ from the whole", from, to, size)
				}
			}
		}
	}
}

func TestResampleCounts(t *testing.T) {
	for _, from := range append([]int{11025, 96000, 22254}, testRates...) {
		for _, to := range append([]int{12000}, testRates...) {
			r, err := NewResampler(from, to)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{0, 1, 2, 3, 100, 441, 999, 1000, 4801} {
				got := len(r.Process(make([]float32, n))) + len(r.Flush())
				if want := int(math.Round(float64(n) * float64(to) / float64(from))); got != want {
					t.Errorf("%d samples of %d Hz made %d of %d Hz, want %d", n, from, got, to, want)
				}
			}
		}
	}
}

// What is held back is never more than the lookahead says.
func TestResampleLookahead(t *testing.T) {
	for _, to := range testRates {
		r, _ := NewResampler(48000, to)
		in, out := 0, 0
		for range 100 {
			in += 480
			out += len(r.Process(make([]float32, 480)))
			if sure := (in - r.Lookahead()) * to / 48000; out < sure {
				t.Fatalf("→ %d Hz: %d samples out after %d in, want at least %d", to, out, in, sure)
			}
		}
		if held := Speech.Duration(int64(r.Lookahead()) * 16000 / 48000); held > 8*time.Millisecond {
			t.Errorf("→ %d Hz holds %v back", to, held)
		}
	}
}

func TestResampleKeepsWithinRange(t *testing.T) {
	square := make([]float32, 4800)
	for i := range square {
		square[i] = float32(1 - 2*(i/50%2))
	}
	got, _ := Resample(square, 48000, 16000)
	if peak := slices.Max(got); peak != 1 {
		t.Errorf("a square wave peaks at %g, want 1", peak)
	}
	if peak := slices.Min(got); peak != -1 {
		t.Errorf("a square wave peaks at %g, want -1", peak)
	}
}

func TestResampleRefuses(t *testing.T) {
	for _, c := range [][2]int{{0, 16000}, {16000, -1}, {0, 0}, {16000, 1 << 30}, {767999, 16000}} {
		if _, err := NewResampler(c[0], c[1]); err == nil {
			t.Errorf("%d → %d Hz was taken", c[0], c[1])
		}
	}
}

// A second of sound in frames of 20 ms.
func BenchmarkResample(b *testing.B) {
	for _, c := range [][2]int{{48000, 16000}, {44100, 16000}, {22050, 48000}, {24000, 16000}, {22050, 24000}} {
		b.Run(fmt.Sprintf("%d→%d", c[0], c[1]), func(b *testing.B) {
			r, err := NewResampler(c[0], c[1])
			if err != nil {
				b.Fatal(err)
			}
			frame := tone(440, c[0], c[0]/50)
			b.ReportAllocs()
			for b.Loop() {
				for range 50 {
					r.Process(frame)
				}
			}
		})
	}
}

func BenchmarkFilter(b *testing.B) {
	for b.Loop() {
		if _, err := newFilter(44100, 16000); err != nil {
			b.Fatal(err)
		}
	}
}
