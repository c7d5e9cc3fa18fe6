// Package pipeline is the ground floor of Parley: it runs conversations. An
// [Engine] holds the stages that all conversations share; a [Session] is one
// conversation, an actor that owns its goroutines, its state and its history.
//
// Sound flows one way. A transport pushes the person's frames into the session;
// they pass the detector, then the recogniser; the turn machine
// (pipeline/turn) decides who has the floor; a reply is thought, narrated,
// synthesised and played through the session's stage.Output. Nothing here
// imports a backend or a transport: what the pipeline needs of them is declared
// in pipeline/stage.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"parley/pipeline/stage"
	"parley/pipeline/trace"
)

// Stages are the backends that all conversations share.
type Stages struct {
	Detector    stage.Detector
	Recognizer  stage.Recognizer
	Reasoner    stage.Reasoner
	Narrator    stage.Narrator
	Synthesizer stage.Synthesizer
}

// Config is what an Engine is made of.
type Config struct {
	Stages
	// Listener is told where time goes.
	Listener trace.Listener
	// MaxSessions bounds the conversations that are open at once.
	MaxSessions int
	// Defaults are the settings that a session starts from.
	Defaults Settings
}

// Engine opens conversations. Its methods are safe for concurrent use.
type Engine struct {
	cfg Config

	mu      sync.Mutex
	open    map[*Session]struct{}
	closing bool
}

// New makes an engine. It starts nothing.
func New(cfg Config) (*Engine, error) {
	if cfg.Detector == nil || cfg.Recognizer == nil || cfg.Reasoner == nil || cfg.Narrator == nil || cfg.Synthesizer == nil {
		return nil, errors.New("pipeline: an engine needs all five stages")
	}
	if cfg.MaxSessions <= 0 {
		return nil, fmt.Errorf("pipeline: an engine must allow at least one session, not %d", cfg.MaxSessions)
	}
	if err := cfg.Defaults.Validate(); err != nil {
		return nil, fmt.Errorf("pipeline: default settings: %w", err)
	}
	cfg.Listener = cfg.Listener.EnsureDefaults()
	return &Engine{cfg: cfg, open: map[*Session]struct{}{}}, nil
}

// Defaults are the settings to start a session from.
func (e *Engine) Defaults() Settings { return e.cfg.Defaults }

// Open starts a conversation whose replies and events go to out. ctx bounds the
// opening alone. It fails with a *stage.Fault when the settings are invalid, the
// engine is full or shutting down. The caller closes the session.
func (e *Engine) Open(ctx context.Context, set Settings, out stage.Output) (*Session, error) {
	if err := set.Validate(); err != nil {
		return nil, err
	}
	detection, err := e.cfg.Detector.Open()
	if err != nil {
		return nil, fmt.Errorf("pipeline: open detector: %w", err)
	}
	s := newSession(ctx, e.cfg, set, out, detection)
	count, err := e.admit(s)
	if err != nil {
		return nil, errors.Join(err, detection.Close())
	}
	e.cfg.Listener.Session(s.id, true, count)
	s.start(func() { e.cfg.Listener.Session(s.id, false, e.forget(s)) })
	return s, nil
}

func (e *Engine) admit(s *Session) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closing:
		return 0, &stage.Fault{Class: stage.ErrUnavailable, Code: "shutting_down", Message: "The server is shutting down; connect again in a moment."}
	case len(e.open) >= e.cfg.MaxSessions:
		return 0, &stage.Fault{
			Class: stage.ErrOverloaded, Code: "session_limit_reached",
			Message: fmt.Sprintf("All %d conversations that this server allows are taken; try again later or raise limits.sessions.", e.cfg.MaxSessions),
		}
	}
	e.open[s] = struct{}{}
	return len(e.open), nil
}

func (e *Engine) forget(s *Session) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.open, s)
	return len(e.open)
}

// Shutdown refuses new sessions, lets every reply that is being spoken reach
// the end of its clause, and closes all sessions. When ctx is done it closes
// them at once.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.closing = true
	var all []*Session
	for s := range e.open {
		all = append(all, s)
	}
	e.mu.Unlock()

	var wg sync.WaitGroup
	for _, s := range all {
		wg.Go(func() {
			s.wind(ctx)
			s.Close()
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
