// Package client talks to a Parley server, or to any other that speaks the
// OpenAI Realtime protocol, by WebSocket or by WebRTC. Benchmarks and tests are
// its first users, so what arrives carries the time of its arrival.
//
//	c, err := client.DialWebRTC(ctx, "http://localhost:8080", client.Options{Sound: hear})
//	end, err := c.Speak(ctx, samples, 16000)
//	for e := range c.Events() { … }
//
// While nobody speaks the microphone is open and sends silence, as a real one
// does; a server cannot tell otherwise that somebody has stopped speaking.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"parley/pipeline/audio"
)

// Options say how to connect.
type Options struct {
	// Key is the API key, if the server wants one.
	Key string
	// Model is the model to ask for; empty is the server's own.
	Model string
	// Session is the session to begin with, as session.update has it; nil is
	// the server's own.
	Session any
	// ParleyEvents asks for the "parley.*" events.
	ParleyEvents bool
	// Sound is called with what the server says, as it comes, one call at a
	// time. It must return quickly; nil is deafness.
	Sound func(Sound)
	// NoMicrophone leaves it to the caller to send sound, by WriteAudio and
	// at the right pace.
	NoMicrophone bool
	// Backlog is how many events may wait in Events; 0 means 1024. The
	// connection stands still while it is full.
	Backlog int
	// HTTP is the client to call with; nil is http.DefaultClient.
	HTTP *http.Client
	// Engine may change how WebRTC works, to test bad networks.
	Engine func(*webrtc.SettingEngine)
}

// Sound is a piece of what the server says. Its position counts from the
// beginning of the stream of sound. By WebRTC it comes in real time, by
// WebSocket as fast as it is made.
type Sound struct {
	audio.Frame
	// At is when it arrived.
	At time.Time
}

// Event is one server event. Fields that an event does not have are empty.
type Event struct {
	Type       string `json:"type"`
	EventID    string `json:"event_id"`
	ItemID     string `json:"item_id"`
	ResponseID string `json:"response_id"`
	Delta      string `json:"delta"`
	Transcript string `json:"transcript"`
	Text       string `json:"text"`
	AudioEndMs int64  `json:"audio_end_ms"`
	Error      *Error `json:"error"`
	// Raw is all of it.
	Raw json.RawMessage `json:"-"`
	// At is when it arrived.
	At time.Time `json:"-"`
}

// Error is what an "error" event tells.
type Error struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Param   string `json:"param"`
	EventID string `json:"event_id"`
}

// Error gives the message with its code.
func (e *Error) Error() string { return fmt.Sprintf("%s (%s)", e.Message, e.Code) }

// ErrClosed is what calls fail with once the connection is over.
var ErrClosed = errors.New("client: the connection is closed")

// carrier is how events and sound travel.
type carrier interface {
	// send sends one event.
	send(ctx context.Context, event []byte) error
	// rate is that of the sound that write takes, in Hz.
	rate() int
	// write sends sound now.
	write(samples []float32) error
	// close ends the connection and waits until nothing calls the Conn.
	close() error
}

// Conn is a connection. Its methods are safe for concurrent use.
type Conn struct {
	o      Options
	c      carrier
	events chan Event
	mic    microphone

	mu     sync.Mutex
	err    error
	ended  bool // Close waits for what runs and lets nothing new begin
	done   chan struct{}
	over   sync.Once
	closed sync.Once
	wg     sync.WaitGroup
}

func newConn(o Options) *Conn {
	if o.Backlog == 0 {
		o.Backlog = 1024
	}
	if o.Sound == nil {
		o.Sound = func(Sound) {}
	}
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	return &Conn{o: o, events: make(chan Event, o.Backlog), done: make(chan struct{})}
}

// begin is called once the carrier is connected.
func (c *Conn) begin() {
	if !c.o.NoMicrophone {
		c.mic.wake = make(chan struct{}, 1)
		c.wg.Go(func() { c.mic.run(c) })
	}
}

// spawn runs f on a goroutine that Close joins.
func (c *Conn) spawn(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.wg.Go(f)
	}
}

// Events gives the server's events in order, but for the sound in them, which
// goes to Options.Sound. It is closed when the connection ends.
func (c *Conn) Events() <-chan Event { return c.events }

// Done is closed when the connection ends, by whichever side.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the connection ended; nil if it has not, or Close ended it.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// end notes that the connection is over.
func (c *Conn) end(err error) {
	c.over.Do(func() {
		c.mu.Lock()
		c.err = err
		c.mu.Unlock()
		close(c.done)
	})
}

// Send sends a client event, anything that marshals to one.
func (c *Conn) Send(ctx context.Context, event any) error {
	b, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("client: event: %w", err)
	}
	select {
	case <-c.done:
		return ErrClosed
	default:
		return c.c.send(ctx, b)
	}
}

// Next waits for the next event of one of the types given, or of any. It fails
// with an *Error if an "error" event comes that is not asked for.
func (c *Conn) Next(ctx context.Context, types ...string) (Event, error) {
	for {
		select {
		case e, ok := <-c.events:
			if !ok {
				return e, errors.Join(ErrClosed, c.Err())
			}
			switch {
			case len(types) == 0, slices.Contains(types, e.Type):
				return e, nil
			case e.Error != nil && e.Type == "error":
				return e, e.Error
			}
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}

// Rate is that of the sound that WriteAudio takes, in Hz: 24000 by WebSocket,
// 48000 by WebRTC.
func (c *Conn) Rate() int { return c.c.rate() }

// WriteAudio sends mono sound at Rate, at once; the caller sees to the pace and
// has set NoMicrophone. By WebRTC it goes in packets of 20 ms, and what does
// not fill one waits for more.
func (c *Conn) WriteAudio(samples []float32) error {
	select {
	case <-c.done:
		return ErrClosed
	default:
		return c.c.write(samples)
	}
}

// Speak says mono samples of any rate into the microphone, in real time, after
// what others are saying. It returns once the last sample was sent, with the
// time at which a real microphone would have heard it.
func (c *Conn) Speak(ctx context.Context, samples []float32, rate int) (end time.Time, err error) {
	if c.o.NoMicrophone {
		return end, errors.New("client: there is no microphone to speak into")
	}
	pcm, err := audio.Resample(samples, rate, c.c.rate())
	if err != nil {
		return end, fmt.Errorf("client: %w", err)
	}
	return c.mic.speak(ctx, c.done, pcm)
}

// Close ends the connection and waits until nothing of it runs.
func (c *Conn) Close() error {
	var err error
	c.closed.Do(func() {
		c.end(nil)
		c.mu.Lock()
		c.ended = true
		c.mu.Unlock()
		err = c.c.close()
		c.wg.Wait()
		close(c.events)
	})
	return err
}

// take takes one event from the carrier.
func (c *Conn) take(raw []byte) (Event, bool) {
	e := Event{Raw: raw, At: time.Now()}
	if err := json.Unmarshal(raw, &e); err != nil {
		c.end(fmt.Errorf("client: event from the server: %w", err))
		return e, false
	}
	return e, true
}

// deliver hands an event to the user.
func (c *Conn) deliver(e Event) {
	select {
	case c.events <- e:
	case <-c.done:
		select { // what has arrived may still be read
		case c.events <- e:
		default:
		}
	}
}
