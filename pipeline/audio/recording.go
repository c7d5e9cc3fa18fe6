package audio

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Recording is a whole stretch of sound in memory.
type Recording struct {
	Format
	// Samples are interleaved and lie in [-1, 1].
	Samples []float32
}

// Len is the number of samples per channel.
func (r Recording) Len() int64 { return r.Frame().Len() }

// Duration is how long the recording sounds.
func (r Recording) Duration() time.Duration { return r.Frame().Duration() }

// Frame gives the recording as one frame at position 0. They share the samples.
func (r Recording) Frame() Frame { return Frame{Format: r.Format, Samples: r.Samples} }

// To converts the recording to mono at another rate, as [Speech] wants it.
func (r Recording) To(f Format) (Recording, error) {
	if f.Channels != 1 {
		return Recording{}, fmt.Errorf("audio: cannot convert to %v: only to one channel", f)
	}
	out, err := Resample(Mono(r.Samples, r.Channels), r.Rate, f.Rate)
	if err != nil {
		return Recording{}, err
	}
	return Recording{Format: f, Samples: out}, nil
}

// What Decode tells of a recording that it cannot give.
var (
	// ErrFormat: the data are damaged or of a kind that is not read.
	ErrFormat = errors.New("unreadable sound file")
	// ErrTooLong: the recording is over a limit.
	ErrTooLong = errors.New("sound file over the limit")
)

// Limits bound what Decode reads. A field that is 0 has its default.
type Limits struct {
	// Bytes of the file; 1 GiB by default.
	Bytes int64
	// Duration of the sound; two hours by default.
	Duration time.Duration
	// Samples of all channels together, at four bytes each; 2^28 by default.
	Samples int64
}

func (l Limits) ensureDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 1 << 30
	}
	if l.Duration == 0 {
		l.Duration = 2 * time.Hour
	}
	if l.Samples == 0 {
		l.Samples = 1 << 28
	}
	return l
}

// decoder is one file being read: next gives the samples that follow,
// interleaved and only valid until the next call, and in the end io.EOF.
type decoder interface {
	format() Format
	next() ([]float32, error)
}

// ReadFile reads a sound file within the default limits; see [Decode].
func ReadFile(path string) (Recording, error) {
	f, err := os.Open(path)
	if err != nil {
		return Recording{}, fmt.Errorf("audio: %w", err)
	}
	defer f.Close()
	rec, err := Decode(f, Limits{})
	if err != nil {
		return Recording{}, fmt.Errorf("%s: %w", path, err)
	}
	return rec, nil
}

// Decode reads a WAV (RIFF), FLAC or MP3 file, which it tells by its content.
// The error wraps ErrFormat or ErrTooLong, or is that of the reader.
func Decode(r io.Reader, l Limits) (Recording, error) {
	l = l.ensureDefaults()
	in := &meter{r: r, left: l.Bytes}
	rec, err := decode(bufio.NewReaderSize(in, 64<<10), l)
	switch {
	case in.err != nil:
		// The reader's failure, not what the parser made of it.
		return Recording{}, fmt.Errorf("audio: %w", in.err)
	case in.over:
		return Recording{}, fmt.Errorf("audio: %w: it has more than %d bytes; cut it into parts", ErrTooLong, l.Bytes)
	case err != nil:
		return Recording{}, fmt.Errorf("audio: %w", err)
	}
	return rec, nil
}

func decode(r *bufio.Reader, l Limits) (Recording, error) {
	d, err := open(r)
	if err != nil {
		return Recording{}, err
	}
	f := d.format()
	if f.Rate < 1000 || f.Rate > maxRate || f.Channels < 1 || f.Channels > 32 {
		return Recording{}, fmt.Errorf("%w: it claims to be %v", ErrFormat, f)
	}
	most := min(l.Samples, f.Samples(l.Duration)*int64(f.Channels))
	rec := Recording{Format: f}
	for {
		s, err := nextSafely(d)
		if int64(len(rec.Samples)+len(s)) > most {
			return Recording{}, fmt.Errorf("%w: it sounds for more than %v; cut it into parts", ErrTooLong,
				f.Duration(most/int64(f.Channels)).Round(time.Second))
		}
		for _, v := range s {
			if v != v { // a float file may hold NaN, which would spread
				v = 0
			}
			rec.Samples = append(rec.Samples, min(max(v, -1), 1))
		}
		if errors.Is(err, io.EOF) {
			return rec, nil
		}
		if err != nil {
			return Recording{}, fmt.Errorf("%w: damaged after %v: %w", ErrFormat, rec.Duration().Round(time.Millisecond), err)
		}
	}
}

// open finds out what kind of file r is.
func open(r *bufio.Reader) (decoder, error) {
	if err := skipID3(r); err != nil {
		return nil, err
	}
	head, err := r.Peek(12)
	if len(head) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	kind := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	var other string
	switch {
	case kind(0, "RIFF") && kind(8, "WAVE"):
		return openWAV(r)
	case kind(0, "fLaC"):
		return openFLAC(r)
	case len(head) > 1 && head[0] == 0xff && head[1]&0xe6 == 0xe2: // sync and layer III
		return openMP3(r)
	case kind(0, "OggS"):
		other = "it is an Ogg file (Opus or Vorbis)"
	case kind(4, "ftyp"):
		other = "it is an MP4 or M4A file (AAC)"
	case len(head) > 1 && head[0] == 0xff && head[1]&0xf6 == 0xf0:
		other = "it is an AAC file"
	case bytes.HasPrefix(head, []byte{0x1a, 0x45, 0xdf, 0xa3}):
		other = "it is a Matroska or WebM file"
	case kind(0, "FORM"):
		other = "it is an AIFF file"
	case kind(0, "RF64"), kind(0, "BW64"):
		other = "it is a WAV file of the 64-bit kind"
	case err != nil:
		other = "it is too short to be a sound file"
	default:
		other = "it is no sound file that Parley knows"
	}
	return nil, fmt.Errorf("%w: %s; WAV, FLAC and MP3 are read, and \"ffmpeg -i FILE out.wav\" makes a WAV of most others", ErrFormat, other)
}

// skipID3 skips the ID3v2 tags that MP3 and, rarely, FLAC files begin with. The
// codecs' libraries do that too, but take the tag's word for how much memory to
// set aside for it.
func skipID3(r *bufio.Reader) error {
	for {
		head, _ := r.Peek(10) // a file that is too short is told of elsewhere
		if len(head) < 10 || string(head[:3]) != "ID3" {
			return nil
		}
		size := 10
		for i, b := range head[6:10] {
			size += int(b&0x7f) << (21 - 7*i)
		}
		if head[5]&0x10 != 0 { // a footer
			size += 10
		}
		if _, err := r.Discard(size); err != nil {
			return fmt.Errorf("%w: it ends within its ID3 tag", ErrFormat)
		}
	}
}

// nextSafely guards against the decoders of others, which index out of range on
// some damaged files.
func nextSafely(d decoder) (s []float32, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("the decoder failed: %v", p)
		}
	}()
	return d.next()
}

// meter reads up to a limit, and remembers whether the file goes beyond it and
// whether reading failed.
type meter struct {
	r    io.Reader
	left int64
	over bool
	err  error
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		var one [1]byte
		n, err := m.r.Read(one[:])
		m.over = m.over || n > 0
		if n == 0 && err != nil && !errors.Is(err, io.EOF) {
			m.err = err
		}
		return 0, io.EOF
	}
	n, err := m.r.Read(p[:min(int64(len(p)), m.left)])
	m.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}
