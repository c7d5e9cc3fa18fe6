package webrtc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pion/rtp"

	"parley/pipeline/audio"
	"parley/transport/opus"
)

const (
	// packetTime is how much sound a packet holds, and so how often one goes.
	packetTime = 20 * time.Millisecond
	// ahead is how much may wait to be sent before Play blocks.
	ahead = 10 * opus.Clock
	// hangover is how many packets of silence follow speech, so that the
	// listener's decoder settles before packets become rare.
	hangover = 12
	// refresh is how often a packet of silence goes when nobody speaks, which
	// keeps the clock and the way through NATs alive at next to no cost: it is
	// what browsers' own encoders do with DTX. Chromium tends to play the
	// packet after such a pause sooner (medians of 12 to 70 ms after it came)
	// than with silence sent all the time (29 to 125 ms), when its jitter
	// buffer has grown; measured on a busy machine, so an indication.
	refresh = 400 * time.Millisecond
	// fade is how many samples a reply that is broken off takes to fall
	// silent, 5 ms, so that it does not end in a click.
	fade = opus.Clock * 5 / 1000
	// behind is by how much the schedule may lag the clock before what was
	// missed is given up rather than sent in a burst.
	behind = 5 * packetTime
)

var errHungUp = errors.New("webrtc: the call is over")

// player is the realtime.Player of a call: it sends the reply as Opus, one
// packet each 20 ms by the clock. RTP timestamps follow that clock through
// silences too, so that a listener's jitter buffer takes a pause for a pause;
// the first packet after one carries the marker bit (RFC 3551, 4.1).
//
// What Abort calls heard is what has been sent. The person hears it later, by
// the way through the network and the jitter buffer, some 50 to 150 ms, which
// the server cannot see.
type player struct {
	send func(*rtp.Packet) error
	// sent is told of the moment a reply's first packet went.
	sent func(at time.Time)
	enc  *opus.Encoder
	wake chan struct{}

	mu       sync.Mutex
	queue    []float32 // mono at opus.Clock
	finished bool      // a last packet need not be full
	tail     []float32 // the fade of a reply that was broken off
	rs       *audio.Resampler
	rate     int // of the frames that come
	played   int64
	sending  bool // the last sound taken is on its way
	closed   bool
	changed  chan struct{} // closed and replaced when there is room, or nothing left
}

func newPlayer(send func(*rtp.Packet) error, sent func(time.Time)) (*player, error) {
	enc, err := opus.NewEncoder()
	if err != nil {
		return nil, err
	}
	return &player{
		send: send, sent: sent, enc: enc,
		wake: make(chan struct{}, 1), changed: make(chan struct{}),
	}, nil
}

// tell wakes Play and Drain. p.mu is held.
func (p *player) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// await waits, with p.mu held, until ok or the end.
func (p *player) await(ctx context.Context, ok func() bool) error {
	for {
		// Whoever aborts has cancelled ctx before, so looking at it under the
		// lock lets nothing slip in behind an Abort.
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.closed || ok() {
			return nil
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		p.mu.Lock()
	}
}

// Play queues a frame. See stage.Output.
func (p *player) Play(ctx context.Context, f audio.Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.await(ctx, func() bool { return len(p.queue) < ahead }); err != nil {
		return err
	}
	if p.closed {
		return errHungUp
	}
	if f.Position == 0 {
		p.begin()
	}
	if p.rs == nil || p.rate != f.Rate {
		rs, err := audio.NewResampler(f.Rate, opus.Clock)
		if err != nil {
			return err
		}
		p.rs, p.rate = rs, f.Rate
	}
	p.finished = false
	p.queue = append(p.queue, p.rs.Process(audio.Mono(f.Samples, f.Channels))...)
	p.stir()
	return nil
}

// begin starts a reply behind what is left of the one before. p.mu is held.
func (p *player) begin() { p.rs, p.played = nil, 0 }

// stir tells run that there is something to send. p.mu is held.
func (p *player) stir() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Finish lets the end of the reply go. See realtime.Player.
func (p *player) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
}

