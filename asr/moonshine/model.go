package moonshine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"parley/models"
)

// rate is the sample rate that the encoder takes, in samples per second.
const rate = 16000

// The special tokens of the Llama vocabulary.
const (
	tokenStart = 1
	tokenEnd   = 2
)

// vocabularySize is the width of the decoder's logits; the token pieces fill
// the first 32,000 and the rest is unused here.
const vocabularySize = 32768

const heads = 8

// shape is what differs between the sizes.
type shape struct {
	layers int
	// width is the encoder's output per frame, headWidth that of one attention
	// head.
	width, headWidth int
}

// The figures of the model card, https://github.com/usefulsensors/moonshine.
var shapes = map[string]shape{
	"tiny": {layers: 6, width: 288, headWidth: 36},
	"base": {layers: 8, width: 416, headWidth: 52},
}

// model is the two graphs and the token pieces. Its methods are safe for
// concurrent use: the sessions are shared, and what a decoding needs for itself
// it borrows from free.
type model struct {
	shape
	encoder *ort.DynamicAdvancedSession
	decoder *ort.DynamicAdvancedSession
	pieces  *pieces

	mu   sync.Mutex
	free []*decoding
}

func openModel(rt *models.Runtime, size string, threads int) (_ *model, err error) {
	sh, ok := shapes[size]
	if !ok {
		return nil, fmt.Errorf("asr: moonshine comes as \"tiny\" or \"base\", not %q", size)
	}
	m := &model{shape: sh}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	if m.pieces, err = loadPieces(rt.Store()); err != nil {
		return nil, err
	}
	open := func(n models.Name, in, out []string) (*ort.DynamicAdvancedSession, error) {
		path, err := rt.Store().Verified(n)
		if err != nil {
			return nil, err
		}
		return rt.Session(path, in, out, models.SessionOptions{Threads: threads})
	}
	if m.encoder, err = open(models.MoonshineEncoder(size), []string{"input_values"}, []string{"last_hidden_state"}); err != nil {
		return nil, err
	}
	// The decoder is run by binding names one at a time.
	if m.decoder, err = open(models.MoonshineDecoder(size), nil, nil); err != nil {
		return nil, err
	}
	return m, nil
}

// close destroys the sessions. No decoding may be under way.
func (m *model) close() error {
	var errs []error
	for _, d := range m.free {
		errs = append(errs, d.destroy())
	}
	m.free = nil
	for _, s := range []*ort.DynamicAdvancedSession{m.encoder, m.decoder} {
		if s != nil {
			errs = append(errs, s.Destroy())
		}
	}
	return errors.Join(errs...)
}

// shortest is the least sound that the encoder's front end can take; shorter
// sound is padded with silence.
const shortest = rate / 4

// Pass tells what one pass of the model over a window of sound took.
type Pass struct {
	// Sound is the length of the window.
	Sound time.Duration
	// Encode and Decode are how long the two graphs ran.
	Encode, Decode time.Duration
	// Tokens came out, Drafted of them by confirming the draft.
	Tokens, Drafted int
}

// recognise makes the best transcript of a window of sound. draft is a guess at
// its tokens, usually those of the window when it was shorter: as many as the
// model would have chosen itself are confirmed in a single step of the decoder.
func (m *model) recognise(ctx context.Context, samples []float32, draft []int32) (h hypothesis, p Pass, err error) {
	p.Sound = time.Duration(len(samples)) * time.Second / rate
	if err := ctx.Err(); err != nil {
		return h, p, fmt.Errorf("asr: %w", err)
	}
	begin := time.Now()
	hidden, frames, err := m.encode(samples)
	if err != nil {
		return h, p, err
	}
	defer func() { err = errors.Join(err, hidden.Destroy()) }()
	p.Encode = time.Since(begin)
	d, err := m.borrow()
	if err != nil {
		return h, p, err
	}
	begin = time.Now()
	h, err = d.run(ctx, hidden, frames, draft, maxTokens(len(samples)))
	p.Decode, p.Tokens, p.Drafted = time.Since(begin), len(h.tokens), d.drafted
	if err != nil {
		return h, p, errors.Join(err, d.destroy())
	}
	return h, p, m.giveBack(d)
}

// encode gives the encoder's frames, one for each 24 ms.
func (m *model) encode(samples []float32) (hidden *ort.Tensor[float32], frames int, err error) {
	if len(samples) < shortest {
		samples = append(make([]float32, 0, shortest), samples...)[:shortest]
	}
	in, err := ort.NewTensor(ort.NewShape(1, int64(len(samples))), samples)
	if err != nil {
		return nil, 0, fmt.Errorf("asr: encode: %w", err)
	}
	out := []ort.Value{nil}
	err = m.encoder.Run([]ort.Value{in}, out)
	if err = errors.Join(err, in.Destroy()); err != nil {
		return nil, 0, fmt.Errorf("asr: encode: %w", err)
	}
	hidden, ok := out[0].(*ort.Tensor[float32])
	if s := out[0].GetShape(); !ok || len(s) != 3 || s[2] != int64(m.width) {
		return nil, 0, errors.Join(fmt.Errorf("asr: encode: output of shape %v", s), out[0].Destroy())
	}
	return hidden, int(hidden.GetShape()[1]), nil
}

// idle bounds the decodings that are kept for the next caller; each holds some
// 40 MB after a long window.
const idle = 2

func (m *model) borrow() (*decoding, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.free); n > 0 {
		d := m.free[n-1]
		m.free = m.free[:n-1]
		return d, nil
	}
	return newDecoding(m)
}

func (m *model) giveBack(d *decoding) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.free) < idle {
		m.free = append(m.free, d)
		return nil
	}
	return d.destroy()
}
