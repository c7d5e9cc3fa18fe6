package websocket

import (
	"context"
	"sync"
	"time"
)

// message is one text message on its way out.
type message struct {
	data []byte
	// sound says that it carries part of a reply, which Abort drops.
	sound bool
	// written is called, without the queue's lock, once it was written; it
	// may be nil.
	written func(at time.Time)
}

// queue holds what waits to be written to one client, bounded in bytes. Sound
// waits for room (a reply may be made faster than a line takes it); events are
// never kept waiting, and a client that leaves no room for them is given up.
type queue struct {
	limit int

	mu       sync.Mutex
	messages []message
	bytes    int
	// changed is closed and replaced whenever something waits no longer or
	// newly waits.
	changed chan struct{}
	closed  bool
	code    int
	reason  string
}

func newQueue(limit int) *queue { return &queue{limit: limit, changed: make(chan struct{})} }

// wake tells everybody who waits. q.mu is held.
func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// put appends a message and reports false if there is no room for it.
func (q *queue) put(m message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return true // nobody is there to miss it
	}
	if q.bytes+len(m.data) > q.limit {
		return false
	}
	q.messages = append(q.messages, m)
	q.bytes += len(m.data)
	q.wake()
	return true
}

// room waits until a message of n bytes would leave half of the queue to
// events, or the queue is empty.
func (q *queue) room(ctx context.Context, n int) error {
	for {
		q.mu.Lock()
		ok, changed := q.closed || q.bytes == 0 || q.bytes+n <= q.limit/2, q.changed
		q.mu.Unlock()
		if ok {
			return ctx.Err()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take removes the oldest message. If there is none it gives a channel that is
// closed when that may have changed.
func (q *queue) take() (m message, ok bool, changed <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.messages) == 0 {
		return m, false, q.changed
	}
	m = q.messages[0]
	q.messages[0] = message{}
	q.messages = q.messages[1:]
	q.bytes -= len(m.data)
	q.wake()
	return m, true, nil
}

// dropSound removes all sound that was not written.
func (q *queue) dropSound() {
	q.mu.Lock()
	defer q.mu.Unlock()
	kept := q.messages[:0]
	for _, m := range q.messages {
		if m.sound {
			q.bytes -= len(m.data)
		} else {
			kept = append(kept, m)
		}
	}
	clear(q.messages[len(kept):])
	q.messages = kept
	q.wake()
}

// close ends the connection once what is in the queue was written; the first
// call says why.
func (q *queue) close(code int, reason string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed, q.code, q.reason = true, code, reason
		q.wake()
	}
}

// abandon is close for a client that is not worth waiting for: what is in the
// queue is dropped.
func (q *queue) abandon(code int, reason string) {
	q.mu.Lock()
	q.messages, q.bytes = nil, 0
	q.mu.Unlock()
	q.close(code, reason)
}

// ending says whether, and how, the connection is to end.
func (q *queue) ending() (closed bool, code int, reason string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed, q.code, q.reason
}
