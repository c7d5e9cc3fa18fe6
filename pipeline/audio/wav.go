package audio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// The codes of "WAVE_FORMAT_…" that are read, of Microsoft's Multimedia
// Programming Interface and Data Specifications 1.0 and its successors.
const (
	wavPCM        = 1
	wavFloat      = 3
	wavExtensible = 0xfffe
)

// wavUnknown is the size that writers give who cannot go back and correct it.
const wavUnknown = math.MaxUint32

type wavDecoder struct {
	r      io.Reader
	f      Format
	width  int // bytes of a sample
	sample func([]byte) float32
	left   int64 // bytes of the data chunk, or negative: until the end
	raw    []byte
	out    []float32
}

func openWAV(r *bufio.Reader) (*wavDecoder, error) {
	if _, err := r.Discard(12); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	d := &wavDecoder{r: r}
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, fmt.Errorf("%w: the WAV file ends before its sound", ErrFormat)
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch id := string(head[:4]); {
		case id == "fmt " && d.sample != nil:
			return nil, fmt.Errorf("%w: the WAV file has two formats", ErrFormat)
		case id == "fmt ":
			if err := d.readFormat(r, size); err != nil {
				return nil, err
			}
		case id == "data" && d.sample == nil:
			return nil, fmt.Errorf("%w: the WAV file has its sound before its format", ErrFormat)
		case id == "data":
			d.left = size
			// Recorders that write to a pipe give such a size and go on
			// to the end: the greatest there is (ffmpeg), or one below
			// the greatest that is not negative (sox).
			if size == wavUnknown || size >= 0x7ffff000 && size <= math.MaxInt32 {
				d.left = -1
			}
			step := d.width * d.f.Channels
			d.raw = make([]byte, max(1, 32<<10/step)*step)
			return d, nil
		default:
			if err := discard(r, size+size&1); err != nil { // chunks begin at even places
				return nil, fmt.Errorf("%w: the WAV file ends within its %q chunk", ErrFormat, id)
			}
		}
	}
}

func (d *wavDecoder) readFormat(r io.Reader, size int64) error {
	if size < 16 || size > 4096 {
		return fmt.Errorf("%w: the WAV file's format takes %d bytes", ErrFormat, size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return fmt.Errorf("%w: the WAV file ends within its format", ErrFormat)
	}
	le := binary.LittleEndian
	code, bits, align := le.Uint16(b), int(le.Uint16(b[14:])), int(le.Uint16(b[12:]))
	rate := le.Uint32(b[4:])
	if rate > maxRate {
		return fmt.Errorf("%w: the WAV file has %d samples a second", ErrFormat, rate)
	}
	d.f = Format{Rate: int(rate), Channels: int(le.Uint16(b[2:]))}
	if code == wavExtensible && size >= 40 {
		code = le.Uint16(b[24:]) // the head of the sub-format's GUID
	}
	switch [2]int{int(code), bits} {
	case [2]int{wavPCM, 8}:
		d.sample = func(b []byte) float32 { return float32(int(b[0])-128) / (1 << 7) }
	case [2]int{wavPCM, 16}:
		d.sample = func(b []byte) float32 { return float32(int16(le.Uint16(b))) / (1 << 15) }
	case [2]int{wavPCM, 24}:
		d.sample = func(b []byte) float32 {
			return float32(int32(b[0])<<8|int32(b[1])<<16|int32(b[2])<<24) / (1 << 31)
		}
	case [2]int{wavPCM, 32}:
		d.sample = func(b []byte) float32 { return float32(float64(int32(le.Uint32(b))) / (1 << 31)) }
	case [2]int{wavFloat, 32}:
		d.sample = func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }
	case [2]int{wavFloat, 64}:
		d.sample = func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) }
	default:
		return fmt.Errorf("%w: a WAV file of kind %d with %d bits is not read; \"ffmpeg -i FILE -c:a pcm_s16le out.wav\" makes one that is", ErrFormat, code, bits)
	}
	d.width = bits / 8
	if d.f.Channels == 0 || align != d.width*d.f.Channels {
		return fmt.Errorf("%w: the WAV file puts %d channels of %d bits into %d bytes", ErrFormat, d.f.Channels, bits, align)
	}
	return nil
}

