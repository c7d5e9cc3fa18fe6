package pipeline

import (
	"time"

	"parley/pipeline/stage"
	"parley/pipeline/trace"
	"parley/pipeline/turn"
)

// Settings are those in force.
func (s *Session) Settings() Settings {
	var set Settings
	_ = s.call(func() error { set = s.settings; return nil })
	return set
}

// Update puts new settings in force from now on.
func (s *Session) Update(n Settings) error {
	if err := n.Validate(); err != nil {
		return err
	}
	return s.call(func() error {
		if (n.Endpointing == nil) != (s.settings.Endpointing == nil) {
			s.endpoint.Reset()
		}
		s.settings = n
		return nil
	})
}

// Commit ends the person's turn by hand. It fails if there is no sound.
func (s *Session) Commit() error {
	return s.call(func() error {
		s.endpoint.Reset()
		if s.utterance != nil {
			s.utterance.reply = false // the protocol leaves asking to the client
		}
		return s.happen(turn.SpeechEnded{})
	})
}

// Clear drops the sound of the turn that is under way.
func (s *Session) Clear() error {
	return s.call(func() error {
		s.endpoint.Reset()
		s.preroll = nil
		if s.floor.Person == turn.Silent {
			s.out.Event(stage.InputCleared{})
			return nil
		}
		return s.happen(turn.SpeechDropped{})
	})
}

// Add puts a message into the conversation after the item named by it.Previous
// ("" is the end, "root" the beginning). An empty it.ID is given one.
func (s *Session) Add(it stage.Item) (stage.Item, error) {
	if len(it.Text) > MaxItemText {
		return it, stage.Invalid("string_above_max_length", "item.content", "A message may have at most %d bytes; this has %d.", MaxItemText, len(it.Text))
	}
	err := s.call(func() error {
		if it.ID == "" {
			it.ID = newID("item")
		} else if _, e := s.history.find(it.ID); e != nil {
			return stage.Invalid("item_exists", "item.id", "There is an item %q already; choose another id.", it.ID)
		}
		e := &entry{Item: it, full: it.Text}
		if err := s.history.insert(e, it.Previous); err != nil {
			return err
		}
		it = e.Item
		s.out.Event(stage.ItemAdded{Item: it})
		s.out.Event(stage.ItemDone{Item: it})
		return nil
	})
	return it, err
}

// Item gives an item back.
func (s *Session) Item(id string) (stage.Item, error) {
	var it stage.Item
	err := s.call(func() error {
		_, e := s.history.find(id)
		if e == nil {
			return noItem(id)
		}
		it = e.Item
		return nil
	})
	return it, err
}

// Delete takes an item out of the conversation.
func (s *Session) Delete(id string) error {
	return s.call(func() error {
		if !s.history.remove(id) {
			return noItem(id)
		}
		return nil
	})
}

func noItem(id string) error {
	return stage.Invalid("item_not_found", "item_id", "There is no item %q in this conversation.", id)
}

// Truncate says that the person heard only the first part of a reply's sound.
// It wins over what the server believes, whether that was more or less.
func (s *Session) Truncate(id string, heard time.Duration) error {
	return s.call(func() error {
		_, e := s.history.find(id)
		switch {
		case e == nil:
			return noItem(id)
		case e.Role != stage.Assistant || !e.Spoken:
			return stage.Invalid("invalid_value", "item_id", "Only the assistant's spoken items can be truncated; %q is none.", id)
		case heard < 0:
			return stage.Invalid("invalid_value", "audio_end_ms", "audio_end_ms must not be negative.")
		}
		e.hear(heard)
		s.out.Event(stage.ItemTruncated{ItemID: id, Heard: heard, Text: e.Text})
		return nil
	})
}

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
func (s *Session) Respond(o ReplyOptions) error {
	return s.call(func() error {
		before := s.asked
		s.asked = o
		err := s.happen(turn.ReplyAsked{})
		if err != nil {
			s.asked = before
		}
		return err
	})
}

// Cancel stops the reply with this ID; an empty ID means the one under way. It
// fails with code "response_cancel_not_active" if there is none.
func (s *Session) Cancel(replyID string) error {
	return s.call(func() error {
		if replyID != "" && (s.reply == nil || s.reply.id != replyID) {
			return refusal(turn.NotActive)
		}
		return s.happen(turn.CancelAsked{})
	})
}

// StopPlayback drops what the person has not yet heard of the reply, generated
// or not, and cancels what is not generated yet.
func (s *Session) StopPlayback() error {
	return s.call(func() error { return s.happen(turn.SilenceAsked{}) })
}

// Sent reports that the first packet of the current reply left at the time
// given. Transports call it once a reply.
func (s *Session) Sent(at time.Time) {
	s.post(func() {
		if s.reply != nil && s.reply.turn.Set(trace.FirstPacket, at) {
			s.out.Event(stage.PlaybackStarted{ReplyID: s.reply.id})
		}
	})
}
