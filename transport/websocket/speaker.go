package websocket

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"parley/pipeline/audio"
	"parley/transport/realtime"
)

// maxDelta bounds the sound in one delta.
const maxDelta = 200 * time.Millisecond

// speaker is the realtime.Player of a WebSocket: it writes the reply's sound
// into events at once, and reckons how much of it the client has played.
type speaker struct {
	out *queue
	// sounding names the reply that a first frame belongs to.
	sounding func() realtime.Sounding
	// sent is told of the moment a reply's first delta was written.
	sent func(at time.Time)

	mu      sync.Mutex
	to      realtime.Sounding
	rs      *audio.Resampler
	rate    int // of the frames that come
	clock   playback
	reply   int           // counts replies, so that late reports are known
	waiting int           // deltas that are not written yet
	changed chan struct{} // closed and replaced when waiting or reply changes
}

// playback reckons how far a client is that plays each piece as soon as it has
// come and the one before it is over.
type playback struct {
	total time.Duration // of what was written
	until time.Time     // when all of that will have been played
}

// wrote notes that another piece has gone.
func (p *playback) wrote(d time.Duration, at time.Time) {
	if p.until.Before(at) { // the beginning, or the client ran dry
		p.until = at
	}
	p.until = p.until.Add(d)
	p.total += d
}

// heard is how much has been played at a time.
func (p *playback) heard(at time.Time) time.Duration {
	return p.total - min(p.total, max(0, p.until.Sub(at)))
}

func newSpeaker(out *queue, sounding func() realtime.Sounding, sent func(time.Time)) *speaker {
	return &speaker{out: out, sounding: sounding, sent: sent, changed: make(chan struct{})}
}

// wake tells Drain. s.mu is held.
func (s *speaker) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Play writes a frame into deltas. See stage.Output.
func (s *speaker) Play(ctx context.Context, f audio.Frame) error {
	if err := s.out.room(ctx, len(f.Samples)*4); err != nil {
		return err
	}
	var to realtime.Sounding
	if f.Position == 0 {
		to = s.sounding()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Looked at again under the lock: whoever aborts has cancelled ctx before,
	// so nothing slips in behind an Abort.
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.Position == 0 {
		s.begin(to)
	}
	if s.rs == nil || s.rate != f.Rate {
		rs, err := audio.NewResampler(f.Rate, s.to.Encoding.SampleRate())
		if err != nil {
			return err
		}
		s.rs, s.rate = rs, f.Rate
	}
	s.write(s.rs.Process(audio.Mono(f.Samples, f.Channels)))
	return nil
}

// begin starts a reply. s.mu is held.
func (s *speaker) begin(to realtime.Sounding) {
	s.to, s.rs, s.clock = to, nil, playback{}
	s.reply++
	s.waiting = 0
	s.wake()
}

// write queues samples at the client's rate. s.mu is held.
func (s *speaker) write(samples []float32) {
	rate := s.to.Encoding.SampleRate()
	format := audio.Format{Rate: rate, Channels: 1}
	most := int(format.Samples(maxDelta))
	for len(samples) > 0 {
		n := min(len(samples), most)
		data, err := json.Marshal(s.to.Delta(samples[:n]))
		if err != nil {
			return // cannot be: it is a plain struct
		}
		length, reply := format.Duration(int64(n)), s.reply
		s.waiting++
		if !s.out.put(message{data: data, sound: true, written: func(at time.Time) { s.wrote(reply, length, at) }}) {
			// A single frame larger than the queue: the client loses it.
			s.waiting--
		}
		samples = samples[n:]
	}
}

// wrote is called by the writer.
func (s *speaker) wrote(reply int, length time.Duration, at time.Time) {
	s.mu.Lock()
	first := false
	if s.reply == reply {
		first = s.clock.total == 0
		s.clock.wrote(length, at)
		s.waiting--
		s.wake()
	}
	s.mu.Unlock()
	if first {
		s.sent(at)
	}
}

// Finish writes what the resampler holds back. See realtime.Player.
func (s *speaker) Finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rs != nil {
		s.write(s.rs.Flush())
	}
}

// Drain waits until the client has played everything. See stage.Output.
func (s *speaker) Drain(ctx context.Context) error {
	s.Finish()
	for {
		s.mu.Lock()
		changed, waiting, left := s.changed, s.waiting, time.Until(s.clock.until)
		s.mu.Unlock()
		var played <-chan time.Time
		if closed, _, _ := s.out.ending(); closed || waiting == 0 && left <= 0 {
			return ctx.Err()
		}
		if waiting == 0 {
			played = time.After(left)
		}
		select {
		case <-changed:
		case <-played:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Abort drops what was not written. See stage.Output.
func (s *speaker) Abort(context.Context) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.dropSound()
	heard := s.clock.heard(time.Now())
	s.begin(s.to)
	return heard, nil
}