func (d *wavDecoder) format() Format { return d.f }

func (d *wavDecoder) next() ([]float32, error) {
	raw := d.raw
	if d.left >= 0 {
		raw = raw[:min(int64(len(raw)), d.left)]
	}
	if len(raw) == 0 {
		return nil, io.EOF
	}
	n, err := io.ReadFull(d.r, raw)
	ended := err != nil // a failure of the reader is told by Decode
	if ended && d.left >= 0 {
		return nil, fmt.Errorf("%d bytes of its sound are missing", d.left-int64(n))
	}
	if d.left >= 0 {
		d.left -= int64(n)
	}
	step := d.width * d.f.Channels
	n -= n % step // an incomplete last sample
	d.out = d.out[:0]
	for at := 0; at < n; at += d.width {
		d.out = append(d.out, d.sample(raw[at:]))
	}
	if ended {
		return d.out, io.EOF
	}
	return d.out, nil
}

func discard(r *bufio.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

// WAVWriter writes sound as a WAV file of 16-bit PCM. What it writes to need
// not be seekable: a file that is gets its true size on Close, and a pipe the
// greatest size there is, which readers take to mean "until the end".
type WAVWriter struct {
	w     io.Writer
	seek  io.WriteSeeker // nil if it cannot go back
	start int64
	bytes int64
	buf   []byte
}

// NewWAVWriter writes the file's head. The caller closes the writer, and after
// that what lies below it.
func NewWAVWriter(w io.Writer, f Format) (*WAVWriter, error) {
	if f.Rate <= 0 || f.Channels <= 0 || f.Channels > math.MaxUint16 {
		return nil, fmt.Errorf("audio: cannot write a WAV file of %v", f)
	}
	ww := &WAVWriter{w: w}
	if s, ok := w.(io.WriteSeeker); ok {
		// A pipe has the method, too, but fails.
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			ww.seek, ww.start = s, at
		}
	}
	le := binary.LittleEndian
	head := []byte("RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00")
	head = le.AppendUint16(head, wavPCM)
	head = le.AppendUint16(head, uint16(f.Channels))
	head = le.AppendUint32(head, uint32(f.Rate))
	head = le.AppendUint32(head, uint32(f.Rate*f.Channels*2))
	head = le.AppendUint16(head, uint16(f.Channels*2))
	head = le.AppendUint16(head, 16)
	head = append(head, "data\xff\xff\xff\xff"...)
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("audio: write WAV: %w", err)
	}
	return ww, nil
}

// Write adds interleaved samples.
func (w *WAVWriter) Write(samples []float32) error {
	w.buf = AppendPCM16(w.buf[:0], samples)
	n, err := w.w.Write(w.buf)
	w.bytes += int64(n)
	if err != nil {
		return fmt.Errorf("audio: write WAV: %w", err)
	}
	return nil
}

// Close corrects the sizes in the file's head where that is possible.
func (w *WAVWriter) Close() error {
	if w.seek == nil || w.bytes > wavUnknown-36 {
		return nil
	}
	le := binary.LittleEndian
	err := errors.Join(
		w.patch(4, le.AppendUint32(nil, uint32(w.bytes+36))),
		w.patch(40, le.AppendUint32(nil, uint32(w.bytes))),
	)
	if _, e := w.seek.Seek(w.start+44+w.bytes, io.SeekStart); e != nil {
		err = errors.Join(err, e)
	}
	if err != nil {
		return fmt.Errorf("audio: write WAV: %w", err)
	}
	return nil
}

func (w *WAVWriter) patch(at int64, b []byte) error {
	if _, err := w.seek.Seek(w.start+at, io.SeekStart); err != nil {
		return err
	}
	_, err := w.seek.Write(b)
	return err
}

// WriteWAV writes a whole recording as a WAV file.
func WriteWAV(w io.Writer, r Recording) error {
	ww, err := NewWAVWriter(w, r.Format)
	if err != nil {
		return err
	}
	return errors.Join(ww.Write(r.Samples), ww.Close())
}
