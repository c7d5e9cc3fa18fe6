// Package vad tells speech from everything else with Silero VAD v6
// (https://github.com/snakers4/silero-vad), a small recurrent network that
// gives a chance of speech for every 32 ms of sound.
//
// [Open] loads the graph once; every conversation opens its own detection on it,
// which carries the network's memory from window to window.
package vad

import (
	"context"
	"errors"
	"fmt"

	ort "github.com/yalue/onnxruntime_go"

	"parley/models"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

const (
	// Window is the sound, in samples, that each chance of speech is for: 32 ms.
	Window = 512
	// overlap is how much of the window before the network sees again.
	overlap = 64
	// memory is the size of the network's state, [2, 1, 128].
	memory = 2 * 128
)

// Detector is the loaded network.
type Detector struct {
	session *ort.DynamicAdvancedSession
}

var _ stage.Detector = (*Detector)(nil)

// Open loads the network from the runtime's store. The caller closes it after
// every detection.
func Open(rt *models.Runtime) (*Detector, error) {
	path, err := rt.Store().Verified(models.SileroVAD)
	if err != nil {
		return nil, err
	}
	s, err := rt.Session(path, []string{"input", "state", "sr"}, []string{"output", "stateN"}, models.SessionOptions{Threads: 1})
	if err != nil {
		return nil, err
	}
	return &Detector{session: s}, nil
}

// Close frees the network.
func (d *Detector) Close() error { return d.session.Destroy() }

// Open starts a detection.
func (d *Detector) Open() (stage.Detection, error) {
	det := &detection{session: d.session}
	var err error
	tensor := func(data []float32, shape ...int64) (t *ort.Tensor[float32]) {
		if err == nil {
			t, err = ort.NewTensor(shape, data)
		}
		return t
	}
	det.input = tensor(make([]float32, overlap+Window), 1, overlap+Window)
	det.chance = tensor(make([]float32, 1), 1, 1)
	for i := range det.state {
		det.state[i] = tensor(make([]float32, memory), 2, 1, memory/2)
	}
	if err == nil {
		det.rate, err = ort.NewScalar(int64(audio.Speech.Rate))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("vad: %w", err), det.Close())
	}
	return det, nil
}

// detection is one conversation's. Its tensors are made once and used for every
// window.
type detection struct {
	session *ort.DynamicAdvancedSession
	input   *ort.Tensor[float32]
	rate    *ort.Scalar[int64]
	chance  *ort.Tensor[float32]
	// state holds the network's memory, before and after; a window swaps them.
	state [2]*ort.Tensor[float32]

	// waiting is sound that does not fill a window yet; it ends at next.
	waiting   []float32
	concealed bool
	next      int64
	begun     bool
}

// Write detects speech in all windows that f completes. If f does not follow the
// frame before it, what was waiting is emitted as a shorter window without
// speech and the detection starts afresh, since nobody knows what was missed.
func (d *detection) Write(ctx context.Context, f audio.Frame, emit func(stage.Sound)) error {
	if f.Format != audio.Speech {
		return fmt.Errorf("vad: frame of %v, want %v: %w", f.Format, audio.Speech, stage.ErrInvalid)
	}
	if d.begun && f.Position != d.next {
		if len(d.waiting) > 0 {
			emit(d.sound(d.waiting, 0))
		}
		d.reset()
	}
	d.begun = true
	for rest := f.Samples; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("vad: %w", err)
		}
		// Whole windows are passed on as they lie in f; only one that spans
		// two frames is put together anew.
		window := rest
		n := min(len(rest), Window-len(d.waiting))
		d.next = f.End() - int64(len(rest)-n)
		d.concealed = d.concealed || f.Concealed
		if len(d.waiting) > 0 || n < Window {
			if d.waiting == nil {
				d.waiting = make([]float32, 0, Window)
			}
			d.waiting = append(d.waiting, rest[:n]...)
			window = d.waiting
		}
		rest = rest[n:]
		if len(window) < Window {
			break
		}
		window = window[:Window:Window]
		chance, err := d.run(window)
		if err != nil {
			return err
		}
		emit(d.sound(window, chance))
		d.waiting, d.concealed = nil, false
	}
	return nil
}

// sound is a window that ends at d.next.
func (d *detection) sound(window []float32, chance float64) stage.Sound {
	return stage.Sound{
		Frame: audio.Frame{
			Format: audio.Speech, Position: d.next - int64(len(window)),
			Samples: window, Concealed: d.concealed,
		},
		Speech: chance,
	}
}

// run gives the chance of speech in a window and moves the memory on.
func (d *detection) run(window []float32) (float64, error) {
	in := d.input.GetData()
	copy(in, in[Window:])
	copy(in[overlap:], window)
	err := d.session.Run([]ort.Value{d.input, d.state[0], d.rate}, []ort.Value{d.chance, d.state[1]})
	if err != nil {
		return 0, fmt.Errorf("vad: %w", err)
	}
	d.state[0], d.state[1] = d.state[1], d.state[0]
	return float64(d.chance.GetData()[0]), nil
}

func (d *detection) reset() {
	clear(d.input.GetData())
	clear(d.state[0].GetData())
	d.waiting, d.concealed = nil, false
}

// Close frees the tensors.
func (d *detection) Close() error {
	var errs []error
	if d.rate != nil {
		errs = append(errs, d.rate.Destroy())
		d.rate = nil
	}
	for _, t := range []**ort.Tensor[float32]{&d.input, &d.chance, &d.state[0], &d.state[1]} {
		if *t != nil {
			errs = append(errs, (*t).Destroy())
			*t = nil
		}
	}
	return errors.Join(errs...)
}
