package builtin

import (
	"strings"

	"parley/pipeline/stage"
)

// smallTalk is what the conversational minimum answers, and to which words.
var smallTalk = []struct {
	said []string
	text string
}{
	{
		[]string{
			"hello", "hello there", "hi", "hi there", "hey", "hey there", "good morning", "good afternoon", "good evening",
			"hello parley", "hi parley", "hey parley", "hello hello", "good day", "greetings", "howdy",
		},
		"Hello, what can I do for you",
	},
	{
		[]string{
			"thank you", "thanks", "thank you very much", "thank you so much", "thanks a lot", "many thanks", "cheers",
			"thank you parley", "thanks parley", "ok thank you", "okay thank you", "ok thanks", "okay thanks",
			"great thank you", "great thanks", "thats great thank you", "perfect thank you", "that is all thank you",
			"no thank you", "no thanks",
		},
		"You're welcome",
	},
	{
		[]string{
			"goodbye", "good bye", "bye", "bye bye", "good night", "see you", "see you later", "bye for now", "goodbye parley",
			"bye parley", "farewell", "thanks bye", "thank you goodbye", "thank you bye", "ok bye", "okay bye", "that is all",
		},
		"Goodbye",
	},
	{
		[]string{
			"how are you", "how are you doing", "how are you today", "how is it going", "how do you do", "are you well",
			"how are things",
		},
		"I'm well, thank you",
	},
	{
		[]string{
			"who are you", "what are you", "what is your name", "what are you called", "do you have a name", "who is this",
			"who am i talking to", "who am i speaking to", "are you a robot", "are you a computer", "are you human",
			"are you a person", "introduce yourself", "tell me about yourself", "about yourself", "are you an ai", "your name",
		},
		"I'm Parley, a voice assistant that runs on this computer",
	},
	{
		[]string{
			"what can you do", "what can you do for me", "how can you help", "how can you help me", "help", "help me",
			"what can i ask", "what can i ask you", "what do you do", "what do you know", "what are you able to do",
			"what else can you do", "what can i say", "what are your skills",
		},
		"I can work out sums, tell you dates and days of the week, and say what time it is here or in another city",
	},
	{
		[]string{
			"can you hear me", "do you hear me", "are you there", "are you listening", "testing", "testing testing",
			"is anybody there", "anyone there", "is this working", "testing one two three", "test",
		},
		"Yes, I can hear you",
	},
	{
		[]string{
			"never mind", "nevermind", "forget it", "forget about it", "stop", "cancel", "ok", "okay", "alright", "all right",
			"great", "good", "i see", "right", "nothing", "fine", "cool", "perfect", "yes", "no", "sure", "thats great", "that is great",
		},
		"All right",
	},
}

// talk maps what is said to the answer.
var talk = func() map[string]string {
	m := make(map[string]string)
	for _, t := range smallTalk {
		for _, s := range t.said {
			m[s] = t.text
		}
	}
	return m
}()

// conversation answers greetings, thanks and questions about itself.
func conversation(q question) (reply, bool) {
	for _, toks := range [][]token{q.raw, q.core} {
		said := strings.TrimSuffix(strings.ReplaceAll(join(toks), "parlay", "parley"), " please")
		if text, ok := talk[said]; ok {
			return reply{kind: stage.Answer, text: text, source: "conversation"}, true
		}
	}
	return reply{}, false
}
