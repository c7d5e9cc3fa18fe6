package builtin

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"parley/pipeline/stage"
)

// now is a Monday: 23 November 2026, 15:07 in London.
var now = time.Date(2026, time.November, 23, 15, 7, 0, 0, london)

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return l
}()

// respond asks a question and returns the findings.
func respond(t testing.TB, turn stage.Turn) []stage.Finding {
	t.Helper()
	var out []stage.Finding
	if err := New().Respond(t.Context(), turn, func(f stage.Finding) error {
		out = append(out, f)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// check asks a question and compares kind, text and value of the answer; empty
// wants are not looked at. Support, if wanted, is the second finding's text.
func check(t testing.TB, question string, kind stage.Kind, text, value, support string) {
	t.Helper()
	got := respond(t, stage.Turn{Question: question, Now: now})
	first := got[0]
	if first.Kind != kind {
		t.Errorf("%q: kind %d (%q), want %d", question, first.Kind, first.Claims[0].Text, kind)
		return
	}
	c := first.Claims[0]
	if text != "" && c.Text != text {
		t.Errorf("%q: text %q, want %q", question, c.Text, text)
	}
	if value != "" && c.Value != value {
		t.Errorf("%q: value %q (%q), want %q", question, c.Value, c.Text, value)
	}
	if support != "" && (len(got) < 2 || got[1].Kind != stage.Support || got[1].Claims[0].Text != support) {
		t.Errorf("%q: findings %+v, want support %q", question, got[1:], support)
	}
	sound(t, question, got)
}

// sound checks what holds for every answer: the value is in the text, there is
// a source, the IDs differ.
func sound(t testing.TB, question string, got []stage.Finding) {
	t.Helper()
	if len(got) == 0 || len(got) > 2 {
		t.Fatalf("%q: %d findings", question, len(got))
	}
	if len(got) == 2 && got[0].ID == got[1].ID {
		t.Errorf("%q: both findings are %q", question, got[0].ID)
	}
	for _, f := range got {
		c := f.Claims[0]
		if len(f.Claims) != 1 || c.Text == "" || c.Source == "" || !c.Final || c.Confidence != 1 {
			t.Errorf("%q: claim %+v", question, c)
		}
		plain := strings.NewReplacer(",", "", "minus ", "-").Replace(c.Text)
		if v := strings.NewReplacer(",", "", "minus ", "-").Replace(c.Value); !strings.Contains(plain, v) {
			t.Errorf("%q: the text %q does not hold the value %q", question, c.Text, c.Value)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, q := range []string{
		"What is the capital of France?", "asdf", "What is the meaning of life?", "five", "What is ten?",
		"what is 2 plus 2 in Roman numerals", "What is 5 miles in kilometers?", "I have 5 apples and eat 2",
		"What's 15% of $80?", "how many days till my birthday", "What day is the 31st of June?",
		"what day is the 29th of February 2027", "What time is it in Paris, Texas?", "What time does the bank open?",
		"one two three", "is 5 bigger than 3", "to be or not to be", "for to to for", "4, 8 plus 2", "12:30 plus 5",
		"what date is 4/7/2027", "What's five of six?", "what is 5 € plus 3 €", "multiply", "the sum of five",
		"who won the match", "What time is it on Mars?", "how many days are there", "tell me a joke",
	} {
		got := respond(t, stage.Turn{Question: q, Now: now})
		if got[0].Kind != stage.Apology || len(got) != 1 {
			t.Errorf("%q: %q, want an apology", q, got[0].Claims[0].Text)
		}
		sound(t, q, got)
	}
	check(t, "", stage.Apology, "Sorry, I didn't catch that", "", "")
	check(t, " ... ", stage.Apology, "Sorry, I didn't catch that", "", "")
	check(t, "What is twelve times?", stage.Apology, "I heard only part of a sum; please say it again", "", "")
}

func TestConversation(t *testing.T) {
	for q, want := range map[string]string{
		"Hello!":                  "Hello, what can I do for you",
		"Hey, Parlay.":            "Hello, what can I do for you",
		"Good morning.":           "Hello, what can I do for you",
		"Um, thank you.":          "You're welcome",
		"Okay, thanks.":           "You're welcome",
		"Goodbye.":                "Goodbye",
		"Who are you?":            "I'm Parley, a voice assistant that runs on this computer",
		"What's your name?":       "I'm Parley, a voice assistant that runs on this computer",
		"Hi, what is your name?":  "I'm Parley, a voice assistant that runs on this computer",
		"Can you hear me?":        "Yes, I can hear you",
		"How are you?":            "I'm well, thank you",
		"Okay, what can you do?":  "I can work out sums, tell you dates and days of the week, and say what time it is here or in another city",
		"Hello, what's 2 plus 2?": "Two plus two is 4",
	} {
		check(t, q, stage.Answer, want, "", "")
	}
}

func TestRecall(t *testing.T) {
	history := []stage.Message{
		{Role: stage.User, Text: "What is 12 times 7?"},
		{Role: stage.Assistant, Text: "Twelve times seven is 84."},
		{Role: stage.User, Text: "What can you do?"},
		{Role: stage.Assistant, Text: "I can work out sums,", Cut: true, Unheard: "and tell you dates."},
	}
	for _, tc := range []struct{ question, want string }{
		{"Repeat that, please.", "I can work out sums, and tell you dates."},
		{"Sorry, what did you say?", "I can work out sums, and tell you dates."},
		{"Pardon?", "I can work out sums, and tell you dates."},
		{"Can you repeat that?", "I can work out sums, and tell you dates."},
		{"What did I ask?", "You said: What can you do?"},
		{"Um, what was my question?", "You said: What can you do?"},
		{"What did I ask first?", "You said: What is 12 times 7?"},
	} {
		got := respond(t, stage.Turn{Question: tc.question, History: history, Now: now})
		if text := got[0].Claims[0].Text; text != tc.want {
			t.Errorf("%q: %q, want %q", tc.question, text, tc.want)
		}
	}
	check(t, "Repeat that.", stage.Answer, "I haven't said anything yet", "", "")
	check(t, "What did I ask?", stage.Answer, "You haven't asked me anything yet", "", "")
}

func TestFollowUps(t *testing.T) {
	history := []stage.Message{
		{Role: stage.User, Text: "Hello."},
		{Role: stage.Assistant, Text: "Hello."},
		{Role: stage.User, Text: "What is 12 times 7?"},
		{Role: stage.Assistant, Text: "Twelve times seven", Cut: true, Unheard: "is 84."},
	}
	further := append(history[:len(history):len(history)],
		stage.Message{Role: stage.User, Text: "And divide that by two."}, stage.Message{Role: stage.Assistant, Text: "That is 42."})
	for _, tc := range []struct {
		history         []stage.Message
		question, value string
	}{
		{history, "And divide that by two.", "42"},
		{history, "Now add 16.", "100"},
		{history, "And times two?", "168"},
		{history, "minus 4", "80"},
		{history, "What's minus 4 plus 5?", "1"}, // a question of its own
		{history, "What is half of that?", "42"},
		{history, "Double it.", "168"},
		{history, "Take four away.", "80"},
		{history, "take 4 from that", "80"},
		{history, "What is the square root of that plus 16?", "25.1652"},
		{further, "Double that and add one.", "85"},
		{further, "plus 8", "50"},
		{further, "What is 5 plus 5?", "10"},
	} {
		got := respond(t, stage.Turn{Question: tc.question, History: tc.history, Now: now})
		if v := got[0].Claims[0].Value; v != tc.value {
			t.Errorf("%q: %q (%q), want %q", tc.question, v, got[0].Claims[0].Text, tc.value)
		}
	}
	// Without a sum before it there is no "that".
	got := respond(t, stage.Turn{Question: "Double that.", History: history[:2], Now: now})
	if got[0].Kind != stage.Apology {
		t.Errorf("doubled nothing: %q", got[0].Claims[0].Text)
	}
}

func TestRespondEnds(t *testing.T) {
	gone := errors.New("gone")
	err := New().Respond(t.Context(), stage.Turn{Question: "1 plus 1"}, func(stage.Finding) error { return gone })
	if !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = New().Respond(ctx, stage.Turn{Question: "1 plus 1"}, func(stage.Finding) error {
		t.Error("emitted with its context done")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// FuzzRespond asks anything, twice: it must not panic, must say the same both
// times, and whatever it says must be sound.
func FuzzRespond(f *testing.F) {
	for _, q := range []string{
		"What is 12 times 7?", "two plus for", "((((((((((", "9^9^9^9^9", "2 to the power of minus 0.5", "half of half of half of",
		"what time is it in Tokyo", "three weeks from Friday", "the day after the day after tomorrow", "½ of ¾", "5! !", "1/0",
		"a hundred and and", "what day is the 29th of February", "to to to to", "\xff\xfe", "999999 centuries from now",
		"the average of 1, 2, 3, 4 and", "how many days between Christmas and Easter", "round 2/3 to two decimal places",
		"minus minus minus minus 3", "1.2.3.4", "1,2,3,456,7", "five point", "0.0000000000000000000001 times 3",
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		turn := stage.Turn{Question: q, Now: now, History: []stage.Message{{Role: stage.User, Text: q}, {Role: stage.Assistant, Text: "x"}}}
		a, b := respond(t, turn), respond(t, turn)
		sound(t, q, a)
		if a[0].Claims[0] != b[0].Claims[0] {
			t.Errorf("%q: %+v, then %+v", q, a[0], b[0])
		}
	})
}

// TestLongQuestionsTakeBoundedTime asks the worst that fits into a question; a
// parser that backtracks would not come back.
func TestLongQuestionsTakeBoundedTime(t *testing.T) {
	for _, unit := range []string{
		"(", "half of ", "minus ", "two plus ", "the sum of ", "9^", "1/7+", "a hundred and ", "the day after ", "square root of ",
		"1 1/2 ", "3 to the ", "what is ", "add ", "and then double it ", "999999999 times ", "1/999999937+", "two thirds of ",
	} {
		for _, end := range []string{"", "5", "five)"} {
			q := strings.Repeat(unit, maxBytes/len(unit)) + end
			sound(t, q, respond(t, stage.Turn{Question: q, Now: now}))
		}
	}
}

func BenchmarkRespond(b *testing.B) {
	turn := stage.Turn{Question: "Um, can you tell me what 12 times 7 plus two and a half is, please?", Now: now}
	for b.Loop() {
		respond(b, turn)
	}
}

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}
