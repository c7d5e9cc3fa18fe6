// Package realtime speaks the OpenAI Realtime protocol (GA form) between a
// client and a conversation. It knows events, not sockets: a carrier
// (transport/websocket, transport/webrtc) hands the client's events to
// [Conn.Handle] and is handed the server's by Options.Send.
//
// One [Conn] is one client. It is the conversation's stage.Output: the half
// that is events is its own ([Conn.Event]), the half that is sound is the
// carrier's [Player].
//
// A client's event that cannot be obeyed is answered by an "error" event that
// echoes its event_id, and the session lives on. Nothing that is not obeyed is
// accepted silently; what was accepted is echoed by "session.updated".
//
// Beyond the protocol there are three events of Parley's own, which are sent
// to clients that ask for them (session.parley.events):
// "parley.transcript.partial" (words so far, committed or not),
// "parley.output.words" (where each word of the reply sounds) and
// "parley.turn.trace" (where a turn's time went).
//
// Source: https://platform.openai.com/docs/api-reference/realtime, and the types
// of the npm packages openai and @openai/agents-realtime.
package realtime

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"parley/pipeline"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// Conversation is what a client's events act upon: *pipeline.Session, whose
// documentation holds here.
type Conversation interface {
	ID() string
	Settings() pipeline.Settings
	Push(f audio.Frame)
	Update(s pipeline.Settings) error
	Commit() error
	Clear() error
	Add(it stage.Item) (stage.Item, error)
	Item(id string) (stage.Item, error)
	Delete(id string) error
	Truncate(id string, heard time.Duration) error
	Respond(o pipeline.ReplyOptions) error
	Cancel(replyID string) error
	StopPlayback() error
	Sent(at time.Time)
	Close() error
	Done() <-chan struct{}
}

// Open starts a conversation whose replies and events go to out: what
// pipeline.Engine.Open does.
type Open func(ctx context.Context, s pipeline.Settings, out stage.Output) (Conversation, error)

// Player is the half of stage.Output that is sound; the same contract holds.
type Player interface {
	Play(ctx context.Context, f audio.Frame) error
	Drain(ctx context.Context) error
	Abort(ctx context.Context) (heard time.Duration, err error)
	// Finish says that no more sound of the current reply will come, so that
	// what waits for more (a resampler, a half-full packet) can go. It neither
	// blocks nor calls the Conn.
	Finish()
}

// Service is what every carrier needs to serve the protocol.
type Service struct {
	// Open starts conversations.
	Open Open
	// Defaults are the settings that conversations start from.
	Defaults pipeline.Settings
	// Model is the name that the server gives itself to clients that name
	// none. A client's own choice is a label: there is one model.
	Model string
	// Voices are the voices to choose from, the default one first.
	Voices []string
	// Access says who may connect.
	Access Access
	// Log is told what goes wrong; nil is silence.
	Log *zap.Logger
}

// EnsureDefaults fills in what may be left out.
func (s Service) EnsureDefaults() Service {
	if s.Model == "" {
		s.Model = "parley"
	}
	if s.Log == nil {
		s.Log = zap.NewNop()
	}
	return s
}

// Options are what a carrier adds for one client.
type Options struct {
	Service
	// Send takes one server event, a whole JSON text, in order. It must
	// neither block nor call the Conn.
	Send func(event []byte)
	// Track says that sound goes by a media track, not in events: the client
	// may not append any, and is told when the reply's playback starts and
	// stops, as the protocol has it for WebRTC.
	Track bool
	// Extensions says whether Parley's own events are sent until the client
	// decides (session.parley.events).
	Extensions bool
	// Requested is the model that the client named, or empty.
	Requested string
}

// Conn is one client of a conversation. Handle belongs to one goroutine; the
// other methods are safe for concurrent use.
type Conn struct {
	o    Options
	conv Conversation
	play Player

	in input // belongs to Handle's goroutine

	mu      sync.Mutex
	cfg     config
	id      string        // the conversation's, which may not be asked from within an Event
	open    bool          // session.created was sent
	early   []stage.Event // came before that
	reply   reply         // the one that sound belongs to
	hearing map[string]*hearing
}

// New makes a Conn with the session's initial configuration: the service's
// defaults, changed by session, the JSON object that a client may send along
// when it connects (nil for none). It fails with a *stage.Fault.
func New(o Options, session []byte) (*Conn, error) {
	o.Service = o.EnsureDefaults()
	c := &Conn{o: o, cfg: newConfig(o), hearing: map[string]*hearing{}}
	if session != nil {
		if tooDeep(session, maxDepth) {
			return nil, stage.Invalid("invalid_json", "session", "The session nests deeper than %d levels.", maxDepth)
		}
		cfg, err := c.cfg.update(session)
		if err != nil {
			return nil, err
		}
		c.cfg = cfg
	}
	return c, nil
}

// Start opens the conversation, which will play its replies by p, and tells the
// client so. It fails with a *stage.Fault. The caller then ends with Close.
func (c *Conn) Start(ctx context.Context, p Player) error {
	c.play = p
	conv, err := c.o.Open(ctx, c.cfg.settings, output{c})
	if err != nil {
		return err
	}
	c.conv = conv
	c.mu.Lock()
	defer c.mu.Unlock()
	// Events that the conversation was quick to send must not overtake
	// session.created, which clients take for the beginning of everything.
	c.send(&SessionEvent{Head: head("session.created"), Session: c.cfg.wire(conv.ID())})
	c.id, c.open = conv.ID(), true
	for _, e := range c.early {
		c.event(e)
	}
	c.early = nil
	return nil
}

// Conversation is the one that Start opened.
func (c *Conn) Conversation() Conversation { return c.conv }

// Push hands the conversation sound that came by a track, in [audio.Speech].
func (c *Conn) Push(f audio.Frame) { c.conv.Push(f) }

// Close ends the conversation and waits until it has ended.
func (c *Conn) Close() error { return c.conv.Close() }

// output is the Conn as the conversation sees it.
type output struct{ c *Conn }

func (o output) Play(ctx context.Context, f audio.Frame) error    { return o.c.play.Play(ctx, f) }
func (o output) Drain(ctx context.Context) error                  { return o.c.play.Drain(ctx) }
func (o output) Abort(ctx context.Context) (time.Duration, error) { return o.c.play.Abort(ctx) }
func (o output) Event(e stage.Event)                              { o.c.Event(e) }

// send marshals a server event. c.mu is held, which keeps events in order.
func (c *Conn) send(e any) {
	b, err := json.Marshal(e)
	if err != nil { // cannot be: the events are plain structs
		c.o.Log.Error("realtime: cannot write event", zap.String("event", fmt.Sprintf("%T", e)), zap.Error(err))
		return
	}
	c.o.Send(b)
}

// tell is send for those who do not hold c.mu.
func (c *Conn) tell(e any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(e)
}

func newID(kind string) string { return kind + "_" + rand.Text() }

func head(typ string) Head { return Head{Type: typ, EventID: newID("event")} }
