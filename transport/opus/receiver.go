package opus

import (
	"fmt"
	"slices"
	"time"

	"gopkg.in/hraban/opus.v2"

	"parley/pipeline/audio"
)

const (
	// window is how many packets may wait for one that is missing. Networks
	// that reorder at all seldom do so by more than two places.
	window = 3
	// maxJump is how far, in packets, a sequence number may be off and still
	// belong to the same stream.
	maxJump = 1000
	// maxSilence bounds the sound that is made up for one gap; what is longer
	// only moves the position on.
	maxSilence = Clock
	// maxConcealed is how long, in Clock units, libopus is asked to imagine
	// what was lost; after that its guess has faded to silence anyway.
	maxConcealed = 5 * FrameSamples
	// maxPause is the longest pause between timestamps that is believed; a
	// longer one is a sender that has chosen new timestamps.
	maxPause = 60 * Clock
	// maxDecoded is the longest packet there is, 120 ms.
	maxDecoded = Clock * 120 / 1000
)

// Hold is how long to wait for more packets before [Receiver.Flush].
const Hold = 60 * time.Millisecond

// Stats count packets.
type Stats struct {
	Received  int // decoded
	Recovered int // lost, but rebuilt from the FEC of the next
	Concealed int // lost, and imagined or silent
	Late      int // came after their place was given up, or twice
	Broken    int // could not be decoded
}

// Receiver turns one RTP stream of Opus into frames of mono sound with true
// positions. A machine that listens has no need of an even flow, so there is
// no playout delay: packets are decoded as they come in order. Only when one
// is missing do those after it wait, until it has come or window of them have.
// What was lost is then rebuilt from the in-band FEC of the next packet, or
// else concealed and marked so. Where a sender paused (DTX) there is silence,
// not marked: nothing was lost.
//
// A Receiver belongs to one goroutine.
type Receiver struct {
	dec    *opus.Decoder
	format audio.Format
	ratio  int // of Clock to the sound's rate

	started bool
	nextSeq uint16
	nextTS  uint32
	pos     int64 // of nextTS, in Clock units since the stream began
	usual   int   // length of the last packet, in Clock units
	held    []packet
	stats   Stats
	buf     []float32
}

type packet struct {
	seq     uint16
	ts      uint32
	payload []byte
}

// NewReceiver makes a Receiver that decodes at a rate that Opus knows: 8000,
// 12000, 16000, 24000 or 48000 Hz.
func NewReceiver(rate int) (*Receiver, error) {
	dec, err := opus.NewDecoder(rate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus: new decoder at %d Hz: %w", rate, err)
	}
	return &Receiver{
		dec: dec, format: audio.Format{Rate: rate, Channels: 1}, ratio: Clock / rate,
		usual: FrameSamples, buf: make([]float32, maxDecoded/(Clock/rate)),
	}, nil
}

// Stats are the counts so far.
func (r *Receiver) Stats() Stats { return r.stats }

// Waiting says whether packets wait for one that is missing. If no packet comes
// for [Hold], Flush should be called.
func (r *Receiver) Waiting() bool { return len(r.held) > 0 }

// Write takes a packet with its RTP sequence number and timestamp, and emits
// the sound that is now in order. It keeps payload.
func (r *Receiver) Write(seq uint16, ts uint32, payload []byte, emit func(audio.Frame)) {
	if len(payload) == 0 {
		return // padding, used to probe the line
	}
	off := int(int16(seq - r.nextSeq))
	switch {
	case !r.started, off > maxJump, off < -maxJump: // a new stream
		r.Flush(emit)
		r.started, r.nextSeq, r.nextTS = true, seq, ts
	case off < 0:
		r.stats.Late++
		return
	}
	at, found := slices.BinarySearchFunc(r.held, seq, func(p packet, seq uint16) int {
		return int(int16(p.seq - seq))
	})
	if found {
		r.stats.Late++
		return
	}
	r.held = slices.Insert(r.held, at, packet{seq, ts, payload})
	for len(r.held) > 0 && (r.held[0].seq == r.nextSeq || len(r.held) >= window) {
		r.next(emit)
	}
}

// Flush gives up what is missing and emits all that waits.
func (r *Receiver) Flush(emit func(audio.Frame)) {
	for len(r.held) > 0 {
		r.next(emit)
	}
}

