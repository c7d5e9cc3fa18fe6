// Package turn decides who has the floor. [Next] is a pure function: it takes
// the state of the floor and something that happened, and gives the new state
// and what is to be done about it. It has no clock and does no I/O, so that
// every case can be read, listed and tested; the session that calls it owns the
// timers, the sound and the threads.
//
// A conversation is full duplex, so the state has two sides that move apart:
// what the person is doing and what the assistant is doing.
package turn

// Person says what the person is doing.
type Person int

// The person either speaks or does not.
const (
	Silent Person = iota
	Speaking
)

// Assistant says what the assistant is doing.
type Assistant int

// The assistant is idle, makes a reply (which may already sound), or has made
// all of it while the last of it still sounds.
const (
	Idle Assistant = iota
	Generating
	Playing
)

// State is the floor. The zero value is the start of a conversation. States are
// comparable values.
type State struct {
	Person    Person
	Assistant Assistant
	// Pending counts turns that were taken and whose words are not final yet.
	Pending int
	// Owed says that a reply will be made as soon as all words are known and
	// the floor is free.
	Owed bool
	// Asked says that the client asked for that reply, so that it does not
	// wait for the person to be silent.
	Asked bool
}

// Event is something that happened. The set is closed.
type Event interface{ event() }

// The events.
type (
	// SpeechStarted says that the person began to speak. Interrupt says whether that
	// stops a reply.
	SpeechStarted struct{ Interrupt bool }
	// SpeechEnded says that the person's turn is over.
	SpeechEnded struct{}
	// SpeechDropped says that the person's turn is not to be taken into account.
	SpeechDropped struct{}
	// WordsFinal says that a turn's words are known. Any says whether there are any,
	// Reply whether the turn is to be answered without being asked for.
	WordsFinal struct{ Any, Reply bool }
	// ReplyAsked says that the client asks for a reply.
	ReplyAsked struct{}
	// ReplyGenerated says that all of the reply was made, or making it failed.
	ReplyGenerated struct{}
	// ReplyPlayed says that the last of the reply's sound was heard.
	ReplyPlayed struct{}
	// CancelAsked says that the client wants the reply no further.
	CancelAsked struct{}
	// SilenceAsked says that the client wants no more sound, generated or not.
	SilenceAsked struct{}
)

func (SpeechStarted) event()  {}
func (SpeechEnded) event()    {}
func (SpeechDropped) event()  {}
func (WordsFinal) event()     {}
func (ReplyAsked) event()     {}
func (ReplyGenerated) event() {}
func (ReplyPlayed) event()    {}
func (CancelAsked) event()    {}
func (SilenceAsked) event()   {}

// Effect is something to be done, in the order given.
type Effect interface{ effect() }

// The effects.
type (
	// OpenTurn says to begin to recognise a new turn of the person.
	OpenTurn struct{}
	// CommitTurn says to take the person's turn: its final words are wanted.
	CommitTurn struct{}
	// DropTurn says to forget the person's turn that is under way.
	DropTurn struct{}
	// StartReply says to make a reply to the conversation as it stands.
	StartReply struct{}
	// StopReply says to stop the reply and its sound at once; history keeps what was
	// heard. Interrupted says that the person did it, not the client.
	StopReply struct{ Interrupted bool }
	// Refuse says that what was asked cannot be done now, for this reason.
	Refuse struct{ Why Refusal }
)

func (OpenTurn) effect()   {}
func (CommitTurn) effect() {}
func (DropTurn) effect()   {}
func (StartReply) effect() {}
func (StopReply) effect()  {}
func (Refuse) effect()     {}

// Refusal says why something cannot be done.
type Refusal int

// The refusals.
const (
	NothingSaid   Refusal = iota // there is no turn under way to take or drop
	AlreadyActive                // a reply is being made
	NotActive                    // no reply is being made
)

// Next gives the state that follows s when e happens, and what is to be done.
func Next(s State, e Event) (State, []Effect) {
	var do []Effect
	switch e := e.(type) {
	case SpeechStarted:
		if s.Person == Speaking {
			return s, nil
		}
		s.Person = Speaking
		do = append(do, OpenTurn{})
		if s.Assistant != Idle && e.Interrupt {
			s.Assistant = Idle
			do = append(do, StopReply{Interrupted: true})
		}
		return s, do

	case SpeechEnded:
		if s.Person == Silent {
			return s, []Effect{Refuse{NothingSaid}}
		}
		s.Person = Silent
		s.Pending++
		return s, []Effect{CommitTurn{}}

	case SpeechDropped:
		if s.Person == Silent {
			return s, []Effect{Refuse{NothingSaid}}
		}
		s.Person = Silent
		do = append(do, DropTurn{})

	case WordsFinal:
		if s.Pending == 0 {
			return s, nil
		}
		s.Pending--
		s.Owed = s.Owed || e.Any && e.Reply

	case ReplyAsked:
		if s.Assistant == Generating || s.Asked {
			return s, []Effect{Refuse{AlreadyActive}}
		}
		s.Asked = true

	case ReplyGenerated:
		if s.Assistant == Generating {
			s.Assistant = Playing
		}

	case ReplyPlayed:
		if s.Assistant == Playing {
			s.Assistant = Idle
		}

	case CancelAsked:
		switch {
		case s.Assistant == Generating:
			s.Assistant = Idle
			do = append(do, StopReply{})
		case s.Owed || s.Asked:
			s.Owed, s.Asked = false, false
		default:
			return s, []Effect{Refuse{NotActive}}
		}

	case SilenceAsked:
		if s.Assistant != Idle {
			s.Assistant = Idle
			do = append(do, StopReply{})
		}
	}
	return settle(s, do)
}

// settle starts the reply that is owed once nothing stands against it: all
// words are known, no other reply sounds and the person is silent, unless the
// client said not to wait for that.
func settle(s State, do []Effect) (State, []Effect) {
	wanted := s.Asked || s.Owed && s.Person == Silent
	if wanted && s.Pending == 0 && s.Assistant == Idle {
		s.Owed, s.Asked, s.Assistant = false, false, Generating
		do = append(do, StartReply{})
	}
	return s, do
}
