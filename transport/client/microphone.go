package client

import (
	"context"
	"sync"
	"time"
)

// frameTime is how much sound goes at once.
const frameTime = 20 * time.Millisecond

// microphone sends sound in real time: what is spoken, else silence.
type microphone struct {
	wake chan struct{}

	mu     sync.Mutex
	speech []*utterance
}

type utterance struct {
	left []float32
	end  time.Time
	done chan struct{}
}

// speak queues an utterance and waits until it was sent.
func (m *microphone) speak(ctx context.Context, over <-chan struct{}, pcm []float32) (time.Time, error) {
	u := &utterance{left: pcm, done: make(chan struct{})}
	m.mu.Lock()
	m.speech = append(m.speech, u)
	m.mu.Unlock()
	select {
	case <-u.done:
		return u.end, nil
	case <-over:
		return time.Time{}, ErrClosed
	case <-ctx.Done():
		m.drop(u)
		return time.Time{}, ctx.Err()
	}
}

func (m *microphone) drop(u *utterance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u.left = nil
}

// frame fills a frame whose last sample is heard at the time given.
func (m *microphone) frame(n int, until time.Time) []float32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	pcm := make([]float32, n)
	for at := 0; at < n && len(m.speech) > 0; {
		u := m.speech[0]
		took := copy(pcm[at:], u.left)
		u.left = u.left[took:]
		at += took
		if len(u.left) > 0 {
			break
		}
		u.end = until.Add(-frameTime * time.Duration(n-at) / time.Duration(n))
		close(u.done)
		m.speech = m.speech[1:]
	}
	return pcm
}

// run sends a frame when its last sample would have been heard.
func (m *microphone) run(c *Conn) {
	n := c.c.rate() * int(frameTime) / int(time.Second)
	next := time.Now()
	for {
		next = next.Add(frameTime)
		select {
		case <-time.After(time.Until(next)):
		case <-c.done:
			return
		}
		if err := c.c.write(m.frame(n, next)); err != nil {
			c.end(err)
			return
		}
	}
}
