package realtime

import (
	"encoding/json"
	"strings"

	"parley/pipeline"
	"parley/pipeline/stage"
)

// itemWire renders an item for clients.
func itemWire(it stage.Item, status string) Item {
	w := Item{ID: it.ID, Object: "realtime.item", Type: "message", Status: status, Role: it.Role}
	side := "input"
	if it.Role == stage.Assistant {
		side = "output"
	}
	switch {
	case !it.Spoken:
		w.Content = []ItemContent{{Type: side + "_text", Text: it.Text}}
	case it.Text == "" && status == "in_progress":
		w.Content = []ItemContent{{Type: side + "_audio"}} // words will follow
	default:
		w.Content = []ItemContent{{Type: side + "_audio", Transcript: &it.Text}}
	}
	return w
}

// readItem reads a conversation.item.create's item.
func readItem(r *reader, raw json.RawMessage) stage.Item {
	o := r.object("item", raw)
	var kind, role, status, object string
	o.required("type")
	if o.text("type", &kind, maxName) && kind != "message" {
		r.fail(stage.Invalid("unsupported", "item.type", "Only items of type \"message\" can be created; function calls are not supported yet."))
	}
	o.required("role")
	o.choice("role", &role, string(stage.User), string(stage.Assistant), string(stage.System))
	o.choice("status", &status, "completed", "incomplete", "in_progress")
	o.choice("object", &object, "realtime.item")
	it := stage.Item{Role: stage.Role(role)}
	o.text("id", &it.ID, maxID)
	o.required("content")
	var parts []json.RawMessage
	if o.value("content", &parts, "a list of objects") {
		readContent(r, parts, &it)
	}
	o.end()
	return it
}

func readContent(r *reader, parts []json.RawMessage, it *stage.Item) {
	if len(parts) == 0 || len(parts) > 32 {
		r.fail(stage.Invalid("invalid_value", "item.content", "An item must have 1 to 32 parts of content; it has %d.", len(parts)))
		return
	}
	typed, spoken := "input_text", "input_audio"
	if it.Role == stage.Assistant {
		typed, spoken = "output_text", "output_audio"
	}
	texts := make([]string, 0, len(parts))
	for _, raw := range parts {
		o := r.object("item.content", raw)
		var kind, text string
		o.required("type")
		o.text("type", &kind, maxName)
		switch kind {
		case typed, "text":
			o.required("text")
			o.text("text", &text, pipeline.MaxItemText)
		case spoken:
			// A history that is put back has the words of what was spoken.
			o.unsupported("audio", "send sound by input_audio_buffer.append.")
			o.required("transcript")
			o.text("transcript", &text, pipeline.MaxItemText)
			it.Spoken = true
		default:
			r.fail(stage.Invalid("invalid_value", "item.content.type", "An item of role %q may have content of type %q; it has %q.", it.Role, typed, clip(kind)))
		}
		o.end()
		texts = append(texts, text)
	}
	if it.Text = strings.Join(texts, "\n"); len(it.Text) > pipeline.MaxItemText {
		r.fail(stage.Invalid("string_above_max_length", "item.content", "A message may have at most %d bytes; this has %d.", pipeline.MaxItemText, len(it.Text)))
	}
}

// clip keeps what a client sent from filling an error's message.
func clip(s string) string {
	if len(s) > maxName {
		return s[:maxName] + "…"
	}
	return s
}
