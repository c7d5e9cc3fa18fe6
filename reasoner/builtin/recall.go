package builtin

import (
	"slices"
	"strings"

	"parley/pipeline/stage"
)

// What people say to hear the last reply again, and to hear what they asked.
var (
	againWords = []string{
		"repeat that", "repeat", "repeat it", "repeat please", "say that again", "say it again", "again", "once more", "once again",
		"one more time", "come again", "pardon", "pardon me", "i beg your pardon", "sorry", "what did you say", "what was that",
		"what did you just say", "repeat what you said", "repeat your answer", "repeat the answer", "what was the answer",
		"what was your answer", "i did not hear that", "i didnt hear that", "i didnt catch that", "i did not catch that",
		"i missed that", "say again", "what", "i did not understand", "i didnt understand", "repeat that again", "sorry what",
		"sorry what did you say", "sorry what was that", "repeat that for me",
	}
	askedWords = []string{
		"what did i ask", "what did i just ask", "what did i ask you", "what did i just ask you", "what was my question",
		"what was my last question", "what did i say", "what did i just say", "what have i asked", "what have i just asked",
		"what was it i asked", "repeat my question", "what was the question", "what was the last question",
		"what did i ask before", "what did i ask you before", "what did i ask last", "what i asked", "what i just asked",
		"remember what i asked", "what did i last ask",
	}
	firstWords = []string{
		"what did i ask first", "what did i ask you first", "what was my first question", "what was the first question",
		"what did i ask in the beginning", "what did i first ask", "what did i ask at the beginning",
	}
)

// recall answers from the history: what was said, what was asked.
func recall(q question) (reply, bool) {
	said := strings.TrimSuffix(join(q.raw), " please")
	core := join(q.core)
	is := func(phrases []string) bool { return slices.Contains(phrases, said) || slices.Contains(phrases, core) }
	switch {
	case is(askedWords):
		return asked(lastBy(q.turn.History, stage.User)), true
	case is(firstWords):
		return asked(firstBy(q.turn.History, stage.User)), true
	case is(againWords):
		m := lastBy(q.turn.History, stage.Assistant)
		// What was cut off is what the person most wants to hear.
		text := strings.TrimSpace(m.Text + " " + m.Unheard)
		if text == "" {
			return fromHistory("I haven't said anything yet"), true
		}
		return fromHistory(text), true
	}
	return reply{}, false
}

// asked says what was asked in m.
func asked(m stage.Message) reply {
	if m.Text == "" {
		return fromHistory("You haven't asked me anything yet")
	}
	return fromHistory("You said: " + m.Text)
}

func fromHistory(text string) reply {
	return reply{kind: stage.Answer, text: text, source: "conversation"}
}

func lastBy(history []stage.Message, r stage.Role) stage.Message {
	for _, m := range slices.Backward(history) {
		if m.Role == r && m.Text+m.Unheard != "" {
			return m
		}
	}
	return stage.Message{}
}

func firstBy(history []stage.Message, r stage.Role) stage.Message {
	for _, m := range history {
		if m.Role == r && m.Text+m.Unheard != "" {
			return m
		}
	}
	return stage.Message{}
}
