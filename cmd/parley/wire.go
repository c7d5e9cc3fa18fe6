package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"parley/asr/moonshine"
	"parley/asr/vad"
	"parley/cmd/parley/config"
	"parley/models"
	"parley/pipeline/stage"
	"parley/reasoner"
	"parley/reasoner/builtin"
	"parley/reasoner/llm"
	"parley/reasoner/narrator"
	"parley/tts/piper"
	"parley/tts/text"
)

// house opens the backends that a command needs, each once, and closes them in
// the opposite order. A new backend is one more case here.
type house struct {
	cfg   config.Config
	store models.Store

	rt    *models.Runtime
	ears  *moonshine.Recognizer
	vad   *vad.Detector
	mouth *piper.Synthesizer

	mu      sync.Mutex // of closers: two backends may load at once
	closers []func() error
}

// openHouse opens nothing yet.
func (a *app) openHouse(cfg config.Config) *house {
	return &house{cfg: cfg, store: store(cfg.Models, a.source.IsDefault("models"))}
}

// opened notes what to close.
func (h *house) opened(c func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closers = append(h.closers, c)
}

// close frees everything and adds what fails at it to err.
func (h *house) close(err *error) {
	for _, c := range slices.Backward(h.closers) {
		*err = errors.Join(*err, c())
	}
	h.closers = nil
}

func (h *house) runtime() (*models.Runtime, error) {
	if h.rt != nil {
		return h.rt, nil
	}
	rt, err := models.NewRuntime(h.store)
	if err != nil {
		return nil, err
	}
	h.rt = rt
	h.opened(rt.Close)
	return rt, nil
}

func (h *house) detector() (*vad.Detector, error) {
	if h.vad != nil {
		return h.vad, nil
	}
	rt, err := h.runtime()
	if err != nil {
		return nil, err
	}
	if h.vad, err = vad.Open(rt); err != nil {
		return nil, err
	}
	h.opened(h.vad.Close)
	return h.vad, nil
}

func (h *house) recognizer() (*moonshine.Recognizer, error) {
	if h.ears != nil {
		return h.ears, nil
	}
	det, err := h.detector()
	if err != nil {
		return nil, err
	}
	h.ears, err = moonshine.Open(h.rt, moonshine.Options{Size: h.cfg.ASR.Model, Threads: h.cfg.ASR.Threads, Detector: det})
	if err != nil {
		return nil, err
	}
	h.opened(h.ears.Close)
	return h.ears, nil
}

// synthesizer loads the voice, which nothing interrupts.
//
//nolint:contextcheck
func (h *house) synthesizer() (*piper.Synthesizer, error) {
	if h.mouth != nil {
		return h.mouth, nil
	}
	rt, err := h.runtime()
	if err != nil {
		return nil, err
	}
	h.mouth, err = piper.Open(rt, piper.Options{Voice: h.cfg.TTS.Voice, Threads: h.cfg.TTS.Threads})
	if err != nil {
		return nil, err
	}
	h.opened(h.mouth.Close)
	return h.mouth, nil
}

// reasoner makes the mind. report is told when the endpoint fails and Parley's
// own reasoner stands in for it.
func (h *house) reasoner(report func(error)) (stage.Reasoner, error) {
	own := builtin.New()
	switch kind := h.cfg.Reasoner.Kind; kind {
	case "builtin":
		return own, nil
	case "llm":
		o := h.cfg.LLM
		retries := o.Retries
		if retries == 0 {
			retries = -1 // 0 is the client's default
		}
		model, err := llm.New(llm.Options{
			BaseURL: o.BaseURL, APIKey: o.APIKey, Model: o.Model,
			FirstToken: o.First, Stall: o.Stall, Total: o.Total, Retries: retries, MaxTokens: o.MaxTokens,
			NewSplitter: func() llm.Splitter { return text.NewSplitter() },
		})
		if err != nil {
			return nil, err
		}
		return reasoner.WithFallback(model, own, report), nil
	default:
		return nil, fmt.Errorf("no reasoner is called %q", kind)
	}
}

func (h *house) narrator() stage.Narrator {
	return narrator.New(func() narrator.Splitter { return text.NewSplitter() })
}
