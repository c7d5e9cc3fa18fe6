package opus

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"parley/pipeline/audio"
)

// voice is a buzz of harmonics that swells four times a second: enough like a
// vowel for the encoder to take it for speech.
func voice(n int) []float32 {
	pcm := make([]float32, n)
	for i := range pcm {
		t := float64(i) / Clock
		pitch := 120 + 20*math.Sin(2*math.Pi*0.7*t)
		var v float64
		for h := 1.0; h < 25; h++ {
			v += math.Sin(2*math.Pi*pitch*h*t) / h
		}
		pcm[i] = float32(0.2 * v * (0.6 + 0.4*math.Sin(2*math.Pi*4*t)))
	}
	return pcm
}

type sentPacket struct {
	seq     uint16
	ts      uint32
	payload []byte
}

// encode makes packets whose numbers wrap around on the way.
func encode(tb testing.TB, pcm []float32) []sentPacket {
	tb.Helper()
	e, err := NewEncoder()
	if err != nil {
		tb.Fatal(err)
	}
	var out []sentPacket
	for i := 0; i+FrameSamples <= len(pcm); i += FrameSamples {
		b, err := e.Encode(pcm[i : i+FrameSamples])
		if err != nil {
			tb.Fatal(err)
		}
		n := len(out)
		out = append(out, sentPacket{uint16(65500 + n), uint32(0xffffff00 + n*FrameSamples), b})
	}
	return out
}

// receive decodes and checks that positions fit together, but for jumps ahead.
func receive(tb testing.TB, packets []sentPacket) ([]audio.Frame, Stats) {
	tb.Helper()
	r, err := NewReceiver(16000)
	if err != nil {
		tb.Fatal(err)
	}
	var frames []audio.Frame
	emit := func(f audio.Frame) {
		if n := len(frames); n > 0 && f.Position < frames[n-1].End() {
			tb.Errorf("a frame begins at %d, before the end of the last at %d", f.Position, frames[n-1].End())
		}
		frames = append(frames, f)
	}
	for _, p := range packets {
		r.Write(p.seq, p.ts, p.payload, emit)
	}
	r.Flush(emit)
	if r.Waiting() {
		tb.Error("packets wait after Flush")
	}
	return frames, r.Stats()
}

func flat(frames []audio.Frame) (pcm []float32, concealed int64) {
	for _, f := range frames {
		for int64(len(pcm)) < f.Position {
			pcm = append(pcm, 0)
		}
		pcm = append(pcm, f.Samples...)
		if f.Concealed {
			concealed += f.Len()
		}
	}
	return pcm, concealed
}

func TestOrderIsRestored(t *testing.T) {
	packets := encode(t, voice(3*Clock))
	want, _ := receive(t, packets)
	wantPCM, _ := flat(want)
	for _, tc := range []struct {
		name  string
		shape func([]sentPacket) []sentPacket
		late  int
	}{
		{"as sent", func(p []sentPacket) []sentPacket { return p }, 0},
		{"neighbours swapped", func(p []sentPacket) []sentPacket {
			for i := 10; i+1 < len(p); i += 7 {
				p[i], p[i+1] = p[i+1], p[i]
			}
			return p
		}, 0},
		{"two places late", func(p []sentPacket) []sentPacket {
			p[20], p[21], p[22] = p[21], p[22], p[20]
			return p
		}, 0},
		{"every packet twice", func(p []sentPacket) []sentPacket {
			var out []sentPacket
			for _, x := range p {
				out = append(out, x, x)
			}
			return out
		}, len(packets)},
		{"with padding between", func(p []sentPacket) []sentPacket {
			return slices.Insert(p, 30, sentPacket{p[30].seq - 1, p[30].ts, nil})
		}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			frames, stats := receive(t, tc.shape(slices.Clone(packets)))
			pcm, concealed := flat(frames)
			if !slices.Equal(pcm, wantPCM) || concealed != 0 {
				t.Errorf("the sound is not what was sent: %d samples, %d concealed, want %d", len(pcm), concealed, len(wantPCM))
			}
			if stats.Late != tc.late || stats.Concealed+stats.Recovered+stats.Broken != 0 {
				t.Errorf("stats %+v", stats)
			}
		})
	}
}

func TestLossIsRepaired(t *testing.T) {
	packets := encode(t, voice(3*Clock))
	whole, _ := receive(t, packets)
	want, _ := flat(whole)
	frame := 320 // samples at 16 kHz

	t.Run("one packet comes back from FEC", func(t *testing.T) {
		const at = 60
		frames, stats := receive(t, slices.Delete(slices.Clone(packets), at, at+1))
		pcm, concealed := flat(frames)
		if len(pcm) != len(want) || concealed != 0 || stats.Recovered != 1 || stats.Concealed != 0 {
			t.Fatalf("%d samples (want %d), %d concealed, %+v", len(pcm), len(want), concealed, stats)
		}
		// What was rebuilt is nearer to the truth than silence would be.
		var off, loud float64
		for i := at * frame; i < (at+1)*frame; i++ {
			off += float64((pcm[i] - want[i]) * (pcm[i] - want[i]))
			loud += float64(want[i] * want[i])
		}
		if off > loud/2 {
			t.Errorf("the rebuilt packet is %.1f dB from the truth", 10*math.Log10(off/loud))
		}
	})
	t.Run("a burst is concealed, marked and keeps time", func(t *testing.T) {
		const at, n = 60, 10
		frames, stats := receive(t, slices.Delete(slices.Clone(packets), at, at+n))
		pcm, concealed := flat(frames)
		if len(pcm) != len(want) || concealed != int64((n-1)*frame) || stats.Recovered != 1 || stats.Concealed != n-1 {
			t.Errorf("%d samples (want %d), %d concealed, %+v", len(pcm), len(want), concealed, stats)
		}
	})
	t.Run("a loss at the end is nobody's", func(t *testing.T) {
		frames, stats := receive(t, packets[:len(packets)-3])
		pcm, _ := flat(frames)
		if len(pcm) != len(want)-3*frame || stats.Concealed != 0 {
			t.Errorf("%d samples, %+v", len(pcm), stats)
		}
	})
	t.Run("a broken packet is concealed", func(t *testing.T) {
		broken := slices.Clone(packets)
		broken[50].payload = []byte{0xff, 0xff} // code 3 with an impossible count
		frames, stats := receive(t, broken)
		pcm, concealed := flat(frames)
		if len(pcm) != len(want) || concealed != int64(frame) || stats.Broken != 1 {
			t.Errorf("%d samples (want %d), %d concealed, %+v", len(pcm), len(want), concealed, stats)
		}
	})
}

