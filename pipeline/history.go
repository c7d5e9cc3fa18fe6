package pipeline

import (
	"slices"
	"strings"
	"time"

	"parley/pipeline/stage"
)

// entry is an item of the conversation together with what is known of its
// sound.
type entry struct {
	stage.Item
	// full is all the text that was generated for an assistant's item; Text is
	// what was heard of it.
	full string
	// words says where each word of full sounds, from the reply's beginning.
	words []stage.SpokenWord
	cut   bool
}

// hear cuts the entry's text down to the words that sounded before heard.
func (e *entry) hear(heard time.Duration) {
	e.Text = heardText(e.full, e.words, heard)
	e.cut = len(e.Text) < len(strings.TrimRight(e.full, " "))
}

// heardText gives the beginning of text whose words had sounded to their end
// when heard of its sound was played. A word that was cut off was not heard.
func heardText(text string, words []stage.SpokenWord, heard time.Duration) string {
	end := 0
	for i, w := range words {
		at := strings.Index(text[end:], w.Text)
		if w.End > heard {
			break
		}
		if at >= 0 {
			end += at + len(w.Text)
		}
		if i == len(words)-1 {
			return strings.TrimRight(text, " ")
		}
	}
	// Punctuation that leans on the last word was spoken with it.
	for end < len(text) && end > 0 && strings.IndexByte(".,;:!?", text[end]) >= 0 {
		end++
	}
	return text[:end]
}

// history is the conversation, oldest item first. It belongs to the session's
// goroutine.
type history struct {
	entries []*entry
}

func (h *history) find(id string) (int, *entry) {
	i := slices.IndexFunc(h.entries, func(e *entry) bool { return e.ID == id })
	if i < 0 {
		return -1, nil
	}
	return i, h.entries[i]
}

func (h *history) last() string {
	if len(h.entries) == 0 {
		return ""
	}
	return h.entries[len(h.entries)-1].ID
}

// insert puts e after the item previous ("" is the end, "root" the beginning)
// and fills in e.Previous. The oldest item makes room when there are too many.
func (h *history) insert(e *entry, previous string) error {
	at := len(h.entries)
	switch previous {
	case "":
	case "root":
		at = 0
	default:
		i, _ := h.find(previous)
		if i < 0 {
			return stage.Invalid("item_not_found", "previous_item_id", "There is no item %q to put this after; leave previous_item_id out to add it at the end.", previous)
		}
		at = i + 1
	}
	e.Previous = ""
	if at > 0 {
		e.Previous = h.entries[at-1].ID
	}
	h.entries = slices.Insert(h.entries, at, e)
	if len(h.entries) > MaxItems {
		h.entries = slices.Delete(h.entries, 0, len(h.entries)-MaxItems)
	}
	return nil
}

func (h *history) remove(id string) bool {
	i, _ := h.find(id)
	if i < 0 {
		return false
	}
	h.entries = slices.Delete(h.entries, i, i+1)
	return true
}

// question parts the conversation into what the person said since the
// assistant last spoke and everything before it.
func (h *history) question() (q string, before []stage.Message) {
	from := len(h.entries)
	var parts []string
	for from > 0 && h.entries[from-1].Role == stage.User {
		from--
		if t := h.entries[from].Text; t != "" {
			parts = append(parts, t)
		}
	}
	slices.Reverse(parts)
	for _, e := range h.entries[:from] {
		m := stage.Message{ID: e.ID, Role: e.Role, Text: e.Text, Cut: e.cut}
		if e.cut {
			m.Unheard = strings.TrimSpace(strings.TrimPrefix(e.full, e.Text))
		}
		if m.Text != "" || m.Unheard != "" {
			before = append(before, m)
		}
	}
	return strings.Join(parts, " "), before
}
