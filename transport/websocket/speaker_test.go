package websocket

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parley/pipeline/audio"
	"parley/transport/internal/talk"
	"parley/transport/realtime"
)

// line is a client's connection on which each message takes a given time.
type line struct {
	out      *queue
	messages int
	stop     chan struct{}
	done     chan struct{}
}

func startLine(each time.Duration) *line {
	l := &line{out: newQueue(1 << 20), stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for {
			m, ok, changed := l.out.take()
			if !ok {
				select {
				case <-changed:
					continue
				case <-l.stop:
					return
				}
			}
			time.Sleep(each)
			l.messages++
			if m.written != nil {
				m.written(time.Now())
			}
		}
	}()
	return l
}

func (l *line) end() { close(l.stop); <-l.done }

func sounding() realtime.Sounding { return realtime.Sounding{Encoding: realtime.PCM24k} }

func pieces(length time.Duration) []audio.Frame {
	pcm := talk.Tone(500, talk.Rate, length)
	var out []audio.Frame
	for at := 0; at < len(pcm); at += talk.Rate / 10 {
		out = append(out, audio.Frame{Format: audio.Format{Rate: talk.Rate, Channels: 1}, Position: int64(at), Samples: pcm[at : at+talk.Rate/10]})
	}
	return out
}

// near allows for what the resampler holds back until the reply is finished.
func near(a, b time.Duration) bool { return a-b < 3*time.Millisecond && b-a < 3*time.Millisecond }

func TestHeardIsReckonedInRealTime(t *testing.T) {
	for _, tc := range []struct {
		name string
		each time.Duration // that one delta takes to write
		// pause comes after half of the reply was made.
		pause, abort, heard time.Duration
	}{
		{"all of it at once", 0, 0, 700 * time.Millisecond, 700 * time.Millisecond},
		{"all was heard", 0, 0, 3 * time.Second, 2 * time.Second},
		{"nothing yet", 50 * time.Millisecond, 0, 40 * time.Millisecond, 0},
		{"since the first was written", 50 * time.Millisecond, 0, 250 * time.Millisecond, 200 * time.Millisecond},
		{"the client ran dry", 0, 3 * time.Second, 3200 * time.Millisecond, 1200 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := startLine(tc.each)
				defer l.end()
				reports := 0
				s := newSpeaker(l.out, sounding, func(time.Time) { reports++ })
				began := time.Now()
				for i, f := range pieces(2 * time.Second) {
					if i == 10 {
						time.Sleep(tc.pause)
					}
					if err := s.Play(t.Context(), f); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(tc.abort - time.Since(began))
				synctest.Wait()
				heard, err := s.Abort(t.Context())
				if err != nil || !near(heard, tc.heard) {
					t.Errorf("heard %v (%v), want %v", heard, err, tc.heard)
				}
				if again, _ := s.Abort(t.Context()); again != 0 {
					t.Errorf("a second Abort says %v", again)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if want := min(1, int(tc.heard)); reports != want {
					t.Errorf("%d first deltas were reported, want %d", reports, want)
				}
			})
		})
	}
}

func TestDrainWaitsUntilAllIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := startLine(10 * time.Millisecond)
		defer l.end()
		s := newSpeaker(l.out, sounding, func(time.Time) {})
		began := time.Now()
		for _, f := range pieces(2 * time.Second) {
			if err := s.Play(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); !near(d, 2010*time.Millisecond) {
			t.Errorf("drained after %v, want 2 s after the first delta was written", d)
		}
		// It gives up with its context.
		for _, f := range pieces(2 * time.Second) {
			if err := s.Play(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain gives %v", err)
		}
		if err := s.Play(ctx, pieces(time.Second)[0]); err == nil {
			t.Error("Play takes sound that nobody wants any more")
		}
	})
}

// Sound waits for a slow line; events pass as long as there is room at all.
func TestSoundLeavesRoomForEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newQueue(256 << 10)
		s := newSpeaker(out, sounding, func(time.Time) {})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			for _, f := range pieces(60 * time.Second) {
				if err := s.Play(ctx, f); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		synctest.Wait()
		if out.bytes > 160<<10 {
			t.Errorf("sound takes %d of %d bytes", out.bytes, out.limit)
		}
		if !out.put(message{data: make([]byte, 64<<10)}) {
			t.Error("there is no room for an event")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Play gives %v", err)
		}
		if _, err := s.Abort(ctx); err != nil {
			t.Error(err)
		}
		if out.bytes != 64<<10 || len(out.messages) != 1 {
			t.Errorf("after Abort %d bytes wait in %d messages, want the event alone", out.bytes, len(out.messages))
		}
	})
}
