package webrtc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"parley/pipeline/audio"
	"parley/transport/internal/talk"
	"parley/transport/opus"
)

// line records the packets that a player sends, and when.
type line struct {
	mu      sync.Mutex
	packets []*rtp.Packet
	at      []time.Time
	sent    []time.Time
}

func (l *line) send(p *rtp.Packet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.packets = append(l.packets, p)
	l.at = append(l.at, time.Now())
	return nil
}

// decode gives the frames that a listener would make of the packets.
func (l *line) decode(t *testing.T) []audio.Frame {
	t.Helper()
	r, err := opus.NewReceiver(opus.Clock)
	if err != nil {
		t.Fatal(err)
	}
	var frames []audio.Frame
	for _, p := range l.packets {
		r.Write(p.SequenceNumber, p.Timestamp, p.Payload, func(f audio.Frame) { frames = append(frames, f) })
	}
	r.Flush(func(f audio.Frame) { frames = append(frames, f) })
	return frames
}

// wait lets time pass and everybody come to rest.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// startPlayer runs a player inside a bubble of its own time.
func startPlayer(t *testing.T) (*player, *line, func()) {
	t.Helper()
	l := &line{}
	p, err := newPlayer(l.send, func(at time.Time) { l.sent = append(l.sent, at) })
	if err != nil {
		t.Fatal(err)
	}
	connected, over, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() { defer close(done); p.run(connected, over) }()
	close(connected)
	return p, l, func() { close(over); <-done }
}

func frames(pcm []float32, rate int) []audio.Frame {
	var out []audio.Frame
	for at := 0; at < len(pcm); at += rate / 10 {
		out = append(out, audio.Frame{
			Format: audio.Format{Rate: rate, Channels: 1}, Position: int64(at), Samples: pcm[at:min(at+rate/10, len(pcm))],
		})
	}
	return out
}

func TestPacketsGoByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l, stop := startPlayer(t)
		defer stop()
		wait(1234567 * time.Microsecond)
		began := time.Now()
		for _, f := range frames(talk.Tone(500, talk.Rate, time.Second), talk.Rate) {
			if err := p.Play(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != 980*time.Millisecond {
			t.Errorf("a second of sound drained after %v, want the last packet to go after 980 ms", d)
		}
		wait(3 * time.Second)

		if len(l.sent) != 1 || !l.sent[0].Equal(began) {
			t.Errorf("the first packet was reported for %v, want once, at %v", l.sent, began)
		}
		speech := 0
		for i, at := range l.at {
			if i > 0 {
				gap, stamps := at.Sub(l.at[i-1]), l.packets[i].Timestamp-l.packets[i-1].Timestamp
				if want := (audio.Format{Rate: opus.Clock}).Samples(gap); absDiff(int64(stamps), want) > 1 {
					t.Errorf("packet %d came %v after the one before, but its timestamp moved by %d", i, gap, stamps)
				}
				if l.packets[i].SequenceNumber != l.packets[i-1].SequenceNumber+1 {
					t.Errorf("packet %d breaks the sequence", i)
				}
				if l.packets[i].Marker != (gap > packetTime) {
					t.Errorf("packet %d, %v after the last, has marker %v", i, gap, l.packets[i].Marker)
				}
			}
			if !at.Before(began) && at.Before(began.Add(time.Second)) {
				speech++
			}
		}
		if speech != 50 {
			t.Errorf("%d packets in the second of speech, want 50", speech)
		}
		// Silence costs a packet now and then.
		if n := len(l.packets); n > 50+hangover+12 {
			t.Errorf("%d packets altogether", n)
		}
		var pcm []float32
		for _, f := range l.decode(t) {
			pcm = append(pcm, f.Samples...)
		}
		if f, n := talk.Pitch(pcm, opus.Clock); f < 498 || f > 502 || n < 40000 {
			t.Errorf("heard %.1f Hz in %d samples", f, n)
		}
	})
}

func absDiff(a, b int64) int64 { return max(a-b, b-a) }

func TestAbortIsSilentAtOnceAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l, stop := startPlayer(t)
		defer stop()
		wait(time.Second)
		for _, f := range frames(talk.Tone(500, talk.Rate, 3*time.Second), talk.Rate) {
			if err := p.Play(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		wait(505 * time.Millisecond)
		heard, err := p.Abort(t.Context())
		if err != nil || heard != 520*time.Millisecond {
			t.Errorf("heard %v (%v), want 520ms: packets went at 0, 20, … 500 ms", heard, err)
		}
		if err := p.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		wait(time.Second)
		var pcm []float32
		for _, f := range l.decode(t) {
			pcm = append(pcm, f.Samples...)
		}
		// Of a sine, 87% is louder than Pitch's floor; the fade adds little.
		if _, n := talk.Pitch(pcm, opus.Clock); n < 21000 || n > 22300 {
			t.Errorf("%d samples sound, want 87%% of 520 ms and a fade", n)
		}
		// The next reply is counted by itself.
		if err := p.Play(t.Context(), frames(talk.Tone(500, talk.Rate, time.Second), talk.Rate)[0]); err != nil {
			t.Fatal(err)
		}
		wait(45 * time.Millisecond)
		if heard, _ := p.Abort(t.Context()); heard != 60*time.Millisecond {
			t.Errorf("of the next reply %v was heard, want 60ms", heard)
		}
		if len(l.sent) != 2 {
			t.Errorf("%d first packets were reported, want 2", len(l.sent))
		}
	})
}

func TestAbortBeforeTheFirstPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		p, err := newPlayer(l.send, func(time.Time) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Play(t.Context(), frames(talk.Tone(500, talk.Rate, time.Second), talk.Rate)[0]); err != nil {
			t.Fatal(err)
		}
		if heard, err := p.Abort(t.Context()); heard != 0 || err != nil {
			t.Errorf("heard %v, %v", heard, err)
		}
		if p.tail != nil {
			t.Error("a reply that nobody heard fades")
		}
	})
}

func TestPlayWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, stop := startPlayer(t)
		defer stop()
		ctx, cancel := context.WithCancel(t.Context())
		var played atomic.Int64
		errc := make(chan error)
		go func() {
			for _, f := range frames(talk.Tone(500, opus.Clock, 15*time.Second), opus.Clock) {
				if err := p.Play(ctx, f); err != nil {
					errc <- err
					return
				}
				played.Add(1)
			}
		}()
		synctest.Wait()
		if n := played.Load(); n != 100 {
			t.Errorf("%d frames of 100 ms were taken, want 10 s of them", n)
		}
		wait(time.Second)
		if n := played.Load(); n < 109 || n > 111 {
			t.Errorf("%d frames were taken after a second more, want 110", n)
		}
		cancel()
		if err := <-errc; !errors.Is(err, context.Canceled) {
			t.Errorf("Play ended with %v", err)
		}
		if _, err := p.Abort(t.Context()); err != nil {
			t.Error(err)
		}
		if err := p.Play(ctx, frames(talk.Tone(500, talk.Rate, time.Second), talk.Rate)[0]); err == nil {
			t.Error("sound slipped in behind an Abort")
		}
	})
}

func TestTheCallEndsUnderTheReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, stop := startPlayer(t)
		f := frames(talk.Tone(500, talk.Rate, time.Second), talk.Rate)
		if err := p.Play(t.Context(), f[0]); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := p.Play(t.Context(), f[1]); !errors.Is(err, errHungUp) {
			t.Errorf("Play gives %v", err)
		}
		if err := p.Drain(t.Context()); err != nil {
			t.Errorf("Drain gives %v", err)
		}
	})
}

// The end of a reply that does not fill a packet goes, but not before it is
// known to be the end.
func TestTheLastPacketIsFilledUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l, stop := startPlayer(t)
		defer stop()
		pcm := talk.Tone(500, opus.Clock, 30*time.Millisecond)
		if err := p.Play(t.Context(), audio.Frame{Format: audio.Format{Rate: opus.Clock, Channels: 1}, Samples: pcm}); err != nil {
			t.Fatal(err)
		}
		wait(time.Second)
		if p.played != 960 {
			t.Errorf("%d samples were played before the end was known", p.played)
		}
		synctest.Wait()
		p.Finish()
		if err := p.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if p.played != 1440 || len(l.sent) != 1 {
			t.Errorf("%d samples were played, in %d replies", p.played, len(l.sent))
		}
	})
}
