package audio

import (
	"encoding/binary"
	"math"
)

// AppendPCM16 appends samples as 16-bit little-endian PCM. What lies outside of
// [-1, 1] is clipped; what is not a number becomes silence.
func AppendPCM16(dst []byte, samples []float32) []byte {
	for _, s := range samples {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(toInt16(s)))
	}
	return dst
}

// FromPCM16 reads 16-bit little-endian PCM. An odd last byte is left out.
func FromPCM16(b []byte) []float32 {
	out := make([]float32, len(b)/2)
	for i := range out {
		out[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / (1 << 15)
	}
	return out
}

// ToInt16 is AppendPCM16 for codecs that take integers; it appends to dst.
func ToInt16(dst []int16, samples []float32) []int16 {
	for _, s := range samples {
		dst = append(dst, toInt16(s))
	}
	return dst
}

// FromInt16 is the inverse of ToInt16.
func FromInt16(pcm []int16) []float32 {
	out := make([]float32, len(pcm))
	for i, v := range pcm {
		out[i] = float32(v) / (1 << 15)
	}
	return out
}

func toInt16(s float32) int16 {
	switch v := math.Round(float64(s) * (1 << 15)); {
	case v >= math.MaxInt16:
		return math.MaxInt16
	case v <= math.MinInt16:
		return math.MinInt16
	case v != v:
		return 0
	default:
		return int16(v)
	}
}

// Mono mixes interleaved channels down to one, their mean.
func Mono(samples []float32, channels int) []float32 {
	if channels <= 1 {
		return samples
	}
	out := make([]float32, len(samples)/channels)
	for i := range out {
		var sum float32
		for _, s := range samples[i*channels : (i+1)*channels] {
			sum += s
		}
		out[i] = sum / float32(channels)
	}
	return out
}

// RMS is the root mean square of samples: 0 for silence, 1 for the loudest
// square wave.
func RMS(samples []float32) float64 {
	if len(samples) == 0 {
		return 0
	}
	var sum float64
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(samples)))
}

// Decibels gives an amplitude, such as an RMS, in dB relative to full scale;
// silence is negative infinity.
func Decibels(amplitude float64) float64 { return 20 * math.Log10(amplitude) }
