package realtime

import (
	"encoding/base64"
	"encoding/json"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// MaxAppend is how much base64 one input_audio_buffer.append may hold, as the
// protocol has it.
const MaxAppend = 15 << 20

// Encoding is how sound is written in events: one of the protocol's three.
type Encoding struct {
	// Type is "audio/pcm", "audio/pcmu" or "audio/pcma".
	Type string `json:"type"`
	// Rate is in Hz; the G.711 types, which know 8000 alone, do not name it.
	Rate int `json:"rate,omitempty"`
}

// The encodings.
var (
	// PCM24k is 16-bit little-endian PCM, 24000 Hz, mono.
	PCM24k = Encoding{Type: "audio/pcm", Rate: 24000}
	// PCMU is G.711 µ-law, 8000 Hz, mono.
	PCMU = Encoding{Type: "audio/pcmu"}
	// PCMA is G.711 A-law, 8000 Hz, mono.
	PCMA = Encoding{Type: "audio/pcma"}
)

// SampleRate is the rate of the sound in Hz.
func (e Encoding) SampleRate() int {
	if e.Type == PCM24k.Type {
		return e.Rate
	}
	return 8000
}

// Encode writes samples.
func (e Encoding) Encode(samples []float32) []byte {
	if e.Type == PCM24k.Type {
		return audio.AppendPCM16(make([]byte, 0, 2*len(samples)), samples)
	}
	encode := encodeMuLaw
	if e.Type == PCMA.Type {
		encode = encodeALaw
	}
	out := make([]byte, len(samples))
	for i, v := range audio.ToInt16(make([]int16, 0, len(samples)), samples) {
		out[i] = encode(v)
	}
	return out
}

// Decode reads samples.
func (e Encoding) Decode(b []byte) []float32 {
	table := &muLaw
	switch e.Type {
	case PCM24k.Type:
		return audio.FromPCM16(b)
	case PCMA.Type:
		table = &aLaw
	}
	out := make([]float32, len(b))
	for i, v := range b {
		out[i] = table[v]
	}
	return out
}

// encoding reads an audio format into dst.
func (o object) encoding(name string, dst *Encoding) {
	f, ok := o.within(name)
	if !ok {
		return
	}
	var e Encoding
	f.required("type")
	f.choice("type", &e.Type, PCM24k.Type, PCMU.Type, PCMA.Type)
	want := 8000
	if e.Type == PCM24k.Type {
		want = PCM24k.Rate
		e.Rate = want
	}
	rate := want
	f.value("rate", &rate, "a whole number")
	if rate != want {
		f.r.fail(stage.Invalid("invalid_value", f.at("rate"), "The rate of %s must be %d Hz; it is %d.", e.Type, want, rate))
	}
	f.end()
	if f.r.fault == nil {
		*dst = e
	}
}

// input takes the sound that comes in events. It belongs to one goroutine.
type input struct {
	enc Encoding
	rs  *audio.Resampler
	pos int64 // of the next sample, in audio.Speech
}

// maxFrame is the longest frame that is pushed, so that a file sent at once
// does not become one immense frame.
const maxFrame = 16000

// append decodes what an input_audio_buffer.append holds and pushes it.
func (in *input) append(raw json.RawMessage, enc Encoding, push func(audio.Frame)) error {
	sound, err := decodeSound(raw)
	if err != nil {
		return err
	}
	if enc.Type == PCM24k.Type && len(sound)%2 != 0 {
		return stage.Invalid("invalid_value", "audio", "The audio must be whole 16-bit samples; it has an odd number of bytes.")
	}
	if in.rs == nil || in.enc != enc {
		if in.rs, err = audio.NewResampler(enc.SampleRate(), audio.Speech.Rate); err != nil {
			return err
		}
		in.enc = enc
	}
	samples := in.rs.Process(enc.Decode(sound))
	for len(samples) > 0 {
		n := min(len(samples), maxFrame)
		push(audio.Frame{Format: audio.Speech, Position: in.pos, Samples: samples[:n:n]})
		in.pos += int64(n)
		samples = samples[n:]
	}
	return nil
}

func decodeSound(raw json.RawMessage) ([]byte, error) {
	if len(raw) > MaxAppend+2 {
		return nil, stage.Invalid("string_above_max_length", "audio", "One append may hold at most %d bytes of base64; this holds %d. Send the sound in pieces.", MaxAppend, len(raw))
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, wrongType("audio", "a string")
	}
	sound, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, stage.Invalid("invalid_value", "audio", "The audio is not valid base64.")
	}
	return sound, nil
}
