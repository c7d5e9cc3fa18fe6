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
}

// New makes an engine. It starts nothing.
func New(cfg Config) (*Engine, error) { return &Engine{cfg: cfg}, nil }

// Defaults are the settings to start a session from.
func (e *Engine) Defaults() Settings { return e.cfg.Defaults }

// Open starts a conversation whose replies and events go to out. ctx bounds the
// opening alone. It fails with a *stage.Fault when the settings are invalid, the
// engine is full or shutting down. The caller closes the session.
func (e *Engine) Open(ctx context.Context, s Settings, out stage.Output) (*Session, error) {
	panic("skeleton")
}

// Shutdown refuses new sessions, lets every reply that is being spoken reach
// the end of its clause, and closes all sessions. When ctx is done it closes
// them at once.
func (e *Engine) Shutdown(ctx context.Context) error { panic("skeleton") }
