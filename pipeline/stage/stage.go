// Package stage declares what passes between Parley's stages and what a stage
// must do. It is the contract between the floors of the house: pipeline calls
// these interfaces, asr, reasoner, tts and transport implement them, and
// nothing here imports any of those.
//
// Stages that compute (Detector, Recognizer, Reasoner, Narrator, Synthesizer)
// are synchronous: a call runs on the caller's goroutine, hands results to emit
// as they come, and has started nothing that outlives it. emit is called from
// that same goroutine and may block; an error that it returns ends the call and
// is returned by it. C inference cannot be interrupted, so implementations work
// in chunks and look at ctx between them.
//
// One implementation serves every conversation at once: its methods are safe
// for concurrent use. The per-conversation values that it opens (Detection,
// Recognition) belong to one goroutine.
//
// Times within a conversation are durations since its first input sample, so
// they can be compared across stages whatever the rate of the sound.
package stage

import (
	"context"
	"time"

	"parley/pipeline/audio"
)

// Sound is a stretch of the person's voice together with the detector's
// opinion of it.
type Sound struct {
	audio.Frame
	// Speech is the chance, 0 to 1, that somebody speaks in this frame.
	Speech float64
}

// Detector tells speech from everything else.
type Detector interface {
	// Open starts a detection for one conversation. Frames will come in
	// [audio.Speech].
	Open() (Detection, error)
}

// Detection is one conversation's state of a Detector.
type Detection interface {
	// Write takes the next frame and emits it again, cut into the detector's
	// windows, each with its chance of speech. Sound that does not fill a
	// window waits for the next frame.
	Write(ctx context.Context, f audio.Frame, emit func(Sound)) error
	// Close frees the state.
	Close() error
}

// Word is one recognised word.
type Word struct {
	// Text is the word as it is written, with case and punctuation.
	Text string
	// Start and End say when it was uttered, since the conversation began.
	Start, End time.Duration
	// Confidence is the recogniser's own chance, 0 to 1, that Text is right.
	Confidence float64
	// Committed says that the word will not change while the turn runs.
	Committed bool
	// Lookahead is how much sound after End had been heard when the word was
	// committed; for a word that is not committed, how much has been heard
	// so far.
	Lookahead time.Duration
}

// Transcript is what a recogniser makes of an utterance so far. Each one
// replaces the one before; committed words only ever grow in number, except in
// the final transcript, which is authoritative.
type Transcript struct {
	// Text is the whole utterance as written text.
	Text string
	// Words are the words of Text in order.
	Words []Word
	// Heard is up to where sound has been taken into account, since the
	// conversation began.
	Heard time.Duration
	// EndChance is the recogniser's chance, 0 to 1, that the utterance is
	// complete as it stands, or negative if it has no opinion.
	EndChance float64
	// Final marks the last transcript of an utterance.
	Final bool
}

// Hearing says how an utterance is to be recognised.
type Hearing struct {
	// Format of the sound that will come. Recognisers take [audio.Speech].
	Format audio.Format
	// Prompt holds names and terms that are likely to occur.
	Prompt string
}

// Recognizer turns speech into words.
type Recognizer interface {
	// Open starts one utterance. emit receives every new transcript, from
	// within calls to the Recognition that is returned.
	Open(ctx context.Context, h Hearing, emit func(Transcript)) (Recognition, error)
}

// Recognition is one utterance being recognised.
type Recognition interface {
	// Write takes the sounds that follow those given before. All sounds of
	// one call are taken in before any words are looked for, so a caller who
	// has fallen behind hands over all that has piled up and catches up.
	Write(ctx context.Context, sounds ...Sound) error
	// Finish says that the utterance is over and returns its final
	// transcript, which has heard everything written.
	Finish(ctx context.Context) (Transcript, error)
	// Close frees the utterance, finished or not.
	Close() error
}

// Role says who uttered a message of the history.
type Role string

// The roles of the OpenAI protocols.
const (
	User      Role = "user"
	Assistant Role = "assistant"
	System    Role = "system"
)

// Message is one entry of a conversation's history. An assistant's message
// holds exactly what the person heard of it.
type Message struct {
	ID   string
	Role Role
	Text string
	// Cut says that the person interrupted, so that Text is not all that was
	// going to be said; Unheard is what was not.
	Cut     bool
	Unheard string
}

