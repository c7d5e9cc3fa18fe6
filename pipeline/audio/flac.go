package audio

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac"
)

type flacDecoder struct {
	s   *flac.Stream
	out []float32
	n   uint64
}

func openFLAC(r *bufio.Reader) (*flacDecoder, error) {
	// The library takes the word of whatever block comes first for its size;
	// STREAMINFO, which must come first (RFC 9639, section 8.2), has 34 bytes.
	head, err := r.Peek(8)
	if err != nil || head[4]&0x7f != 0 || head[5] != 0 || head[6] != 0 || head[7] != 34 {
		return nil, fmt.Errorf("%w: the FLAC file does not begin as one must", ErrFormat)
	}
	s, err := flac.New(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if b := s.Info.BitsPerSample; b < 4 || b > 24 {
		return nil, fmt.Errorf("%w: a FLAC file with %d bits a sample is not read", ErrFormat, b)
	}
	return &flacDecoder{s: s}, nil
}

func (d *flacDecoder) format() Format {
	return Format{Rate: int(d.s.Info.SampleRate), Channels: int(d.s.Info.NChannels)}
}

func (d *flacDecoder) next() ([]float32, error) {
	f, err := d.s.Next()
	if errors.Is(err, io.EOF) {
		if d.s.Info.NSamples > d.n {
			return nil, fmt.Errorf("%d of its %d samples are missing", d.s.Info.NSamples-d.n, d.s.Info.NSamples)
		}
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	bits := d.s.Info.BitsPerSample
	if f.BitsPerSample == 0 {
		f.BitsPerSample = bits
	}
	if f.BitsPerSample != bits || f.Channels.Count() != int(d.s.Info.NChannels) {
		return nil, errors.New("its format changes on the way")
	}
	if err := f.Parse(); err != nil {
		return nil, unexpectedEOF(err)
	}
	scale := 1 / float32(int64(1)<<(bits-1))
	n := len(f.Subframes[0].Samples)
	d.n += uint64(n)
	d.out = d.out[:0]
	for i := range n {
		for _, sub := range f.Subframes {
			d.out = append(d.out, float32(sub.Samples[i])*scale)
		}
	}
	return d.out, nil
}

// unexpectedEOF keeps an end in the middle of something from looking like a
// regular end.
func unexpectedEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
