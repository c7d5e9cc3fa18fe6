// Package opus puts Opus (RFC 6716) between RTP packets and frames of sound: an
// [Encoder] for speech that goes to people, and a [Receiver] that orders,
// repairs and decodes what comes from them for a listener that is a machine.
//
// It wraps libopus by way of gopkg.in/hraban/opus.v2.
package opus

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"
)

// Clock is the rate of Opus's RTP timestamps (RFC 7587), whatever the rate of
// the sound.
const Clock = 48000

// FrameSamples is the number of samples that one packet of the Encoder holds:
// 20 ms at 48000 Hz.
const FrameSamples = 960

const (
	// bitrate is plenty for one voice at full bandwidth.
	bitrate = 32000
	// expectedLoss, in percent, is what FEC is sized for. Without some, libopus
	// puts no redundancy into packets at all.
	expectedLoss = 10
	// complexity 5 of 10: what is above costs time and is not heard in speech.
	complexity = 5
	// maxPacket is more than 20 ms can take at any bitrate.
	maxPacket = 1275
)

// Encoder makes packets of 20 ms from mono speech at 48000 Hz. It belongs to
// one goroutine.
type Encoder struct {
	enc *opus.Encoder
	buf [maxPacket]byte
}

// NewEncoder makes an Encoder for speech at 32 kbit/s with in-band FEC.
func NewEncoder() (*Encoder, error) {
	enc, err := opus.NewEncoder(Clock, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("opus: new encoder: %w", err)
	}
	for _, set := range []func() error{
		func() error { return enc.SetBitrate(bitrate) },
		func() error { return enc.SetInBandFEC(true) },
		func() error { return enc.SetPacketLossPerc(expectedLoss) },
		func() error { return enc.SetComplexity(complexity) },
	} {
		if err := set(); err != nil {
			return nil, fmt.Errorf("opus: set up encoder: %w", err)
		}
	}
	return &Encoder{enc: enc}, nil
}

// Encode makes one packet of exactly FrameSamples samples. The packet is the
// caller's.
func (e *Encoder) Encode(pcm []float32) ([]byte, error) {
	if len(pcm) != FrameSamples {
		return nil, fmt.Errorf("opus: a packet takes %d samples, not %d", FrameSamples, len(pcm))
	}
	n, err := e.enc.EncodeFloat32(pcm, e.buf[:])
	if err != nil {
		return nil, fmt.Errorf("opus: encode: %w", err)
	}
	return append([]byte(nil), e.buf[:n]...), nil
}
