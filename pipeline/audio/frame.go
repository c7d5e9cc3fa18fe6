// Package audio holds what every part of Parley agrees on about sound: frames
// that know their rate, channels and place in time, a streaming resampler for
// the edges of the system, file readers, and the bounded queue that carries
// frames between goroutines.
//
// Inside Parley sound is float32 in [-1, 1]. The ears work at [Speech]
// (16 kHz mono); transports convert at the edge, once, and nobody resamples in
// between.
package audio

import (
	"fmt"
	"time"
)

// Format says how samples are laid out: Rate in samples per second and channel,
// Channels interleaved.
type Format struct {
	Rate     int
	Channels int
}

// Speech is the format that voice detectors and recognisers take.
var Speech = Format{Rate: 16000, Channels: 1}

// String gives the format as "16000 Hz × 1", for logs and for printing a chain.
func (f Format) String() string { return fmt.Sprintf("%d Hz × %d", f.Rate, f.Channels) }

// Duration is the time that n samples per channel take.
func (f Format) Duration(n int64) time.Duration {
	if f.Rate <= 0 {
		return 0
	}
	// Split so that hours of samples neither overflow nor lose a nanosecond.
	rate := int64(f.Rate)
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/time.Duration(rate)
}

// Samples is the number of whole samples per channel that fit in d.
func (f Format) Samples(d time.Duration) int64 {
	rate := int64(f.Rate)
	return int64(d/time.Second)*rate + int64(d%time.Second)*rate/int64(time.Second)
}

// Frame is a run of sound. It is immutable once sent: neither the sender nor
// any receiver writes to Samples again.
type Frame struct {
	Format
	// Position is the index, per channel and at Rate, of the first sample,
	// counted since the stream that the frame belongs to began.
	Position int64
	// Samples are interleaved and lie in [-1, 1].
	Samples []float32
	// Concealed marks sound that was invented to cover packets lost on the
	// way. It keeps time whole, but is no evidence of a pause.
	Concealed bool
	// Arrived is when the frame reached this machine; zero for sound that
	// was made here.
	Arrived time.Time
}

// Len is the number of samples per channel.
func (f Frame) Len() int64 {
	if f.Channels <= 1 {
		return int64(len(f.Samples))
	}
	return int64(len(f.Samples) / f.Channels)
}

// End is the position just after the last sample.
func (f Frame) End() int64 { return f.Position + f.Len() }

// Duration is how long the frame sounds.
func (f Frame) Duration() time.Duration { return f.Format.Duration(f.Len()) }

// Start is the time of the first sample since the stream began.
func (f Frame) Start() time.Duration { return f.Format.Duration(f.Position) }
