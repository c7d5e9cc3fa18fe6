// Package websocket is the door for programs: the OpenAI Realtime protocol over
// one WebSocket, sound as base64 within events. [Handler] serves it at
// "/v1/realtime?model=…".
//
// The client's sound is brought to 16 kHz here, at the edge, and the reply's to
// the encoding that the client asked for. The server cannot see the client's
// loudspeaker, so how much of a reply was heard is reckoned: the client is
// taken to play each piece as soon as it comes and the one before it is over.
package websocket

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"

	"parley/pipeline/stage"
	"parley/transport/realtime"
)

// Options say how a Handler serves.
type Options struct {
	realtime.Service
	// MaxConnections bounds the connections; 0 means 1000.
	MaxConnections int
	// QueueBytes bounds what may wait to be written to one client; one that
	// is further behind is dropped. 0 means 8 MiB, which is about two minutes
	// of speech.
	QueueBytes int
	// WriteTimeout is how long one write may take; 0 means 10 s.
	WriteTimeout time.Duration
	// PingInterval is how often a client is asked whether it is there; one
	// that has not answered by the second ping after is dropped. 0 means 20 s.
	PingInterval time.Duration
}

// EnsureDefaults fills in what may be left out.
func (o Options) EnsureDefaults() Options {
	o.Service = o.Service.EnsureDefaults()
	if o.MaxConnections == 0 {
		o.MaxConnections = 1000
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = 8 << 20
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = 10 * time.Second
	}
	if o.PingInterval == 0 {
		o.PingInterval = 20 * time.Second
	}
	return o
}

// maxMessage is the largest message that is read: an append of the most that
// the protocol allows, and its envelope.
const maxMessage = realtime.MaxAppend + 4<<10

// Handler is an http.Handler. Each connection is served on the goroutine that
// net/http gave it, and on one more that writes.
type Handler struct {
	o        Options
	upgrader websocket.Upgrader

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
	wg     sync.WaitGroup
}

// NewHandler makes a Handler. Close ends its connections.
func NewHandler(o Options) *Handler {
	o = o.EnsureDefaults()
	return &Handler{
		o: o, conns: map[*conn]struct{}{},
		upgrader: websocket.Upgrader{
			HandshakeTimeout: 10 * time.Second,
			ReadBufferSize:   16 << 10,
			WriteBufferPool:  &sync.Pool{},
			WriteBufferSize:  16 << 10,
			Subprotocols:     []string{"realtime"},
			CheckOrigin:      func(*http.Request) bool { return true }, // Access.Check did
			Error: func(w http.ResponseWriter, _ *http.Request, status int, err error) {
				realtime.WriteError(w, status, stage.Invalid("invalid_request", "", "This is a WebSocket endpoint: %v.", err))
			},
		},
	}
}

// ServeHTTP serves one client until it or its conversation has gone.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.o.Access.Check(r); err != nil {
		realtime.WriteError(w, realtime.StatusOf(err), err)
		return
	}
	model := r.URL.Query().Get("model")
	if len(model) > 128 {
		realtime.WriteError(w, http.StatusBadRequest, stage.Invalid("invalid_value", "model", "The model's name is too long."))
		return
	}
	c := &conn{o: h.o, log: h.o.Log.With(zap.String("client", r.RemoteAddr))}
	if err := h.admit(c); err != nil {
		realtime.WriteError(w, realtime.StatusOf(err), err)
		return
	}
	defer h.release(c)
	ws, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	// What follows outlives the request as net/http knows it.
	c.serve(context.WithoutCancel(r.Context()), ws, realtime.Options{
		Service: h.o.Service, Requested: model,
		Extensions: slices.Contains(r.URL.Query()["parley_events"], "true"),
	})
}

func (h *Handler) admit(c *conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return &stage.Fault{Class: stage.ErrUnavailable, Code: "shutting_down", Message: "The server is shutting down; connect again in a moment."}
	case len(h.conns) >= h.o.MaxConnections:
		return &stage.Fault{Class: stage.ErrOverloaded, Code: "connection_limit_reached", Message: "The server has as many connections as it takes; try again later."}
	}
	c.out = newQueue(h.o.QueueBytes)
	h.conns[c] = struct{}{}
	h.wg.Add(1)
	return nil
}

func (h *Handler) release(c *conn) {
	h.mu.Lock()
	delete(h.conns, c)
	h.mu.Unlock()
	h.wg.Done()
}

// Close ends all connections, refuses new ones and returns once all are gone.
func (h *Handler) Close() error {
	h.mu.Lock()
	h.closed = true
	for c := range h.conns {
		c.out.close(websocket.CloseGoingAway, "the server is shutting down")
	}
	h.mu.Unlock()
	h.wg.Wait()
	return nil
}