func (p *player) finish() {
	if p.rs != nil {
		p.queue = append(p.queue, p.rs.Flush()...)
	}
	p.finished = true
	p.stir()
}

// Drain waits until everything has been sent. See stage.Output.
func (p *player) Drain(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
	return p.await(ctx, func() bool { return len(p.queue) == 0 && !p.sending })
}

// Abort falls silent. See stage.Output.
func (p *player) Abort(context.Context) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := audio.Format{Rate: opus.Clock, Channels: 1}.Duration(p.played)
	if p.played > 0 && len(p.queue) > 0 {
		p.tail = make([]float32, opus.FrameSamples)
		for i, v := range p.queue[:min(fade, len(p.queue))] {
			p.tail[i] = v * (1 - float32(i)/fade)
		}
	}
	p.queue = nil
	p.begin()
	p.tell()
	return heard, nil
}

// full says whether there is a packet to send. p.mu is held.
func (p *player) full() bool {
	n := len(p.queue)
	return p.tail != nil || n >= opus.FrameSamples || n > 0 && p.finished
}

func (p *player) ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.full()
}

// take gives the next packet's samples, or nil if there are none now. first
// says that a reply begins with it.
func (p *player) take() (pcm []float32, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.full() {
		return nil, false
	}
	if p.tail != nil {
		pcm, p.tail = p.tail, nil
		return pcm, false
	}
	n := min(len(p.queue), opus.FrameSamples)
	pcm = make([]float32, opus.FrameSamples)
	copy(pcm, p.queue[:n])
	if p.queue = p.queue[n:]; len(p.queue) == 0 {
		p.queue = nil // let go of what was played
	}
	first = p.played == 0
	p.played += int64(n)
	p.sending = true
	return pcm, first
}

// took says that what take gave was sent.
func (p *player) took() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sending = false
	p.tell()
}

// run sends from the moment the call is connected until it is over.
func (p *player) run(connected, over <-chan struct{}) {
	defer p.close()
	select {
	case <-connected:
	case <-over:
		return
	}
	var (
		began   = time.Now()
		next    = began
		silent  = hangover // packets of silence since the last of speech
		packets = stream{skipped: true}
		timer   = time.NewTimer(0)
	)
	defer timer.Stop()
	for {
		wake := p.wake
		if silent < hangover {
			wake = nil // a packet goes at its time and no sooner
		}
		select {
		case <-timer.C:
		case <-wake:
			if !p.ready() {
				continue
			}
			// Nothing has gone lately, so that the schedule is free to start
			// again now instead of when silence would be due.
			if next = time.Now(); next.Sub(packets.last) < packetTime {
				next = packets.last.Add(packetTime)
			}
		case <-over:
			return
		}
		now := time.Now()
		if now.Before(next) {
			timer.Reset(next.Sub(now))
			continue
		}
		if now.Sub(next) > behind {
			next = now
		}
		pcm, first := p.take()
		if pcm != nil {
			silent = 0
		} else {
			silent++
			pcm = make([]float32, opus.FrameSamples)
		}
		payload, err := p.enc.Encode(pcm)
		if err == nil {
			_ = p.send(packets.packet(payload, next, next.Sub(began))) // else the connection is ending
		}
		if silent == 0 {
			p.took()
		}
		if first {
			p.sent(time.Now())
		}
		if silent < hangover {
			next = next.Add(packetTime)
		} else {
			next = next.Add(refresh)
			packets.skipped = true
		}
		timer.Reset(time.Until(next))
	}
}

func (p *player) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.queue = nil
	p.tell()
}

// stream numbers packets.
type stream struct {
	seq     uint16
	last    time.Time
	skipped bool // there was a pause before the next packet
}

// packet makes the packet that goes at a time, this long after the first.
func (s *stream) packet(payload []byte, at time.Time, since time.Duration) *rtp.Packet {
	s.seq++
	p := &rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: s.skipped, SequenceNumber: s.seq,
			Timestamp: uint32(audio.Format{Rate: opus.Clock}.Samples(since)),
		},
		Payload: payload,
	}
	s.last, s.skipped = at, false
	return p
}
