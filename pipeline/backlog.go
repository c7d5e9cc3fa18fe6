package pipeline

import "sync"

// backlog is a bounded queue between one producer that never waits and one
// consumer that takes everything that has piled up. The oldest entries make
// room for new ones; put says how many did.
type backlog[T any] struct {
	ready chan struct{} // holds a token while there is something to take

	mu     sync.Mutex
	items  []T
	limit  int
	closed bool
}

func newBacklog[T any](limit int) *backlog[T] {
	return &backlog[T]{ready: make(chan struct{}, 1), limit: limit}
}

func (b *backlog[T]) put(v T) (dropped int) {
	b.mu.Lock()
	if !b.closed {
		if len(b.items) >= b.limit {
			b.items = b.items[1:]
			dropped = 1
		}
		b.items = append(b.items, v)
	}
	b.mu.Unlock()
	b.signal()
	return dropped
}

// close says that nothing more will come. What is queued can still be taken.
func (b *backlog[T]) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.signal()
}

// take waits for entries and returns all there are; more is false once the
// backlog was closed and these are the last. It gives up when done is closed.
func (b *backlog[T]) take(done <-chan struct{}) (items []T, more bool) {
	for {
		select {
		case <-done:
			return nil, false
		case <-b.ready:
		}
		b.mu.Lock()
		items, more = b.items, !b.closed
		b.items = nil
		b.mu.Unlock()
		if len(items) > 0 || !more {
			return items, more
		}
	}
}

func (b *backlog[T]) signal() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}
