package pipeline

import (
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// Session is one conversation. Its methods are safe for concurrent use and may
// be called from within no Output method; those with an error return wait for
// the session to have done what was asked, and fail with a *stage.Fault when it
// cannot be. After Close they all fail.
type Session struct{}

// ID names the session: "sess_…".
func (s *Session) ID() string { panic("skeleton") }

// Settings are those in force.
func (s *Session) Settings() Settings { panic("skeleton") }

// Push hands over the person's next sound, in [audio.Speech]. It never blocks;
// what does not fit into the queue is dropped, counted and traced. A gap in the
// positions is taken as silence that nobody heard.
func (s *Session) Push(f audio.Frame) { panic("skeleton") }

// Update puts new settings in force from now on.
func (s *Session) Update(n Settings) error { panic("skeleton") }

// Commit ends the person's turn by hand. It fails if there is no sound.
func (s *Session) Commit() error { panic("skeleton") }

// Clear drops the sound of the turn that is under way.
func (s *Session) Clear() error { panic("skeleton") }

// Add puts a message into the conversation after the item named by it.Previous
// ("" is the end, "root" the beginning). An empty it.ID is given one.
func (s *Session) Add(it stage.Item) (stage.Item, error) { panic("skeleton") }

// Item gives an item back.
func (s *Session) Item(id string) (stage.Item, error) { panic("skeleton") }

// Delete takes an item out of the conversation.
func (s *Session) Delete(id string) error { panic("skeleton") }

// Truncate says that the person heard only the first part of a reply's sound.
func (s *Session) Truncate(id string, heard time.Duration) error { panic("skeleton") }

// ReplyOptions change a single reply.
type ReplyOptions struct {
	// Instructions replace the session's if not empty.
	Instructions string
	// Spoken overrides the session's if not nil.
	Spoken *bool
	// MaxTokens overrides the session's if not 0.
	MaxTokens int
}

// Respond asks for a reply to the conversation as it stands. It fails with code
// "conversation_already_has_active_response" while another is under way.
func (s *Session) Respond(o ReplyOptions) error { panic("skeleton") }

// Cancel stops the reply with this ID; an empty ID means the one under way. It
// fails with code "response_cancel_not_active" if there is none.
func (s *Session) Cancel(replyID string) error { panic("skeleton") }

// StopPlayback drops what the person has not yet heard of the reply, generated
// or not, and cancels what is not generated yet.
func (s *Session) StopPlayback() error { panic("skeleton") }

// Sent reports that the first packet of the current reply left at the time
// given. Transports call it once a reply.
func (s *Session) Sent(at time.Time) { panic("skeleton") }

// Close ends the conversation and waits until all its goroutines have ended.
func (s *Session) Close() error { panic("skeleton") }

// Done is closed once the session has ended, by Close or by the engine.
func (s *Session) Done() <-chan struct{} { panic("skeleton") }
