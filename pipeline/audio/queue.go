package audio

import (
	"context"
	"io"
	"sync"
	"time"
)

// Sounding is anything that takes time to sound, as a Frame does.
type Sounding interface {
	Duration() time.Duration
}

// Queue carries pieces of sound from one producer to one consumer, and holds at
// most a set length of it.
//
// When it is full the oldest pieces give way. The listener of a conversation
// must first of all stay near the present: a "stop" that is lost at the new end
// is a person ignored, and the silence that ends a turn is at the new end, too.
// What was lost shows as a jump in the pieces' positions.
type Queue[T Sounding] struct {
	limit time.Duration
	ready chan struct{} // holds a token while there may be something to take

	mu     sync.Mutex
	pieces []T
	held   time.Duration
	closed bool
}

// NewQueue makes a queue that holds up to limit of sound, and always at least
// the newest piece.
func NewQueue[T Sounding](limit time.Duration) *Queue[T] {
	return &Queue[T]{limit: limit, ready: make(chan struct{}, 1)}
}

// Push adds a piece. It never blocks; it returns how much sound was dropped to
// make room. After Close it drops the piece itself.
func (q *Queue[T]) Push(v T) (dropped time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return v.Duration()
	}
	q.pieces = append(q.pieces, v)
	q.held += v.Duration()
	for q.held > q.limit && len(q.pieces) > 1 {
		oldest := q.pieces[0].Duration()
		q.shift()
		dropped += oldest
	}
	q.wake()
	return dropped
}

// shift takes the oldest piece away and lets its samples go.
func (q *Queue[T]) shift() T {
	v := q.pieces[0]
	var none T
	q.pieces[0] = none
	q.pieces = q.pieces[1:]
	q.held -= v.Duration()
	return v
}

// Pop waits for the oldest piece and takes it. It fails with io.EOF once the
// queue is closed and empty, or with the error of ctx.
func (q *Queue[T]) Pop(ctx context.Context) (T, error) {
	var v T
	err := q.take(ctx, func() { v = q.shift() })
	return v, err
}

// PopAll waits for a piece and takes it with all that have piled up behind it,
// for a consumer who is faster with many than one by one. It fails as Pop does.
func (q *Queue[T]) PopAll(ctx context.Context) ([]T, error) {
	var all []T
	err := q.take(ctx, func() { all, q.pieces, q.held = q.pieces, nil, 0 })
	return all, err
}

// take waits until there is a piece and calls f with the lock held.
func (q *Queue[T]) take(ctx context.Context, f func()) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		q.mu.Lock()
		full, closed := len(q.pieces) > 0, q.closed
		if full {
			f()
		}
		if len(q.pieces) > 0 || q.closed {
			q.wake()
		}
		q.mu.Unlock()
		switch {
		case full:
			return nil
		case closed:
			return io.EOF
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (q *Queue[T]) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// Close lets the consumer take what is queued and then end. It may be called
// more than once.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake()
}

// Held is how much sound is queued.
func (q *Queue[T]) Held() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held
}