// Turn is what a reasoner is asked to answer.
type Turn struct {
	// ID names the turn in traces.
	ID string
	// Question is what the person said, or typed, last.
	Question string
	// History is the conversation before Question, oldest first.
	History []Message
	// Instructions are the session's standing orders for the assistant.
	Instructions string
	// Now is the person's wall-clock time, in their time zone.
	Now time.Time
	// MaxTokens bounds the answer of reasoners that count tokens; 0 leaves it
	// to them.
	MaxTokens int
}

// Kind says what a finding is for.
type Kind int

// The kinds of findings, in the order in which a narrator prefers to speak them.
const (
	// Answer is what was asked for.
	Answer Kind = iota
	// Support says why or how.
	Support
	// Progress says what the reasoner is doing; it answers nothing.
	Progress
	// Apology says why there is no answer, or no better one.
	Apology
)

// Finding is one entry of the reasoner's editable state. A finding whose ID was
// emitted before replaces that one; with Retracted set it withdraws it. What is
// in a finding may be spoken; what is in no finding may not.
type Finding struct {
	ID        string
	Kind      Kind
	Claims    []Claim
	Retracted bool
}

// Claim is one statement that the reasoner stands behind.
type Claim struct {
	// Text states the claim as a person would say it, a sentence or part of
	// one, without its final punctuation being required.
	Text string
	// Value is the exact value within it in written form ("42", "Tuesday"),
	// with its Unit if it has one; both are empty for a claim that is prose.
	Value, Unit string
	// Source says where it comes from ("arithmetic", "clock", a model, a
	// document).
	Source string
	// Confidence is 0 to 1.
	Confidence float64
	// Final says that the reasoner will not revise it.
	Final bool
}

// Reasoner thinks.
type Reasoner interface {
	// Respond works out an answer to the turn and emits findings as they
	// come, the earliest useful one first. It returns once it has no more to
	// find; the error says that it could not do its work, never that the
	// question has no answer (that is an Apology).
	Respond(ctx context.Context, t Turn, emit func(Finding) error) error
}

// Clause is what is spoken in one breath.
type Clause struct {
	// Text is as it should be read, with punctuation. Clauses of one reply
	// join to its transcript with single spaces.
	Text string
	// Findings are the IDs of those that back it.
	Findings []string
}

// Narrator decides what to say of what has been found.
type Narrator interface {
	// Narrate speaks from the findings as they arrive and returns when the
	// channel is closed and everything worth saying was emitted.
	Narrate(ctx context.Context, t Turn, findings <-chan Finding, emit func(Clause) error) error
}

// Delivery says how a clause is to sound.
type Delivery struct {
	// Voice names the voice; empty is the default one.
	Voice string
	// Speed is relative to the voice's own pace; 0 means 1.
	Speed float64
}

// SpokenWord is a word of a clause and where it sounds.
type SpokenWord struct {
	Text string
	// Start and End count from the first sample of the clause.
	Start, End time.Duration
}

// Speech is a piece of a clause's sound.
type Speech struct {
	// Frame's Position counts from the first sample of the clause.
	audio.Frame
	// Words are those whose sound begins in this piece or later and which no
	// earlier piece has listed. Engines that know the whole alignment give it
	// with the first piece.
	Words []SpokenWord
}

// Synthesizer speaks.
type Synthesizer interface {
	// Speak emits the clause's sound piece by piece, in order and gapless.
	Speak(ctx context.Context, c Clause, d Delivery, emit func(Speech) error) error
}

// Output is the way back to the person: it plays the reply and carries events.
// A transport implements it; its methods are safe for concurrent use.
type Output interface {
	// Play queues sound of the current reply. It blocks while the queue is
	// full and fails once ctx is done. Positions count from the reply's first
	// sample; Position 0 begins a new reply.
	Play(ctx context.Context, f audio.Frame) error
	// Drain returns when all sound played so far has left for the person, or
	// when ctx is done.
	Drain(ctx context.Context) error
	// Abort drops what has not been played and returns how much of the reply
	// the person has heard, as exactly as the transport can know.
	Abort(ctx context.Context) (heard time.Duration, err error)
	// Event passes one event on to the person's client. It does not block:
	// a client that cannot keep up is dropped by its transport.
	Event(Event)
}
