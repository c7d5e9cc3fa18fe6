package audio

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// numbered makes a frame whose samples count on from its position.
func numbered(pos, n int64) Frame {
	f := Frame{Format: Speech, Position: pos, Samples: make([]float32, n)}
	for i := range f.Samples {
		f.Samples[i] = float32(pos + int64(i))
	}
	return f
}

func TestQueueDropsTheOldest(t *testing.T) {
	q := NewQueue[Frame](100 * time.Millisecond) // 1600 samples
	const ms = time.Millisecond
	for _, step := range []struct {
		frame         Frame
		dropped, held time.Duration
	}{
		{numbered(0, 800), 0, 50 * ms},
		{numbered(800, 800), 0, 100 * ms},
		{numbered(1600, 16), 50 * ms, 51 * ms},
		{numbered(1616, 1200), 50 * ms, 76 * ms},
		{numbered(5000, 4000), 76 * ms, 250 * ms}, // the newest always stays
	} {
		if got := q.Push(step.frame); got != step.dropped {
			t.Errorf("pushing %d samples at %d dropped %v, want %v", step.frame.Len(), step.frame.Position, got, step.dropped)
		}
		if got := q.Held(); got != step.held {
			t.Errorf("after the frame at %d the queue holds %v, want %v", step.frame.Position, got, step.held)
		}
	}
	f, err := q.Pop(context.Background())
	if err != nil || f.Position != 5000 {
		t.Errorf("popped %d samples at %d (%v), want the newest at 5000", f.Len(), f.Position, err)
	}
}

func TestQueueOrderAndEnd(t *testing.T) {
	ctx := context.Background()
	q := NewQueue[Frame](time.Second)
	for i := range int64(5) {
		q.Push(numbered(i*10, 10))
	}
	if f, err := q.Pop(ctx); err != nil || f.Position != 0 {
		t.Errorf("first is at %d (%v)", f.Position, err)
	}
	all, err := q.PopAll(ctx)
	if err != nil || len(all) != 4 || all[0].Position != 10 || all[3].Position != 40 {
		t.Errorf("then come %v (%v)", all, err)
	}
	q.Push(numbered(50, 10))
	q.Close()
	q.Close()
	if got := q.Push(numbered(60, 10)); got != Speech.Duration(10) {
		t.Errorf("a closed queue dropped %v", got)
	}
	if f, err := q.Pop(ctx); err != nil || f.Position != 50 {
		t.Errorf("last is at %d (%v)", f.Position, err)
	}
	if _, err := q.Pop(ctx); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
	if _, err := q.PopAll(ctx); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
}

func TestQueueWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue[Frame](time.Second)
		type popped struct {
			pos int64
			at  time.Duration
			err error
		}
		got := make(chan popped)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		go func() {
			for {
				f, err := q.Pop(ctx)
				got <- popped{f.Position, time.Since(begin), err}
				if err != nil {
					return
				}
			}
		}()
		go func() {
			time.Sleep(2 * time.Second)
			q.Push(numbered(7, 1))
		}()
		if g := <-got; g.pos != 7 || g.at != 2*time.Second || g.err != nil {
			t.Errorf("popped %+v, want 7 after 2s", g)
		}
		if g := <-got; g.at != 5*time.Second || !errors.Is(g.err, context.DeadlineExceeded) {
			t.Errorf("popped %+v, want the deadline after 5s", g)
		}
	})
}

// A consumer who sleeps now and then still gets every sample in order, or knows
// from the positions and the count what it has lost.
func TestQueueUnderLoad(t *testing.T) {
	const frames, size = 5000, 160
	q := NewQueue[Frame](200 * time.Millisecond)
	var dropped time.Duration // written before the queue is closed
	go func() {
		for i := range int64(frames) {
			dropped += q.Push(numbered(i*size, size))
		}
		q.Close()
	}()
	var next, taken, lost int64
	for i := 0; ; i++ {
		var batch []Frame
		var err error
		if i%3 == 0 {
			batch, err = q.PopAll(t.Context())
		} else {
			batch = make([]Frame, 1)
			batch[0], err = q.Pop(t.Context())
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range batch {
			if f.Position < next || f.Samples[0] != float32(f.Position) {
				t.Fatalf("frame at %d begins with %g, after %d", f.Position, f.Samples[0], next)
			}
			lost += f.Position - next
			taken += f.Len()
			next = f.End()
		}
	}
	if lost += frames*size - next; taken+lost != frames*size || lost != Speech.Samples(dropped) {
		t.Errorf("took %d and missed %d of %d; the queue counts %d", taken, lost, frames*size, Speech.Samples(dropped))
	}
}
