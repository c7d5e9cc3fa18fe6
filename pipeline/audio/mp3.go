package audio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// mp3Delay is the delay of the decoder itself: the filter bank's 528 samples
// and one more.
const mp3Delay = 529

type mp3Decoder struct {
	d    *mp3.Decoder
	f    Format
	raw  []byte
	skip int // samples that the encoder put in front
	tail int // samples to hold back, since the encoder may have put them behind
	held []float32
}

func openMP3(r *bufio.Reader) (d *mp3Decoder, err error) {
	defer func() { // as nextSafely
		if p := recover(); p != nil {
			d, err = nil, fmt.Errorf("%w: the decoder failed: %v", ErrFormat, p)
		}
	}()
	head, _ := r.Peek(256)
	d = &mp3Decoder{raw: make([]byte, 1152*4)}
	d.skip, d.tail = mp3Padding(head)
	// Without io.Seeker in sight the library does not read the file twice.
	d.d, err = mp3.NewDecoder(struct{ io.Reader }{r})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, unexpectedEOF(err))
	}
	d.f = Format{Rate: d.d.SampleRate(), Channels: 2}
	if len(head) > 3 && head[3]>>6 == 3 {
		d.f.Channels = 1
	}
	return d, nil
}

func (d *mp3Decoder) format() Format { return d.f }

func (d *mp3Decoder) next() ([]float32, error) {
	n, err := io.ReadFull(d.d, d.raw)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	// The library always gives two channels; of one they are the same.
	s := FromPCM16(d.raw[:n&^3])
	if d.f.Channels == 1 {
		for i := range len(s) / 2 {
			s[i] = s[2*i]
		}
		s = s[:len(s)/2]
	}
	drop := min(len(s), d.skip*d.f.Channels)
	d.skip -= drop / d.f.Channels
	d.held = append(d.held, s[drop:]...)
	out := d.held[:max(0, len(d.held)-d.tail*d.f.Channels)]
	d.held = append([]float32(nil), d.held[len(out):]...)
	if err != nil {
		return out, io.EOF
	}
	return out, nil
}

// mp3Padding finds how many samples the encoder put before and behind the
// sound, so that times come out right. It is said in the frame, silent in
// itself, that LAME and others put first (the "Info" or "Xing" tag); without
// one nothing is known, and nothing is cut.
//
// Source: G. Bouvigne, "Mp3 Info Tag revision 1 Specifications", 2005.
func mp3Padding(head []byte) (front, back int) {
	if len(head) < 4 {
		return 0, 0
	}
	v1, mono := head[1]&0x08 != 0, head[3]>>6 == 3
	at, frame := 4, 1152
	switch {
	case v1 && !mono:
		at += 32
	case v1 || !mono:
		at += 17
	default:
		at += 9
	}
	if !v1 {
		frame = 576
	}
	if len(head) < at+8 || string(head[at:at+4]) != "Xing" && string(head[at:at+4]) != "Info" {
		return 0, 0
	}
	flags := binary.BigEndian.Uint32(head[at+4:])
	at += 8
	for i, size := range []int{4, 4, 100, 4} { // frames, bytes, seek table, quality
		if flags&(1<<i) != 0 {
			at += size
		}
	}
	if len(head) < at+24 || head[at] == 0 {
		return frame, 0
	}
	pad := head[at+21 : at+24] // twelve bits each
	front = int(pad[0])<<4 | int(pad[1])>>4
	back = int(pad[1]&0xf)<<8 | int(pad[2])
	return frame + front + mp3Delay, max(0, back-mp3Delay)
}
