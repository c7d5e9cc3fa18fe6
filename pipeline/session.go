package pipeline

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
	"parley/pipeline/turn"
)

const (
	// inputBacklog bounds the sound that waits for the detector, soundBacklog
	// that which waits for a recogniser that has fallen behind.
	inputBacklog = 20 * time.Second
	soundBacklog = 2 * time.Minute
	// inboxSize bounds the messages to the session's goroutine. Senders wait
	// when it is full; the session's goroutine never waits for them.
	inboxSize = 256
)

// Session is one conversation. Its methods are safe for concurrent use but must
// not be called from within an Output method; those with an error return wait
// for the session to have done what was asked, and fail with a *stage.Fault when
// it cannot be. After Close they all fail.
//
// Inside, one goroutine (loop) owns all state. Others detect speech, recognise
// the turn that is under way and make the reply; they hand what they find to
// the loop as functions to run.
type Session struct {
	id     string
	cfg    Config
	out    stage.Output
	frames *audio.Queue[audio.Frame]
	detect stage.Detection

	inbox  chan func()
	ctx    context.Context //nolint:containedctx // the session's own lifetime, not a caller's
	cancel context.CancelFunc
	work   sync.WaitGroup // every goroutine but loop
	done   chan struct{}

	// Everything below belongs to loop.
	settings  Settings
	floor     turn.State
	endpoint  turn.Endpointer
	preroll   []stage.Sound
	utterance *utterance   // the person's turn that is under way
	asked     ReplyOptions // of the reply that is owed
	reply     *reply
	answering *trace.Turn // the turn that the next reply answers
	history   history
}

func newSession(ctx context.Context, cfg Config, set Settings, out stage.Output, d stage.Detection) *Session {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &Session{
		id: newID("sess"), cfg: cfg, out: out, detect: d, settings: set,
		frames: audio.NewQueue[audio.Frame](inputBacklog),
		inbox:  make(chan func(), inboxSize),
		ctx:    ctx, cancel: cancel, done: make(chan struct{}),
	}
}

// newID makes an identifier that cannot be guessed.
func newID(kind string) string { return kind + "_" + rand.Text() }

// start runs the session until it is closed; ended is called last.
func (s *Session) start(ended func()) {
	s.work.Go(s.listen)
	go func() {
		defer close(s.done)
		defer ended()
		s.loop()
	}()
}

// loop runs everything that touches the session's state, one thing at a time.
func (s *Session) loop() {
	for {
		select {
		case f := <-s.inbox:
			f()
		case <-s.ctx.Done():
			s.end()
			return
		}
	}
}

// end closes the session's books and joins what it has started.
func (s *Session) end() {
	s.frames.Close()
	if s.reply != nil {
		s.stopReply(false)
	}
	if s.answering != nil {
		s.closeTurn(s.answering, "", trace.Cancelled)
	}
	joined := make(chan struct{})
	go func() { s.work.Wait(); close(joined) }()
	for {
		select {
		case <-s.inbox: // nobody must hang in post
		case <-joined:
			return
		}
	}
}

// post hands f to the loop. It is dropped once the session has ended.
func (s *Session) post(f func()) {
	select {
	case s.inbox <- f:
	case <-s.ctx.Done():
	}
}

// call runs f on the loop and waits for its result.
func (s *Session) call(f func() error) error {
	result := make(chan error, 1)
	s.post(func() { result <- f() })
	select {
	case err := <-result:
		return err
	case <-s.done:
		return &stage.Fault{Class: stage.ErrUnavailable, Code: "session_closed", Message: "This conversation is over; open a new one."}
	}
}

// ID names the session: "sess_…".
func (s *Session) ID() string { return s.id }

// Push hands over the person's next sound, in [audio.Speech]. It never blocks;
// what does not fit into the queue is dropped, counted and traced. A gap in the
// positions is taken as silence that nobody heard.
func (s *Session) Push(f audio.Frame) {
	if f.Arrived.IsZero() {
		f.Arrived = time.Now()
	}
	if d := s.frames.Push(f); d > 0 {
		s.cfg.Listener.Dropped(s.id, "input", d)
	}
}

// Close ends the conversation and waits until all its goroutines have ended.
func (s *Session) Close() error {
	s.cancel()
	<-s.done
	return nil
}

// Done is closed once the session has ended, by Close or by the engine.
func (s *Session) Done() <-chan struct{} { return s.done }

// wind lets the clause that is being spoken end, or gives up with ctx.
func (s *Session) wind(ctx context.Context) {
	var played <-chan struct{}
	_ = s.call(func() error {
		if s.reply != nil {
			s.reply.winding.Store(true)
			played = s.reply.done
		}
		return nil
	})
	if played == nil {
		return
	}
	select {
	case <-played:
	case <-s.done:
	case <-ctx.Done():
	}
}

// happen moves the floor on and does what follows.
func (s *Session) happen(e turn.Event) error {
	var effects []turn.Effect
	s.floor, effects = turn.Next(s.floor, e)
	for _, f := range effects {
		switch f := f.(type) {
		case turn.OpenTurn:
			s.openTurn()
		case turn.CommitTurn:
			s.commitTurn()
		case turn.DropTurn:
			s.dropTurn()
		case turn.StartReply:
			s.startReply()
		case turn.StopReply:
			s.stopReply(f.Interrupted)
		case turn.Refuse:
			return refusal(f.Why)
		}
	}
	return nil
}

func refusal(why turn.Refusal) error {
	switch why {
	case turn.NothingSaid:
		return stage.Invalid("input_audio_buffer_commit_empty", "", "The input audio buffer holds no sound; append some first.")
	case turn.AlreadyActive:
		return stage.Invalid("conversation_already_has_active_response", "", "A response is under way; wait for response.done or cancel it first.")
	default:
		return stage.Invalid("response_cancel_not_active", "", "No response is under way, so there is none to cancel.")
	}
}
