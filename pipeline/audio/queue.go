package audio

import (
	"context"
	"io"
	"sync"
	"time"
)

// Queue carries frames from one producer to one consumer, and holds at most a
// set length of sound.
//
// When it is full the oldest sound gives way. The listener of a conversation
// must first of all stay near the present: a "stop" that is lost at the new end
// is a person ignored, and the silence that ends a turn is at the new end, too.
// What was lost shows as a jump in the frames' positions.
type Queue struct {
	limit time.Duration
	ready chan struct{} // holds a token while there may be something to take

	mu      sync.Mutex
	frames  []Frame
	held    time.Duration
	dropped int64
	closed  bool
}

// NewQueue makes a queue that holds up to limit of sound.
func NewQueue(limit time.Duration) *Queue {
	return &Queue{limit: limit, ready: make(chan struct{}, 1)}
}

// Push adds a frame. It never blocks; it returns how many samples (per channel)
// were dropped to make room, from the old end and to the sample. After Close it
// drops the frame.
func (q *Queue) Push(f Frame) (dropped int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		dropped = f.Len()
		q.dropped += dropped
		return dropped
	}
	q.frames = append(q.frames, f)
	q.held += f.Duration()
	for q.held > q.limit {
		dropped += q.trim(q.held - q.limit)
	}
	q.dropped += dropped
	q.wake()
	return dropped
}

// trim drops as much of the oldest frame as it takes to be rid of over, or all
// of it.
func (q *Queue) trim(over time.Duration) int64 {
	f := q.frames[0]
	n := f.Format.Samples(over)
	if f.Format.Duration(n) < over {
		n++
	}
	q.held -= f.Duration()
	if n >= f.Len() {
		q.frames[0] = Frame{}
		q.frames = q.frames[1:]
		return f.Len()
	}
	f.Position += n
	f.Samples = f.Samples[n*int64(max(f.Channels, 1)):]
	q.frames[0] = f
	q.held += f.Duration()
	return n
}

// Pop waits for the oldest frame and takes it. It fails with io.EOF once the
// queue is closed and empty, or with the error of ctx.
func (q *Queue) Pop(ctx context.Context) (Frame, error) {
	var f Frame
	err := q.take(ctx, func() {
		f = q.frames[0]
		q.frames[0] = Frame{} // let its samples go
		q.frames = q.frames[1:]
		q.held -= f.Duration()
	})
	return f, err
}

// PopAll waits for a frame and takes it with all that have piled up behind it,
// for a consumer who is faster with many than one by one. It fails as Pop does.
func (q *Queue) PopAll(ctx context.Context) ([]Frame, error) {
	var all []Frame
	err := q.take(ctx, func() {
		all, q.frames, q.held = q.frames, nil, 0
	})
	return all, err
}

// take waits until there is a frame and calls f with the lock held.
func (q *Queue) take(ctx context.Context, f func()) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		q.mu.Lock()
		full, closed := len(q.frames) > 0, q.closed
		if full {
			f()
		}
		if len(q.frames) > 0 || q.closed {
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

func (q *Queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// Close lets the consumer take what is queued and then end. It may be called
// more than once.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake()
}

// Held is how much sound is queued.
func (q *Queue) Held() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held
}

// Dropped is how many samples (per channel) were dropped since the beginning.
func (q *Queue) Dropped() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