// next decodes the first packet held, after making up for what is missing
// before it.
func (r *Receiver) next(emit func(audio.Frame)) {
	p := r.held[0]
	r.held = append(r.held[:0], r.held[1:]...)
	lost := int(p.seq - r.nextSeq)
	if gap := int(int32(p.ts - r.nextTS)); gap > 0 && gap < maxPause {
		missing := min(gap, lost*r.usual)
		r.silence(gap-missing, false, emit)
		r.conceal(missing, p.payload, emit)
	}
	r.nextSeq, r.nextTS = p.seq+1, p.ts

	n, err := r.dec.DecodeFloat32(p.payload, r.buf)
	if err != nil {
		r.stats.Broken++
		r.imagine(r.usual, emit)
		return
	}
	r.stats.Received++
	r.usual = n * r.ratio
	r.emit(r.buf[:n], false, emit)
}

// conceal makes up for lost sound: the last packet's worth of it from the FEC
// in the packet that follows, if there is any.
func (r *Receiver) conceal(missing int, following []byte, emit func(audio.Frame)) {
	if missing <= 0 {
		return
	}
	packets := max(1, (missing+r.usual/2)/r.usual)
	rebuilt := 0
	if missing >= r.usual && hasFEC(following) {
		rebuilt = r.usual
		packets--
		r.stats.Recovered++
	}
	r.stats.Concealed += packets
	imagined := min(missing-rebuilt, maxConcealed)
	for left := imagined; left > 0; left -= r.usual {
		r.imagine(min(left, r.usual), emit)
	}
	r.silence(missing-rebuilt-imagined, true, emit)
	if rebuilt > 0 {
		pcm := r.buf[: rebuilt/r.ratio : rebuilt/r.ratio]
		if err := r.dec.DecodeFECFloat32(following, pcm); err != nil {
			r.silence(rebuilt, true, emit)
			return
		}
		r.emit(pcm, false, emit)
	}
}

// imagine lets libopus conceal up to one packet's worth.
func (r *Receiver) imagine(length int, emit func(audio.Frame)) {
	// libopus wants whole multiples of 2.5 ms.
	const step = Clock / 400
	whole := length - length%step
	if whole > 0 {
		pcm := r.buf[: whole/r.ratio : whole/r.ratio]
		if err := r.dec.DecodePLCFloat32(pcm); err != nil {
			clear(pcm)
		}
		r.emit(pcm, true, emit)
	}
	r.silence(length-whole, true, emit)
}

// silence emits zeros; of a long one only the end, which is what whoever
// listens for a pause, or for its end, needs.
func (r *Receiver) silence(length int, concealed bool, emit func(audio.Frame)) {
	if length <= 0 {
		return
	}
	if skip := length - maxSilence; skip > 0 {
		r.pos += int64(skip)
		r.nextTS += uint32(skip)
		length = maxSilence
	}
	for length > 0 {
		n := min(length, maxDecoded)
		clear(r.buf)
		r.emit(r.buf[:n/r.ratio], concealed, emit)
		// What is less than a sample keeps time all the same.
		r.pos += int64(n % r.ratio)
		length -= n
	}
}

func (r *Receiver) emit(pcm []float32, concealed bool, emit func(audio.Frame)) {
	if len(pcm) > 0 {
		emit(audio.Frame{
			Format: r.format, Position: r.pos / int64(r.ratio),
			Samples: slices.Clone(pcm), Concealed: concealed,
		})
	}
	r.pos += int64(len(pcm) * r.ratio)
	r.nextTS += uint32(len(pcm) * r.ratio)
}

// hasFEC says whether a packet holds redundancy for the one before it: the LBRR
// flag, which follows the voice activity flags at the head of the first SILK
// frame (RFC 6716, 4.2.3 and 4.2.4).
func hasFEC(payload []byte) bool {
	if len(payload) < 2 || payload[0]&0x80 != 0 { // CELT has none
		return false
	}
	first := payload[1:]
	switch payload[0] & 3 {
	case 1: // two frames of one size
	case 2: // two frames, the first one's size in one or two bytes
		skip := 1
		if first[0] >= 252 {
			skip = 2
		}
		first = first[min(skip, len(first)):]
	case 3:
		return false // rare in speech; the decoder conceals it
	}
	if len(first) == 0 {
		return false
	}
	frames := 1 // SILK frames of 20 ms in the first Opus frame
	if payload[0]&0x60 != 0x60 {
		if ms := payload[0] >> 3 & 3; ms >= 2 {
			frames = int(ms) // 40 or 60 ms
		}
	}
	if first[0]>>(7-frames)&1 == 1 {
		return true
	}
	// In stereo the side channel's flags follow.
	return payload[0]&4 != 0 && first[0]>>(6-2*frames)&1 == 1
}
