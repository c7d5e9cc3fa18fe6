package audio

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"
)

// The design of the resampling filters, relative to the lower of the two rates.
const (
	passband    = 0.45 // flat up to here
	stopband    = 0.5  // nothing from here on, so nothing folds back
	attenuation = 90.0 // dB
)

// Limits of what a filter may take, so that odd rates in a file cannot fill the
// memory.
const (
	maxRate   = 768000
	maxCoeffs = 4 << 20
)

// filter is a windowed sinc, sampled at the times that output samples can have
// between two input samples: one row of taps for each such phase.
type filter struct {
	up, down int // to/from in lowest terms
	taps     int
	stride   int
	rows     []float32
}

// phase gives the weights for output samples at the time p/up after the sample
// in the middle of the window.
func (f *filter) phase(p int) blas32.Vector {
	return blas32.Vector{N: f.taps, Inc: 1, Data: f.rows[p*f.stride : p*f.stride+f.taps]}
}

// usual are the rates whose filters are worth keeping. Others are made anew, so
// that a stream of odd files cannot grow the cache.
var usual = map[int]bool{
	8000: true, 11025: true, 12000: true, 16000: true, 22050: true,
	24000: true, 32000: true, 44100: true, 48000: true,
}

var filters sync.Map // [2]int{from, to} → func() (*filter, error)

func filterFor(from, to int) (*filter, error) {
	if from <= 0 || to <= 0 || from > maxRate || to > maxRate {
		return nil, fmt.Errorf("audio: cannot resample from %d to %d Hz: rates lie between 1 and %d Hz", from, to, maxRate)
	}
	if !usual[from] || !usual[to] {
		return newFilter(from, to)
	}
	once, _ := filters.LoadOrStore([2]int{from, to}, sync.OnceValues(func() (*filter, error) { return newFilter(from, to) }))
	return once.(func() (*filter, error))()
}

func newFilter(from, to int) (*filter, error) {
	g := gcd(from, to)
	f := &filter{up: to / g, down: from / g}
	low := float64(min(from, to)) / float64(from) // lower rate, per input sample
	// Kaiser's formulas for the window's length and shape.
	width := 2 * math.Pi * (stopband - passband) * low
	beta := 0.1102 * (attenuation - 8.7)
	half := int(math.Ceil((attenuation - 7.95) / (2.285 * width) / 2))
	f.taps = 2 * half
	// Rows begin at multiples of 16 bytes. The dot product sums in an order
	// that depends on the alignment of its second operand; this makes it the
	// same for every call, so that the output does not depend on the chunks.
	f.stride = (f.taps + 3) &^ 3
	if f.up*f.stride > maxCoeffs {
		return nil, fmt.Errorf("audio: cannot resample from %d to %d Hz: the ratio %d/%d is too odd; convert the sound to a usual rate first", from, to, f.up, f.down)
	}
	cutoff := low * (passband + stopband) / 2 // cycles per input sample
	top := besselI0(beta)
	f.rows = make([]float32, f.up*f.stride)
	row := make([]float64, f.taps)
	for p := range f.up {
		var sum float64
		for i := range row {
			x := float64(i-half+1) - float64(p)/float64(f.up)
			row[i] = sinc(2*cutoff*x) * kaiser(x/float64(half), beta) / top
			sum += row[i]
		}
		// Every phase passes a constant unchanged, else the phases' turn
		// would be heard as a tone.
		for i, w := range row {
			f.rows[p*f.stride+i] = float32(w / sum)
		}
	}
	return f, nil
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x of [-1, 1], times I0(beta).
func kaiser(x, beta float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return besselI0(beta * math.Sqrt(1-x*x))
}

// besselI0 is the modified Bessel function of the first kind and order 0, by
// its power series (Abramowitz and Stegun 9.6.12).
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
