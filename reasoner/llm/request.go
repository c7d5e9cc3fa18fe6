package llm

import (
	"net/url"
	"strings"

	"github.com/openai/openai-go/v3"

	"parley/pipeline/stage"
)

// preamble asks for what can be spoken.
const preamble = `You are Parley, a voice assistant. Your words are read aloud as you write them, so write the way people talk: plain, short sentences, no lists, headings, tables, code, links, emoji or other marks. Give the answer first, in one sentence, then at most two or three more if they help. What the person said comes from a speech recogniser and may be slightly wrong; take the most sensible reading, and ask if there is none. If you do not know something, say so.`

// maxHistory is how much of the conversation, in bytes, goes with a question:
// the newest messages that fit.
const maxHistory = 32 << 10

// message is one entry of a request.
type message struct {
	role stage.Role
	text string
}

// request builds the body that asks for the turn's answer.
func (r *Reasoner) request(t stage.Turn) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{Model: r.opts.Model}
	for _, m := range messages(t) {
		switch m.role {
		case stage.System:
			p.Messages = append(p.Messages, openai.SystemMessage(m.text))
		case stage.Assistant:
			p.Messages = append(p.Messages, openai.AssistantMessage(m.text))
		default:
			p.Messages = append(p.Messages, openai.UserMessage(m.text))
		}
	}
	limit := int64(r.opts.MaxTokens)
	if t.MaxTokens > 0 {
		limit = min(limit, int64(t.MaxTokens))
	}
	// OpenAI's newer models refuse the old name of the limit; local servers
	// know no other.
	if u, err := url.Parse(r.opts.BaseURL); err == nil && u.Hostname() == "api.openai.com" {
		p.MaxCompletionTokens = openai.Int(limit)
	} else {
		p.MaxTokens = openai.Int(limit)
	}
	if r.opts.Temperature != nil {
		p.Temperature = openai.Float(*r.opts.Temperature)
	}
	return p
}

// messages are the system's message and the conversation, user and assistant
// in strict alternation: the chat templates of many local models insist on it.
func messages(t stage.Turn) []message {
	system := []string{preamble}
	if !t.Now.IsZero() {
		// The day alone: a clock time would spoil the server's prompt cache
		// at every turn.
		system = append(system, "Today is "+t.Now.Format("Monday, 2 January 2006")+".")
	}
	if t.Instructions != "" {
		system = append(system, t.Instructions)
	}
	var talk []message
	say := func(role stage.Role, text string) {
		if text == "" {
			return
		}
		if n := len(talk); n > 0 && talk[n-1].role == role {
			talk[n-1].text += "\n" + text
			return
		}
		talk = append(talk, message{role, text})
	}
	for _, m := range recent(t.History) {
		if m.Role == stage.System {
			system = append(system, m.Text)
			continue
		}
		say(m.Role, m.Text)
		if m.Cut {
			say(stage.User, interruption(m))
		}
	}
	say(stage.User, t.Question)
	return append([]message{{stage.System, strings.Join(system, "\n\n")}}, talk...)
}

// interruption tells the model what the person did not hear of its message.
// It stands in the person's next message: within its own, the model would
// learn to write such notes itself.
func interruption(m stage.Message) string {
	if m.Unheard == "" {
		return "[I interrupted you there.]"
	}
	return "[I interrupted you there and did not hear this: \"" + m.Unheard + "\"]"
}

// recent are the newest messages that fit into maxHistory. What was cut away
// must not leave an answer without its question.
func recent(history []stage.Message) []stage.Message {
	size, from := 0, len(history)
	for from > 0 {
		m := history[from-1]
		if size += len(m.Text) + len(m.Unheard); size > maxHistory {
			break
		}
		from--
	}
	if from > 0 {
		for from < len(history) && history[from].Role == stage.Assistant {
			from++
		}
	}
	return history[from:]
}
