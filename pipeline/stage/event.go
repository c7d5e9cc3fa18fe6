package stage

import (
	"time"

	"parley/pipeline/trace"
)

// Event is what a session tells the person's client. The set is closed: a
// transport translates each into its protocol.
type Event interface{ event() }

// Status says how a reply ended.
type Status string

// The statuses of the OpenAI Realtime protocol.
const (
	Completed Status = "completed"
	Cancelled Status = "cancelled"
	Failed    Status = "failed"
)

// Reason says why a reply did not complete.
type Reason string

// The reasons of the OpenAI Realtime protocol.
const (
	TurnDetected    Reason = "turn_detected"
	ClientCancelled Reason = "client_cancelled"
)

// Item is an entry of the conversation as clients see it.
type Item struct {
	ID   string
	Role Role
	// Text is what was said or typed; empty while it is not known yet.
	Text string
	// Spoken says that it is, or will be, sound with a transcript.
	Spoken bool
	// Previous is the ID of the item before it, or empty for the first.
	Previous string
}

// The events of a session, in the order in which a plain turn brings them.
type (
	// SpeechStarted says that the person began to speak, At into the conversation.
	SpeechStarted struct {
		ItemID string
		At     time.Duration
	}
	// SpeechStopped says that the person's turn is over; their speech ended At.
	SpeechStopped struct {
		ItemID string
		At     time.Duration
	}
	// InputCommitted says that the sound since SpeechStarted is now a turn.
	InputCommitted struct{ ItemID, Previous string }
	// InputCleared says that the sound since SpeechStarted was dropped.
	InputCleared struct{}
	// ItemAdded says that the conversation has a new item, which may still be growing.
	ItemAdded struct{ Item Item }
	// ItemDone says that the item is complete.
	ItemDone struct{ Item Item }
	// Heard carries what the recogniser makes of the person's current item. The last
	// one of an item has Transcript.Final.
	Heard struct {
		ItemID     string
		Transcript Transcript
	}
	// HearingFailed says that the item's words could not be recognised.
	HearingFailed struct {
		ItemID string
		Fault  *Fault
	}
	// ReplyStarted says that the assistant takes the floor with a new item.
	ReplyStarted struct {
		ReplyID string
		ItemID  string
		// Previous is the item that the reply follows.
		Previous string
		// Spoken says whether it will have sound.
		Spoken bool
	}
	// ReplyText carries the next clause of the reply, with the space that joins it to
	// what came before, and, when spoken, its words' places in the reply's
	// sound.
	ReplyText struct {
		ReplyID, ItemID string
		Delta           string
		Words           []SpokenWord
	}
	// ReplyGenerated says that everything of the reply was handed to the output, or it
	// ended early. Text is all of it that was generated.
	ReplyGenerated struct {
		ReplyID, ItemID string
		Text            string
		Spoken          bool
		Status          Status
		Reason          Reason
		Fault           *Fault
		InputTokens     int
		OutputTokens    int
	}
	// PlaybackStarted says that the reply's first sound left for the person.
	PlaybackStarted struct{ ReplyID string }
	// PlaybackStopped says that the reply's last sound was heard.
	PlaybackStopped struct{ ReplyID string }
	// PlaybackCleared says that the rest of the reply's sound was dropped.
	PlaybackCleared struct{ ReplyID string }
	// ItemTruncated says that only the first Heard of the item's sound was heard; its
	// text in the history is now Text.
	ItemTruncated struct {
		ItemID string
		Heard  time.Duration
		Text   string
	}
	// Failure says that something went wrong that belongs to no item or reply.
	Failure struct{ Fault *Fault }
	// Traced says that a turn is over and this is where its time went.
	Traced struct{ Turn *trace.Turn }
)

func (SpeechStarted) event()   {}
func (SpeechStopped) event()   {}
func (InputCommitted) event()  {}
func (InputCleared) event()    {}
func (ItemAdded) event()       {}
func (ItemDone) event()        {}
func (Heard) event()           {}
func (HearingFailed) event()   {}
func (ReplyStarted) event()    {}
func (ReplyText) event()       {}
func (ReplyGenerated) event()  {}
func (PlaybackStarted) event() {}
func (PlaybackStopped) event() {}
func (PlaybackCleared) event() {}
func (ItemTruncated) event()   {}
func (Failure) event()         {}
func (Traced) event()          {}
