package audio

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
)

// Resampler changes the rate of one stream of mono sound, piece by piece.
//
// It is a polyphase filter: output sample n lies at the input time
// t = n·from/to, and is the sum of the input samples around t weighted by a
// windowed sinc that is centred on t. So the output is not delayed against the
// input, only held back by [Resampler.Lookahead], and how the input is cut into
// pieces makes no difference to a single bit of it.
//
// The response is flat to 0.45 of the lower rate, and more than 80 dB down from
// 0.5 of it. A Resampler belongs to one goroutine; the filters are shared.
//
// Source: J. O. Smith, "Digital Audio Resampling", CCRMA, 2002; J. F. Kaiser,
// "Nonrecursive digital filter design using the I0-sinh window function", 1974.
type Resampler struct {
	from, to int
	f        *filter // nil if there is nothing to do

	buf   []float32 // input that is still needed, oldest first
	at    int       // where in buf the window of the next output sample begins
	phase int       // its phase

	in, out int64 // samples taken in and given out since the beginning
}

// NewResampler makes a resampler from one rate to another, both in Hz.
func NewResampler(from, to int) (*Resampler, error) {
	r := &Resampler{from: from, to: to}
	if from != to {
		f, err := filterFor(from, to)
		if err != nil {
			return nil, err
		}
		r.f = f
	} else if from <= 0 {
		return nil, fmt.Errorf("audio: cannot resample from %d Hz", from)
	}
	r.reset()
	return r, nil
}

// String gives the step as "48000 Hz → 16000 Hz", for printing a chain.
func (r *Resampler) String() string { return fmt.Sprintf("%d Hz → %d Hz", r.from, r.to) }

// Lookahead is how many input samples after its own time an output sample waits
// for.
func (r *Resampler) Lookahead() int {
	if r.f == nil {
		return 0
	}
	return r.f.taps / 2
}

// Process takes the next input samples and returns the output samples that are
// now certain, in a slice of their own. A filter overshoots where its input was
// clipped; the output is kept within [-1, 1] all the same.
func (r *Resampler) Process(in []float32) []float32 {
	r.in += int64(len(in))
	if r.f == nil {
		r.out = r.in
		return slices.Clone(in)
	}
	r.buf = append(r.buf, in...)
	return r.run(-1)
}

// Flush returns the rest of the output, as if silence followed, so that there
// are round(in·to/from) samples of it altogether. The resampler is then as new.
func (r *Resampler) Flush() []float32 {
	defer r.reset()
	if r.f == nil {
		return nil
	}
	total := (2*r.in*int64(r.to) + int64(r.from)) / (2 * int64(r.from))
	r.buf = append(r.buf, make([]float32, r.f.taps)...)
	return r.run(total - r.out)
}

func (r *Resampler) reset() {
	r.in, r.out, r.at, r.phase = 0, 0, 0, 0
	if r.f != nil {
		// The window of output sample 0 reaches back before the beginning.
		r.buf = append(r.buf[:0], make([]float32, r.f.taps/2-1)...)
	}
}

// run computes the output samples whose windows are filled, at most the number
// given if that is not negative.
func (r *Resampler) run(most int64) []float32 {
	f := r.f
	n := 0
	if spare := len(r.buf) - r.at - f.taps; spare >= 0 {
		n = (spare*f.up+f.up-1-r.phase)/f.down + 1
	}
	if most >= 0 {
		n = min(n, int(most))
	}
	out := make([]float32, n)
	x := blas32.Vector{N: f.taps, Inc: 1}
	for i := range out {
		x.Data = r.buf[r.at : r.at+f.taps]
		out[i] = min(max(blas32.Dot(x, f.phase(r.phase)), -1), 1)
		r.phase += f.down
		r.at += r.phase / f.up
		r.phase %= f.up
	}
	r.out += int64(n)
	// at may point past the end where input samples are skipped altogether.
	done := min(r.at, len(r.buf))
	r.buf = append(r.buf[:0], r.buf[done:]...)
	r.at -= done
	return out
}

// Resample changes the rate of a whole stretch of mono sound.
func Resample(samples []float32, from, to int) ([]float32, error) {
	r, err := NewResampler(from, to)
	if err != nil {
		return nil, err
	}
	return append(r.Process(samples), r.Flush()...), nil
}
