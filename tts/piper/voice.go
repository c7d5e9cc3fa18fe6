package piper

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	ort "github.com/yalue/onnxruntime_go"

	"parley/models"
)

// Geometry of a Piper voice of medium quality.
const (
	channels = 192 // of prior and latent
	hop      = 256 // samples of a frame
)

// voice is one loaded voice.
type voice struct {
	settings               settings
	ids                    map[rune]int64
	encoder, flow, vocoder *ort.DynamicAdvancedSession
	gain                   float32
}

// gains bring the voices to one loudness, about -17 dBFS in speech, without
// clipping; measured over short sentences. Voices not named keep their own.
var gains = map[string]float32{"jenny": 2}

// settings are the parts of voice.json that matter here.
type settings struct {
	Audio struct {
		SampleRate int `json:"sample_rate"`
	} `json:"audio"`
	Espeak struct {
		Voice string `json:"voice"`
	} `json:"espeak"`
	Inference struct {
		NoiseScale  float32 `json:"noise_scale"`
		LengthScale float32 `json:"length_scale"`
		NoiseW      float32 `json:"noise_w"`
	} `json:"inference"`
	NumSpeakers  int                `json:"num_speakers"`
	PhonemeIDMap map[string][]int64 `json:"phoneme_id_map"`
}

func (s settings) validate() error {
	switch {
	case s.Audio.SampleRate < 8000 || s.Audio.SampleRate > 48000:
		return fmt.Errorf("a sample rate of %d Hz", s.Audio.SampleRate)
	case s.Espeak.Voice == "":
		return errors.New("no espeak voice")
	case s.NumSpeakers != 1:
		return fmt.Errorf("%d speakers; only voices with one are supported", s.NumSpeakers)
	}
	for _, must := range []string{"^", "$", "_", " "} {
		if len(s.PhonemeIDMap[must]) != 1 {
			return fmt.Errorf("no phoneme %q", must)
		}
	}
	return nil
}

func openVoice(rt *models.Runtime, name string, threads int) (_ *voice, err error) {
	v := &voice{ids: map[rune]int64{}, gain: 1}
	if g, ok := gains[name]; ok {
		v.gain = g
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("tts: voice %q: %w", name, err), v.close())
		}
	}()
	path, err := rt.Store().Verified(models.PiperConfig(name))
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &v.settings); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := v.settings.validate(); err != nil {
		return nil, fmt.Errorf("%s has %w", path, err)
	}
	for p, id := range v.settings.PhonemeIDMap {
		if r := []rune(p); len(r) == 1 && len(id) == 1 {
			v.ids[r[0]] = id[0]
		}
	}
	g, err := rt.Store().PiperGraphs(name)
	if err != nil {
		return nil, err
	}
	o := models.SessionOptions{Threads: threads}
	if v.encoder, err = rt.Session(g.Encoder, []string{models.PhonemeIDs, models.PhonemeCount, models.Scales}, []string{models.Prior, models.Durations}, o); err != nil {
		return nil, err
	}
	if v.flow, err = rt.Session(g.Flow, []string{models.Prior, models.Mask}, []string{models.Latent}, o); err != nil {
		return nil, err
	}
	v.vocoder, err = rt.Session(g.Vocoder, []string{models.Latent}, []string{models.Samples}, o)
	return v, err
}

func (v *voice) close() error {
	var all []error
	for _, s := range []*ort.DynamicAdvancedSession{v.encoder, v.flow, v.vocoder} {
		if s != nil {
			all = append(all, s.Destroy())
		}
	}
	return errors.Join(all...)
}

// plan is what the encoder makes of a script: the prior that all sound comes
// from, channels × frames, and how many frames each id lasts.
type plan struct {
	prior     matrix
	durations []float32
}

