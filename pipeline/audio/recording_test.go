package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// Every fixture (see testdata/make.sh) is 0.15 s of a tone of 500 Hz at half of
// full scale that begins at phase 0; stereo ones have 1500 Hz on the right.
func TestReadFile(t *testing.T) {
	for _, tc := range []struct {
		file string
		want Format
		snr  float64 // dB
	}{
		{"u8.wav", Format{16000, 2}, 38},
		{"s16.wav", Format{16000, 2}, 80},
		{"s24.wav", Format{16000, 2}, 110},
		{"s32.wav", Format{16000, 2}, 110},
		{"f32.wav", Format{16000, 2}, 110},
		{"f64.wav", Format{16000, 2}, 110},
		{"piped.wav", Format{16000, 2}, 80},
		{"cd.flac", Format{44100, 2}, 80},
		{"s24.flac", Format{16000, 2}, 110},
		{"mono.flac", Format{16000, 1}, 80},
		{"cd.mp3", Format{44100, 2}, 45},
		{"mono.mp3", Format{16000, 1}, 30},
	} {
		t.Run(tc.file, func(t *testing.T) {
			rec, err := ReadFile(filepath.Join("testdata", tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if rec.Format != tc.want || rec.Duration() != 150*time.Millisecond {
				t.Errorf("got %v of %v, want 150ms of %v", rec.Duration(), rec.Format, tc.want)
			}
			for c, freq := range []float64{500, 1500}[:tc.want.Channels] {
				samples := make([]float32, rec.Len())
				for i := range samples {
					samples[i] = rec.Samples[i*tc.want.Channels+c]
				}
				amp, phase, rest := tonePower(samples, freq, rec.Rate, 600)
				late := phase / (2 * math.Pi * freq) * float64(rec.Rate)
				if snr := Decibels(amp / math.Sqrt2 / rest); math.Abs(amp-0.5) > 0.01 || math.Abs(late) > 0.25 || snr < tc.snr {
					t.Errorf("channel %d: amplitude %.4f, %+.2f samples off, noise at %.1f dB", c, amp, late, -snr)
				}
			}
		})
	}
}

func TestReadMP3WithoutPadding(t *testing.T) {
	rec, err := ReadFile("testdata/bare.mp3")
	if err != nil {
		t.Fatal(err)
	}
	if d := rec.Duration(); rec.Rate != 22050 || d < 150*time.Millisecond || d > 300*time.Millisecond {
		t.Errorf("got %v at %d Hz", d, rec.Rate)
	}
}

func TestRecordingTo(t *testing.T) {
	rec, err := ReadFile("testdata/cd.flac")
	if err != nil {
		t.Fatal(err)
	}
	got, err := rec.To(Speech)
	if err != nil || got.Format != Speech || got.Len() != 2400 {
		t.Fatalf("got %v of %v (%v), want 2400 samples of %v", got.Len(), got.Format, err, Speech)
	}
	if amp, _, _ := tonePower(got.Samples, 500, 16000, 200); math.Abs(amp-0.25) > 0.01 {
		t.Errorf("half of the mix has amplitude %.3f, want 0.25", amp)
	}
	if _, err := rec.To(Format{16000, 2}); err == nil {
		t.Error("converted to stereo")
	}
}

func TestDecodeRefuses(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	patched := func(name string, at int, b ...byte) []byte {
		f := read(name)
		copy(f[at:], b)
		return f
	}
	for _, tc := range []struct {
		name string
		data []byte
		lim  Limits
		want error
		say  string
	}{
		{"empty", nil, Limits{}, ErrFormat, "empty"},
		{"short", []byte("RI"), Limits{}, ErrFormat, "too short"},
		{"text", []byte("Good morning, this is a letter."), Limits{}, ErrFormat, "ffmpeg"},
		{"ogg", []byte("OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00"), Limits{}, ErrFormat, "Ogg"},
		{"m4a", []byte("\x00\x00\x00\x20ftypM4A \x00"), Limits{}, ErrFormat, "MP4"},
		{"mu-law", read("mulaw.wav"), Limits{}, ErrFormat, "pcm_s16le"},
		{"truncated wav", read("s16.wav")[:5000], Limits{}, ErrFormat, "missing"},
		{"wav head", read("s16.wav")[:30], Limits{}, ErrFormat, "ends within its format"},
		{"wav without sound", read("s16.wav")[:36], Limits{}, ErrFormat, "before its sound"},
		{"wav misaligned", patched("s16.wav", 32, 3), Limits{}, ErrFormat, "3 bytes"},
		{"wav at 0 Hz", patched("s16.wav", 24, 0, 0, 0, 0), Limits{}, ErrFormat, "0 Hz"},
		{"truncated flac", read("cd.flac")[:2000], Limits{}, ErrFormat, "damaged after"},
		{"altered flac", patched("cd.flac", 1500, 1, 2, 3), Limits{}, ErrFormat, "damaged after"},
		{"flac with a huge block", []byte("fLaC\x06\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff"), Limits{}, ErrFormat, "begin"},
		{"mp3 head", read("cd.mp3")[:20], Limits{}, ErrFormat, ""},
		{"a tag and no more", []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), Limits{}, ErrFormat, "ID3"},
		{"too long", read("s16.wav"), Limits{Duration: 100 * time.Millisecond}, ErrTooLong, "parts"},
		{"too many samples", read("cd.flac"), Limits{Samples: 5000}, ErrTooLong, "parts"},
		{"too large", read("s16.wav"), Limits{Bytes: 5000}, ErrTooLong, "5000 bytes"},
	} {
		_, err := Decode(bytes.NewReader(tc.data), tc.lim)
		if !errors.Is(err, tc.want) || err != nil && !strings.Contains(err.Error(), tc.say) {
			t.Errorf("%s: %v, want one that is %q and says %q", tc.name, err, tc.want, tc.say)
		}
	}
	broken := errors.New("disk on fire")
	r := io.MultiReader(bytes.NewReader(read("piped.wav")[:3000]), iotest.ErrReader(broken))
	if _, err := Decode(r, Limits{}); !errors.Is(err, broken) || errors.Is(err, ErrFormat) {
		t.Errorf("a reader that fails gives %v", err)
	}
	if _, err := ReadFile("testdata/none.wav"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	// Exactly at the limit is within it.
	if _, err := Decode(bytes.NewReader(read("s16.wav")), Limits{Bytes: int64(len(read("s16.wav"))), Duration: 150 * time.Millisecond}); err != nil {
		t.Error(err)
	}
}

func TestWAVWriter(t *testing.T) {
	want := Recording{Format{22050, 2}, FromInt16([]int16{1, -2, 300, -400, 32767, -32768})}
	path := filepath.Join(t.TempDir(), "out.wav")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	// It need not begin where the file does, nor end there.
	if _, err := f.WriteString("front"); err != nil {
		t.Fatal(err)
	}
	if err := WriteWAV(f, want); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("back"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	seekable, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seekable, ok := bytes.CutPrefix(seekable, []byte("front"))
	seekable, too := bytes.CutSuffix(seekable, []byte("back"))
	if !ok || !too {
		t.Fatal("what surrounds the file was overwritten")
	}
	if riff, data := binary.LittleEndian.Uint32(seekable[4:]), binary.LittleEndian.Uint32(seekable[40:]); riff != 36+12 || data != 12 {
		t.Errorf("sizes are %d and %d, want 48 and 12", riff, data)
	}
	var stream bytes.Buffer
	if err := WriteWAV(&stream, want); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"file": seekable, "stream": stream.Bytes()} {
		got, err := Decode(bytes.NewReader(b), Limits{})
		if err != nil || got.Format != want.Format || !slices.Equal(got.Samples, want.Samples) {
			t.Errorf("%s: got %+v (%v), want %+v", name, got, err, want)
		}
	}
	if err := WriteWAV(&stream, Recording{}); err == nil {
		t.Error("wrote a file without a rate")
	}
}

// Whatever the bytes, Decode ends, keeps to the limits and gives what it says.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 2000)])
	}
	l := Limits{Bytes: 1 << 16, Samples: 1 << 20, Duration: time.Minute}
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := Decode(bytes.NewReader(b), l)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLong) {
				t.Errorf("unclassified: %v", err)
			}
			return
		}
		if int64(len(rec.Samples)) > l.Samples || rec.Duration() > l.Duration || len(rec.Samples)%rec.Channels != 0 {
			t.Errorf("%d samples of %v", len(rec.Samples), rec.Format)
		}
		for _, s := range rec.Samples {
			if !(s >= -1 && s <= 1) {
				t.Fatalf("sample %g", s)
			}
		}
	})
}
