package webrtc

import (
	"sync"

	"github.com/pion/webrtc/v4"
)

const (
	// maxEarly bounds what waits for the data channel to open.
	maxEarly = 1 << 20
	// maxBuffered bounds what waits for the client to take it.
	maxBuffered = 4 << 20
)

// events sends the server's events on the data channel, which the client opens
// some time after the call has begun.
type events struct {
	// giveUp is called for a client that does not read.
	giveUp func()

	mu    sync.Mutex
	dc    *webrtc.DataChannel
	ready bool
	early []string
	bytes int  // of early
	lost  bool // there was more than early holds
}

// take makes dc the channel unless there is one.
func (e *events) take(dc *webrtc.DataChannel) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dc != nil {
		return false
	}
	e.dc = dc
	return true
}

// open sends what has waited.
func (e *events) open() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lost {
		e.giveUp() // it would never know what it has missed
		return
	}
	e.ready = true
	for _, s := range e.early {
		e.write(s)
	}
	e.early = nil
}

func (e *events) send(event []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ready {
		e.write(string(event))
		return
	}
	if e.bytes += len(event); e.bytes > maxEarly {
		// There are clients that want no events and never open the channel.
		e.early, e.lost = nil, true
		return
	}
	e.early = append(e.early, string(event))
}

// write hands an event to SCTP, which buffers without bound and does not
// block. e.mu is held.
func (e *events) write(s string) {
	if e.dc.BufferedAmount() > maxBuffered {
		e.giveUp()
		return
	}
	_ = e.dc.SendText(s) // it fails only when the call is ending
}