func TestPausesKeepTime(t *testing.T) {
	packets := encode(t, voice(Clock))
	for _, tc := range []struct {
		name  string
		pause int // in Clock units, after packet 25
		lost  int
		end   int // of all sound, in samples at 16 kHz
	}{
		{"DTX", 20 * FrameSamples, 0, 16000 + 20*320},
		{"DTX and a loss", 20 * FrameSamples, 2, 16000 + 20*320},
		{"a long pause", 30 * Clock, 0, 31 * 16000},
		{"timestamps that begin again", 1 << 30, 0, 16000},
		{"timestamps that go back", -10 * FrameSamples, 0, 16000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var sent []sentPacket
			for i, p := range packets {
				if i >= 25 {
					p.ts += uint32(tc.pause)
				}
				if i >= 25 && i < 25+tc.lost {
					continue
				}
				sent = append(sent, p)
			}
			frames, _ := receive(t, sent)
			if end := frames[len(frames)-1].End(); end != int64(tc.end) {
				t.Errorf("the sound ends at %d, want %d", end, tc.end)
			}
			var made int64
			for _, f := range frames {
				made += f.Len()
			}
			if made > 3*16000 {
				t.Errorf("%d samples were made up", made)
			}
		})
	}
}

func TestNewStreamGoesOn(t *testing.T) {
	packets := encode(t, voice(Clock))
	for i := range packets[25:] {
		packets[25+i].seq += 30000
		packets[25+i].ts += 1 << 31
	}
	frames, stats := receive(t, packets)
	if end := frames[len(frames)-1].End(); end != 16000 || stats.Concealed != 0 {
		t.Errorf("the sound ends at %d, %+v", end, stats)
	}
}

// Under random loss and disorder the clock stays true.
func TestClockIsTrueUnderLoss(t *testing.T) {
	packets := encode(t, voice(10*Clock))
	rnd := rand.New(rand.NewPCG(1, 2))
	var sent []sentPacket
	for i, p := range packets {
		if i > 0 && i < len(packets)-1 && rnd.Float64() < 0.2 {
			continue
		}
		sent = append(sent, p)
	}
	for i := 1; i+2 < len(sent); i++ {
		if rnd.Float64() < 0.1 {
			sent[i], sent[i+1] = sent[i+1], sent[i]
		}
	}
	frames, stats := receive(t, sent)
	if end := frames[len(frames)-1].End(); end != 160000 {
		t.Errorf("the sound ends at %d", end)
	}
	lost := len(packets) - len(sent)
	if got := stats.Recovered + stats.Concealed; got != lost || stats.Recovered < lost/2 {
		t.Errorf("of %d lost: %+v", lost, stats)
	}
}

func FuzzReceiver(f *testing.F) {
	for _, p := range encode(f, voice(FrameSamples*4)) {
		f.Add(p.seq, p.ts, p.payload)
	}
	f.Add(uint16(0), uint32(0), []byte{0xff, 0xff})
	f.Add(uint16(1), uint32(1), []byte{})
	f.Fuzz(func(t *testing.T, seq uint16, ts uint32, payload []byte) {
		r, err := NewReceiver(16000)
		if err != nil {
			t.Fatal(err)
		}
		made, end := 0, int64(0)
		emit := func(f audio.Frame) {
			if f.Position < end {
				t.Fatalf("a frame at %d after %d", f.Position, end)
			}
			end = f.End()
			made += len(f.Samples)
		}
		hasFEC(payload)
		for i, p := range encode(t, make([]float32, 3*FrameSamples)) {
			r.Write(uint16(i), uint32(i*FrameSamples), p.payload, emit)
		}
		r.Write(seq, ts, bytes.Clone(payload), emit)
		r.Write(seq+2, ts+2*FrameSamples, bytes.Clone(payload), emit)
		r.Flush(emit)
		if made > 16000*10 {
			t.Fatalf("%d samples out of five packets", made)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	pcm := voice(Clock)
	e, err := NewEncoder()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("speech", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			at := i % 49 * FrameSamples
			if _, err := e.Encode(pcm[at : at+FrameSamples]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("silence", func(b *testing.B) {
		zero := make([]float32, FrameSamples)
		for b.Loop() {
			if _, err := e.Encode(zero); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReceive(b *testing.B) {
	packets := encode(b, voice(Clock))
	r, err := NewReceiver(16000)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		r.Write(uint16(i), uint32(i*FrameSamples), packets[i%len(packets)].payload, func(audio.Frame) {})
	}
}
