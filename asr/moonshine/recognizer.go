// Package moonshine recognises speech with Moonshine (Jeffries et al. 2024,
// arXiv 2410.15608), an encoder-decoder transformer that takes sound of any
// length and writes text with case and punctuation, run in int8 by ONNX Runtime.
//
// The model was made for whole utterances: its front end normalises over all of
// the sound, so nothing that it computed for a shorter window can be kept. A
// [Recognizer] therefore recognises an utterance anew, whole, as it grows:
// every few hundred milliseconds while the person speaks and at once when they
// fall silent, so that the final words are there before the turn is known to be
// over. What makes that affordable is that the words of the window before are
// put to the decoder as a draft and confirmed in one step (speculative decoding,
// Leviathan et al. 2023, arXiv 2211.17192, with the previous hypothesis as the
// drafter): 8 s of speech whose words stayed the same took the decoder 75 ms
// instead of 550 on one core.
//
// Word times are estimates; see [stage.Word] and the method place of window.
package moonshine

import (
	"context"
	"fmt"

	"parley/models"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// Options say which model is loaded and how.
type Options struct {
	// Size is "base" or "tiny".
	Size string
	// Threads is how many threads one operator may use; 0 is 1. On two cores
	// with other work a second one cost a fifth more processor time and gained
	// nothing: a token's operators are too small to share out.
	Threads int
	// Detector finds the speech in what Transcribe is given.
	Detector stage.Detector
	// Passed, if not nil, is told of every pass of the model. It is called
	// from whatever goroutine recognises and must not block.
	Passed func(Pass)
}

// Recognizer is the loaded model.
type Recognizer struct {
	options Options
	model   *model
}

var _ stage.Recognizer = (*Recognizer)(nil)

// Open loads the model from the runtime's store. The caller closes it after
// every recognition.
func Open(rt *models.Runtime, o Options) (*Recognizer, error) {
	m, err := openModel(rt, o.Size, o.Threads)
	if err != nil {
		return nil, err
	}
	return &Recognizer{options: o, model: m}, nil
}

// Close frees the model.
func (r *Recognizer) Close() error { return r.model.close() }

// Open starts an utterance. The prompt is not used: Moonshine takes none.
func (r *Recognizer) Open(_ context.Context, h stage.Hearing, emit func(stage.Transcript)) (stage.Recognition, error) {
	if h.Format != audio.Speech {
		return nil, fmt.Errorf("asr: sound of %v, want %v: %w", h.Format, audio.Speech, stage.ErrInvalid)
	}
	return &recognition{r: r, emit: emit, live: true, comfortable: comfortableLive, endChance: -1}, nil
}

// Transcribe recognises a recording of any length, in [audio.Speech]. Recordings
// of more than 28 s are cut at pauses. Times count from the first sample.
func (r *Recognizer) Transcribe(ctx context.Context, samples []float32) (t stage.Transcript, err error) {
	if r.options.Detector == nil {
		return t, fmt.Errorf("asr: transcribe: no detector was given")
	}
	det, err := r.options.Detector.Open()
	if err != nil {
		return t, err
	}
	defer func() {
		if e := det.Close(); err == nil {
			err = e
		}
	}()
	u := &recognition{r: r, comfortable: longest, endChance: -1}
	var failed error
	write := func(s stage.Sound) {
		if failed == nil {
			failed = u.Write(ctx, s)
		}
	}
	// A second at a time, so that a failure ends it soon.
	for at := 0; at < len(samples) && failed == nil; at += rate {
		f := audio.Frame{Format: audio.Speech, Position: int64(at), Samples: samples[at:min(at+rate, len(samples))]}
		if err := det.Write(ctx, f, write); err != nil {
			return t, err
		}
	}
	if failed != nil {
		return t, failed
	}
	// The end that fills no window of the detector.
	if end := u.window.end(); end < int64(len(samples)) {
		rest := audio.Frame{Format: audio.Speech, Position: end, Samples: samples[end:]}
		if err := u.Write(ctx, stage.Sound{Frame: rest}); err != nil {
			return t, err
		}
	}
	return u.Finish(ctx)
}
