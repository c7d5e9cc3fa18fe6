package audio

import (
	"context"
	"errors"
	"io"
	"slices"
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
	q := NewQueue(100 * time.Millisecond) // 1600 samples
	for _, step := range []struct {
		frame   Frame
		dropped int64
		held    time.Duration
	}{
		{numbered(0, 800), 0, 50 * time.Millisecond},
		{numbered(800, 800), 0, 100 * time.Millisecond},
		{numbered(1600, 16), 16, 100 * time.Millisecond},
		{numbered(1616, 800), 800, 100 * time.Millisecond},
		{numbered(5000, 4000), 4000, 100 * time.Millisecond}, // 1600 held, 2400 of its own
	} {
		if got := q.Push(step.frame); got != step.dropped {
			t.Errorf("pushing %d samples at %d dropped %d, want %d", step.frame.Len(), step.frame.Position, got, step.dropped)
		}
		if got := q.Held(); got != step.held {
			t.Errorf("after the frame at %d the queue holds %v, want %v", step.frame.Position, got, step.held)
		}
	}
	if got := q.Dropped(); got != 4816 {
		t.Errorf("dropped %d in all, want 4816", got)
	}
	f, err := q.Pop(context.Background())
	if err != nil || f.Position != 7400 || !slices.Equal(f.Samples, numbered(7400, 1600).Samples) {
		t.Errorf("popped %d samples at %d (%v), want the newest 1600 at 7400", f.Len(), f.Position, err)
	}
}

func TestQueueTrimsWholeSamplesOfAllChannels(t *testing.T) {
	stereo := Format{Rate: 44100, Channels: 2}
	q := NewQueue(time.Millisecond) // 44.1 samples
	q.Push(Frame{Format: stereo, Samples: make([]float32, 2*100)})
	f, err := q.Pop(context.Background())
	if err != nil || f.Len() > 44 || f.Len() < 42 || f.End() != 100 {
		t.Errorf("popped %d samples ending at %d (%v), want 44 ending at 100", f.Len(), f.End(), err)
	}
}

func TestQueueOrderAndEnd(t *testing.T) {
	ctx := context.Background()
	q := NewQueue(time.Second)
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
	if got := q.Push(numbered(60, 10)); got != 10 {
		t.Errorf("a closed queue dropped %d of 10", got)
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
		q := NewQueue(time.Second)
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
	q := NewQueue(200 * time.Millisecond)
	go func() {
		for i := range int64(frames) {
			q.Push(numbered(i*size, size))
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
	if lost += frames*size - next; taken+lost != frames*size || lost != q.Dropped() {
		t.Errorf("took %d and missed %d of %d; the queue counts %d", taken, lost, frames*size, q.Dropped())
	}
}