// encode runs the encoder. The voice's variety of pace and melody is chance
// drawn in here; all that follows is determined by the plan.
func (v *voice) encode(ids []int64, speed float64) (p plan, err error) {
	var own []ort.Value
	defer func() { err = errors.Join(err, destroy(own)) }()
	in, err := ort.NewTensor(ort.NewShape(1, int64(len(ids))), ids)
	if err != nil {
		return p, err
	}
	own = append(own, in)
	count, err := ort.NewTensor(ort.NewShape(1), []int64{int64(len(ids))})
	if err != nil {
		return p, err
	}
	own = append(own, count)
	inf := v.settings.Inference
	scales, err := ort.NewTensor(ort.NewShape(3), []float32{inf.NoiseScale, inf.LengthScale / float32(speed), inf.NoiseW})
	if err != nil {
		return p, err
	}
	own = append(own, scales)
	out := []ort.Value{nil, nil}
	if err := v.encoder.Run([]ort.Value{in, count, scales}, out); err != nil {
		return p, fmt.Errorf("tts: encode: %w", err)
	}
	own = append(own, out...)
	prior, okP := out[0].(*ort.Tensor[float32])
	durations, okD := out[1].(*ort.Tensor[float32])
	if !okP || !okD || len(prior.GetShape()) != 3 || prior.GetShape()[1] != channels || len(durations.GetData()) != len(ids) {
		return p, fmt.Errorf("tts: encode: a prior of shape %v and durations of shape %v", out[0].GetShape(), out[1].GetShape())
	}
	p.prior = matrix{rows: channels, cols: int(prior.GetShape()[2]), data: append([]float32(nil), prior.GetData()...)}
	p.durations = append(p.durations, durations.GetData()...)
	return p, nil
}

// runFlow turns columns of the prior into columns of the latent.
func (v *voice) runFlow(prior matrix) (matrix, error) {
	mask := make([]float32, prior.cols)
	for i := range mask {
		mask[i] = 1
	}
	return run(v.flow, prior, matrix{rows: 1, cols: prior.cols, data: mask})
}

// runVocoder turns columns of the latent into samples, hop a column.
func (v *voice) runVocoder(latent matrix) ([]float32, error) {
	m, err := run(v.vocoder, latent)
	if err == nil && len(m.data) != latent.cols*hop {
		err = fmt.Errorf("tts: vocode: %d samples from %d frames", len(m.data), latent.cols)
	}
	return m.data, err
}

// matrix is rows × cols in row order: a tensor of shape [1, rows, cols].
type matrix struct {
	rows, cols int
	data       []float32
}

func newMatrix(rows, cols int) matrix { return matrix{rows, cols, make([]float32, rows*cols)} }

// columns copies the columns [from, to).
func (m matrix) columns(from, to int) matrix {
	out := newMatrix(m.rows, to-from)
	for r := range m.rows {
		copy(out.data[r*out.cols:(r+1)*out.cols], m.data[r*m.cols+from:])
	}
	return out
}

// put copies the columns [from, to) of o to column at.
func (m matrix) put(at int, o matrix, from, to int) {
	for r := range m.rows {
		copy(m.data[r*m.cols+at:], o.data[r*o.cols+from:r*o.cols+to])
	}
}

// run puts matrices through a graph with one output.
func run(s *ort.DynamicAdvancedSession, in ...matrix) (m matrix, err error) {
	values := make([]ort.Value, 0, len(in)+1)
	defer func() { err = errors.Join(err, destroy(values)) }()
	for _, i := range in {
		t, err := ort.NewTensor(ort.NewShape(1, int64(i.rows), int64(i.cols)), i.data)
		if err != nil {
			return m, err
		}
		values = append(values, t)
	}
	out := []ort.Value{nil}
	if err := s.Run(values[:len(in)], out); err != nil {
		return m, fmt.Errorf("tts: run graph: %w", err)
	}
	values = append(values, out[0])
	t, ok := out[0].(*ort.Tensor[float32])
	if !ok {
		return m, fmt.Errorf("tts: run graph: an output of type %T", out[0])
	}
	shape := t.GetShape()
	m = matrix{cols: int(shape[len(shape)-1]), data: append([]float32(nil), t.GetData()...)}
	m.rows = len(m.data) / max(m.cols, 1)
	return m, nil
}

func destroy(values []ort.Value) error {
	var all []error
	for _, v := range values {
		if v != nil {
			all = append(all, v.Destroy())
		}
	}
	return errors.Join(all...)
}
