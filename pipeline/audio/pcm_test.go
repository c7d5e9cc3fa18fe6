package audio

import (
	"math"
	"slices"
	"testing"
)

func TestPCM16(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	in := []float32{0, 0.5, -0.5, 1, -1, 2, -2, nan, inf, -inf, 1.0 / (1 << 15)}
	want := []int16{0, 1 << 14, -1 << 14, math.MaxInt16, math.MinInt16, math.MaxInt16, math.MinInt16, 0, math.MaxInt16, math.MinInt16, 1}
	if got := ToInt16(nil, in); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := FromPCM16(AppendPCM16(nil, in)); !slices.Equal(got, FromInt16(want)) {
		t.Errorf("bytes and integers differ: %v", got)
	}
	for v := math.MinInt16; v <= math.MaxInt16; v++ {
		if got := ToInt16(nil, FromInt16([]int16{int16(v)}))[0]; got != int16(v) {
			t.Fatalf("%d came back as %d", v, got)
		}
	}
	if got := FromPCM16([]byte{0, 64, 9}); !slices.Equal(got, []float32{0.5}) {
		t.Errorf("an odd byte made %v", got)
	}
}

func TestMonoAndLevel(t *testing.T) {
	if got := Mono([]float32{1, 0, -1, 1, 0.5, 0.25, 9}, 2); !slices.Equal(got, []float32{0.5, 0, 0.375}) {
		t.Errorf("mixed to %v", got)
	}
	if got := RMS(tone(1000, 16000, 16000)); math.Abs(got-0.5/math.Sqrt2) > 1e-6 {
		t.Errorf("a tone of 0.5 has an RMS of %g", got)
	}
	if got := RMS(nil); got != 0 {
		t.Errorf("nothing has an RMS of %g", got)
	}
	if got := Decibels(0.1); math.Abs(got+20) > 1e-9 {
		t.Errorf("0.1 is %g dB", got)
	}
}
