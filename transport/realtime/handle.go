package realtime

import (
	"encoding/json"
	"errors"
	"time"

	"go.uber.org/zap"

	"parley/pipeline"
	"parley/pipeline/stage"
)

// ErrClosed is what Handle gives once the conversation is over.
var ErrClosed = errors.New("realtime: the conversation is over")

// Handle obeys one event of the client's, a whole JSON text. What is wrong with
// the event is told to the client, not to the caller: the only error is
// [ErrClosed]. It waits for the conversation, never for the client.
func (c *Conn) Handle(raw []byte) error {
	select {
	case <-c.conv.Done():
		return ErrClosed
	default:
	}
	e, err := readEvent(raw)
	if err == nil {
		err = c.obey(e)
	}
	if err != nil {
		c.refuse(err, e.id)
	}
	return nil
}

// Refuse tells the client of an error that its carrier found.
func (c *Conn) Refuse(err error) { c.refuse(err, "") }

// NewError is the event that tells of an error before there is a conversation.
func NewError(f *stage.Fault) *ErrorEvent {
	return &ErrorEvent{Head: head("error"), Error: errorWire(f, "")}
}

// refuse tells the client of an error.
func (c *Conn) refuse(err error, eventID string) {
	f := stage.AsFault(err)
	if f.Class == nil {
		c.o.Log.Error("realtime: event failed", zap.Error(err))
	}
	c.tell(&ErrorEvent{Head: head("error"), Error: errorWire(f, eventID)})
}

func errorWire(f *stage.Fault, eventID string) Error {
	e := Error{Type: errorType(f), Code: &f.Code, Message: f.Message}
	if f.Param != "" {
		e.Param = &f.Param
	}
	if eventID != "" {
		e.EventID = &eventID
	}
	return e
}

func errorType(f *stage.Fault) string {
	if errors.Is(f, stage.ErrInvalid) {
		return "invalid_request_error"
	}
	return "server_error"
}

// clientEvent is an event whose own fields are still to be read.
type clientEvent struct {
	object
	typ, id string
}

func readEvent(raw []byte) (clientEvent, error) {
	if tooDeep(raw, maxDepth) {
		return clientEvent{}, stage.Invalid("invalid_json", "", "The event nests deeper than %d levels.", maxDepth)
	}
	e := clientEvent{object: object{r: &reader{}}}
	if err := json.Unmarshal(raw, &e.m); err != nil || e.m == nil {
		return e, stage.Invalid("invalid_json", "", "An event must be a JSON object.")
	}
	e.text("event_id", &e.id, maxID)
	e.required("type")
	e.text("type", &e.typ, 1<<10)
	return e, e.r.err()
}

// obey does what an event asks for.
func (c *Conn) obey(e clientEvent) error {
	switch e.typ {
	case "session.update":
		return c.updateSession(e)
	case "input_audio_buffer.append":
		return c.appendSound(e)
	case "input_audio_buffer.commit":
		return e.then(c.conv.Commit)
	case "input_audio_buffer.clear":
		return e.then(c.conv.Clear)
	case "conversation.item.create":
		return c.createItem(e)
	case "conversation.item.retrieve":
		return c.retrieveItem(e)
	case "conversation.item.delete":
		return c.deleteItem(e)
	case "conversation.item.truncate":
		return c.truncateItem(e)
	case "response.create":
		return c.createResponse(e)
	case "response.cancel":
		var id string
		e.text("response_id", &id, maxID)
		return e.then(func() error { return c.conv.Cancel(id) })
	case "output_audio_buffer.clear":
		return e.then(c.conv.StopPlayback)
	default:
		return stage.Invalid("unknown_event", "type", "There is no client event %q.", clip(e.typ))
	}
}

// then does it unless the event is at fault.
func (e clientEvent) then(do func() error) error {
	e.end()
	if err := e.r.err(); err != nil {
		return err
	}
	return do()
}

func (c *Conn) updateSession(e clientEvent) error {
	e.required("session")
	raw, _ := e.take("session")
	return e.then(func() error {
		c.mu.Lock()
		cfg := c.cfg
		c.mu.Unlock()
		cfg, err := cfg.update(raw)
		if err != nil {
			return err
		}
		if err := c.conv.Update(cfg.settings); err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.cfg = cfg
		c.send(&SessionEvent{Head: head("session.updated"), Session: cfg.wire(c.conv.ID())})
		return nil
	})
}

func (c *Conn) appendSound(e clientEvent) error {
	e.required("audio")
	raw, _ := e.take("audio")
	return e.then(func() error {
		if c.o.Track {
			return stage.Invalid("unsupported", "audio", "This conversation's sound goes by its WebRTC track; it cannot be appended.")
		}
		c.mu.Lock()
		enc := c.cfg.input
		c.mu.Unlock()
		return c.in.append(raw, enc, c.conv.Push)
	})
}

func (c *Conn) createItem(e clientEvent) error {
	e.required("item")
	raw, ok := e.take("item")
	var it stage.Item
	if ok {
		it = readItem(e.r, raw)
	}
	e.text("previous_item_id", &it.Previous, maxID)
	return e.then(func() error {
		_, err := c.conv.Add(it) // the conversation tells of the item itself
		return err
	})
}

func (e clientEvent) itemID() (id string) {
	e.required("item_id")
	e.text("item_id", &id, maxID)
	return id
}

func (c *Conn) retrieveItem(e clientEvent) error {
	id := e.itemID()
	return e.then(func() error {
		it, err := c.conv.Item(id)
		if err == nil {
			c.tell(&ItemRetrieved{Head: head("conversation.item.retrieved"), Item: itemWire(it, "completed")})
		}
		return err
	})
}

func (c *Conn) deleteItem(e clientEvent) error {
	id := e.itemID()
	return e.then(func() error {
		err := c.conv.Delete(id)
		if err == nil {
			c.tell(&ItemDeleted{Head: head("conversation.item.deleted"), ItemID: id})
		}
		return err
	})
}

func (c *Conn) truncateItem(e clientEvent) error {
	id := e.itemID()
	var index int
	var heard time.Duration
	e.required("content_index")
	e.value("content_index", &index, "a whole number")
	e.required("audio_end_ms")
	e.millis("audio_end_ms", &heard)
	if index != 0 {
		e.r.fail(stage.Invalid("invalid_value", "content_index", "Items have one part of content, so content_index must be 0."))
	}
	return e.then(func() error { return c.conv.Truncate(id, heard) })
}

func (c *Conn) createResponse(e clientEvent) error {
	var o pipeline.ReplyOptions
	if p, ok := e.within("response"); ok {
		var conversation, choice string
		p.text("instructions", &o.Instructions, pipeline.MaxInstructions)
		if _, ok := p.m["output_modalities"]; ok {
			c.mu.Lock()
			spoken := c.cfg.settings.Spoken
			c.mu.Unlock()
			o.Spoken = new(p.modalities("output_modalities", spoken))
		}
		o.MaxTokens = p.maxTokens("max_output_tokens", 0)
		p.choice("conversation", &conversation, "auto")
		p.choice("tool_choice", &choice, "auto", "none")
		p.unsupported("input", "a reply answers the conversation as it stands.")
		p.unsupported("tools", "this server calls no tools of its clients yet.")
		p.unsupported("metadata", "replies carry no metadata.")
		p.unsupported("audio", "set the voice with session.update.")
		p.unsupported("prompt", "this server keeps no prompt templates; send instructions.")
		p.unsupported("reasoning", "the server's own configuration decides how it reasons.")
		p.end()
	}
	return e.then(func() error { return c.conv.Respond(o) })
}
