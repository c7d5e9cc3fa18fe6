package realtime

import (
	"maps"
	"math"
	"strings"
	"time"

	"parley/pipeline/stage"
)

// reply is what is known of the reply under way.
type reply struct {
	id, item, previous string
	spoken             bool
}

func (r reply) content() ContentHead { return ContentHead{ResponseID: r.id, ItemID: r.item} }

// hearing is what the client was told of an item's words.
type hearing struct {
	start, end time.Duration
	words      int // how many were sent as deltas
	sent       strings.Builder
	done       bool
}

// maxHearings bounds the items whose words are remembered.
const maxHearings = 64

// Event passes one event of the conversation on to the client. It is what
// stage.Output asks for: it does not block.
func (c *Conn) Event(e stage.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open {
		c.early = append(c.early, e)
		return
	}
	c.event(e)
}

// event translates. c.mu is held.
func (c *Conn) event(e stage.Event) {
	switch e := e.(type) {
	case stage.SpeechStarted:
		c.hear(e.ItemID).start = e.At
		c.send(&SpeechStarted{head("input_audio_buffer.speech_started"), e.At.Milliseconds(), e.ItemID})
	case stage.SpeechStopped:
		c.hear(e.ItemID).end = e.At
		c.send(&SpeechStopped{head("input_audio_buffer.speech_stopped"), e.At.Milliseconds(), e.ItemID})
	case stage.InputCommitted:
		c.send(&Committed{head("input_audio_buffer.committed"), optional(e.Previous), e.ItemID})
	case stage.InputCleared:
		c.send(&Plain{head("input_audio_buffer.cleared")})
	case stage.ItemAdded:
		c.send(&ItemEvent{head("conversation.item.added"), optional(e.Item.Previous), itemWire(e.Item, addedStatus(e.Item))})
	case stage.ItemDone:
		c.send(&ItemEvent{head("conversation.item.done"), optional(e.Item.Previous), itemWire(e.Item, "completed")})
	case stage.Heard:
		c.heard(e)
	case stage.HearingFailed:
		delete(c.hearing, e.ItemID)
		c.send(&TranscriptionFailed{
			Head: head("conversation.item.input_audio_transcription.failed"), ItemID: e.ItemID,
			Error: FailedError{errorType(e.Fault), e.Fault.Code, e.Fault.Message},
		})
	case stage.ReplyStarted:
		c.replyStarted(e)
	case stage.ReplyText:
		c.replyText(e)
	case stage.ReplyGenerated:
		c.replyGenerated(e)
	case stage.PlaybackStarted:
		c.playback("started", e.ReplyID)
	case stage.PlaybackStopped:
		c.playback("stopped", e.ReplyID)
	case stage.PlaybackCleared:
		c.playback("cleared", e.ReplyID)
	case stage.ItemTruncated:
		c.send(&ItemTruncated{Head: head("conversation.item.truncated"), ItemID: e.ItemID, AudioEndMs: e.Heard.Milliseconds(), Text: e.Text})
	case stage.Failure:
		c.send(&ErrorEvent{head("error"), errorWire(e.Fault, "")})
	case stage.Traced:
		if c.cfg.events {
			c.send(&TurnTrace{head("parley.turn.trace"), e.Turn})
		}
	}
}

func optional(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

// addedStatus: an item of the person's is whole as soon as it is there, but for
// its words.
func addedStatus(it stage.Item) string {
	if it.Spoken && it.Text == "" {
		return "in_progress"
	}
	return "completed"
}

func (c *Conn) hear(item string) *hearing {
	h := c.hearing[item]
	if h == nil {
		if len(c.hearing) >= maxHearings {
			maps.DeleteFunc(c.hearing, func(_ string, h *hearing) bool { return h.done })
		}
		if len(c.hearing) >= maxHearings { // items that were dropped
			clear(c.hearing)
		}
		h = &hearing{}
		c.hearing[item] = h
	}
	return h
}

// heard tells of words. Deltas append, so they hold committed words alone; the
// completed transcript is authoritative and may differ from their sum.
func (c *Conn) heard(e stage.Heard) {
	h, t := c.hear(e.ItemID), e.Transcript
	if h.done {
		return
	}
	if t.Final {
		// What is remembered now only keeps a second final transcript away.
		h.done = true
	}
	if c.cfg.events && !t.Final {
		words := make([]WireWord, len(t.Words))
		for i, w := range t.Words {
			words[i] = WireWord{w.Text, w.Start.Milliseconds(), w.End.Milliseconds(), &w.Committed, new(finite(w.Confidence))}
		}
		c.send(&PartialTranscript{head("parley.transcript.partial"), e.ItemID, t.Text, words})
	}
	if c.cfg.transcription == nil {
		return
	}
	if delta := h.delta(t); delta != "" {
		c.send(&TranscriptionDelta{
			Head: head("conversation.item.input_audio_transcription.delta"), ItemID: e.ItemID, Delta: delta,
		})
	}
	if t.Final {
		seconds := max(0, h.end-h.start).Seconds()
		if n := len(t.Words); h.end == 0 && n > 0 {
			seconds = max(0, t.Words[n-1].End-t.Words[0].Start).Seconds()
		}
		c.send(&TranscriptionCompleted{
			Head: head("conversation.item.input_audio_transcription.completed"), ItemID: e.ItemID,
			Transcript: t.Text, Usage: TranscriptionUsage{"duration", seconds},
		})
	}
}

// finite keeps what JSON cannot write out of it.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// delta gives the words that are newly committed, with the spaces that join
// them to what was sent; at the end, all that was not sent.
func (h *hearing) delta(t stage.Transcript) string {
	if t.Final {
		rest, ok := strings.CutPrefix(t.Text, h.sent.String())
		if !ok {
			return "" // overruled: only the completed transcript is right
		}
		return rest
	}
	from := h.sent.Len()
	for h.words < len(t.Words) && t.Words[h.words].Committed {
		if h.sent.Len() > 0 {
			h.sent.WriteByte(' ')
		}
		h.sent.WriteString(t.Words[h.words].Text)
		h.words++
	}
	return h.sent.String()[from:]
}

func (c *Conn) replyStarted(e stage.ReplyStarted) {
	c.reply = reply{e.ReplyID, e.ItemID, e.Previous, e.Spoken}
	c.send(&ResponseEvent{head("response.created"), c.response(c.reply, "in_progress")})
	item := Item{ID: e.ItemID, Object: "realtime.item", Type: "message", Status: "in_progress", Role: stage.Assistant, Content: []ItemContent{}}
	c.send(&OutputItemEvent{Head: head("response.output_item.added"), ResponseID: e.ReplyID, Item: item})
	c.send(&ItemEvent{head("conversation.item.added"), optional(e.Previous), item})
	c.send(&PartEvent{head("response.content_part.added"), c.reply.content(), part(e.Spoken, "")})
}

func part(spoken bool, text string) Part {
	if spoken {
		return Part{Type: "audio", Transcript: &text}
	}
	return Part{Type: "text", Text: &text}
}

func (c *Conn) response(r reply, status string) Response {
	return Response{
		Object: "realtime.response", ID: r.id, Status: status, Output: []Item{},
		ConversationID:   "conv_" + strings.TrimPrefix(c.id, "sess_"),
		OutputModalities: c.cfg.modalities(r.spoken), MaxOutputTokens: maxTokensWire(c.cfg.settings.MaxTokens),
		Audio: ResponseAudio{c.cfg.outputWire()},
	}
}

func (c *Conn) replyText(e stage.ReplyText) {
	at := ContentHead{ResponseID: e.ReplyID, ItemID: e.ItemID}
	if e.Delta != "" {
		typ := "response.output_text.delta"
		if c.reply.spoken {
			typ = "response.output_audio_transcript.delta"
		}
		c.send(&TextDelta{head(typ), at, e.Delta})
	}
	if c.cfg.events && len(e.Words) > 0 {
		words := make([]WireWord, len(e.Words))
		for i, w := range e.Words {
			words[i] = WireWord{Text: w.Text, StartMs: w.Start.Milliseconds(), EndMs: w.End.Milliseconds()}
		}
		c.send(&OutputWords{head("parley.output.words"), e.ReplyID, e.ItemID, words})
	}
}

func (c *Conn) replyGenerated(e stage.ReplyGenerated) {
	r := reply{e.ReplyID, e.ItemID, "", e.Spoken}
	if c.reply.id == e.ReplyID {
		r.previous = c.reply.previous
	}
	if e.Spoken {
		c.play.Finish() // the last sound goes before response.output_audio.done
		c.send(&AudioDone{head("response.output_audio.done"), r.content()})
		c.send(&TranscriptDone{head("response.output_audio_transcript.done"), r.content(), e.Text})
	} else {
		c.send(&TextDone{head("response.output_text.done"), r.content(), e.Text})
	}
	c.send(&PartEvent{head("response.content_part.done"), r.content(), part(e.Spoken, e.Text)})

	status := "completed"
	if e.Status != stage.Completed {
		status = "incomplete"
	}
	item := itemWire(stage.Item{ID: e.ItemID, Role: stage.Assistant, Text: e.Text, Spoken: e.Spoken}, status)
	c.send(&OutputItemEvent{Head: head("response.output_item.done"), ResponseID: e.ReplyID, Item: item})
	c.send(&ItemEvent{head("conversation.item.done"), optional(r.previous), item})

	done := c.response(r, string(e.Status))
	done.Output = []Item{item}
	done.Usage = &Usage{TotalTokens: e.InputTokens + e.OutputTokens, InputTokens: e.InputTokens, OutputTokens: e.OutputTokens}
	if e.Status != stage.Completed {
		done.StatusDetails = &StatusDetails{Type: string(e.Status), Reason: string(e.Reason)}
		if e.Fault != nil {
			done.StatusDetails.Error = &FailedError{Type: errorType(e.Fault), Code: e.Fault.Code, Message: e.Fault.Message}
		}
	}
	c.send(&ResponseEvent{head("response.done"), done})
}

// playback tells of the reply's way through the output buffer. A client that
// gets its sound in events plays it itself, and knows better.
func (c *Conn) playback(what, reply string) {
	if c.o.Track {
		c.send(&PlaybackEvent{head("output_audio_buffer." + what), reply})
	}
}

// Sounding is what sound that is written into events belongs to.
type Sounding struct {
	content ContentHead
	// Encoding is how the client wants it.
	Encoding Encoding
}

// Sounding gives the reply that started last.
func (c *Conn) Sounding() Sounding {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Sounding{c.reply.content(), c.cfg.output}
}

// Delta makes the event that carries samples at the encoding's rate.
func (s Sounding) Delta(samples []float32) any {
	return &AudioDelta{head("response.output_audio.delta"), s.content, s.Encoding.Encode(samples)}
}
