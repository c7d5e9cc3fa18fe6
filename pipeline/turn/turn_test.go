package turn

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// allEvents lists every event in every variant.
var allEvents = []Event{
	SpeechStarted{},
	SpeechStarted{Interrupt: true},
	SpeechEnded{},
	SpeechDropped{},
	WordsFinal{},
	WordsFinal{Any: true},
	WordsFinal{Any: true, Reply: true},
	ReplyAsked{},
	ReplyGenerated{},
	ReplyPlayed{},
	CancelAsked{},
	SilenceAsked{},
}

func describe(s State, do []Effect) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s", [...]string{"silent", "speaking"}[s.Person], [...]string{"idle", "generating", "playing"}[s.Assistant])
	if s.Pending > 0 {
		fmt.Fprintf(&b, " pending=%d", s.Pending)
	}
	if s.Owed {
		b.WriteString(" owed")
	}
	if s.Asked {
		b.WriteString(" asked")
	}
	for _, e := range do {
		b.WriteString(" " + strings.TrimPrefix(fmt.Sprintf("%T%v", e, e), "turn."))
	}
	return b.String()
}

func TestPlainTurn(t *testing.T) {
	steps := []struct {
		e    Event
		want string
	}{
		{SpeechStarted{Interrupt: true}, "speaking/idle OpenTurn{}"},
		{SpeechEnded{}, "silent/idle pending=1 CommitTurn{}"},
		{WordsFinal{Any: true, Reply: true}, "silent/generating StartReply{}"},
		{ReplyGenerated{}, "silent/playing"},
		{ReplyPlayed{}, "silent/idle"},
	}
	var s State
	for _, step := range steps {
		var do []Effect
		s, do = Next(s, step.e)
		if got := describe(s, do); got != step.want {
			t.Fatalf("after %T: got %q, want %q", step.e, got, step.want)
		}
	}
}

func TestCases(t *testing.T) {
	cases := []struct {
		name string
		s    State
		e    Event
		want string
	}{
		{"speech interrupts a reply in the making", State{Assistant: Generating}, SpeechStarted{Interrupt: true}, "speaking/idle OpenTurn{} StopReply{true}"},
		{"speech interrupts what still sounds", State{Assistant: Playing}, SpeechStarted{Interrupt: true}, "speaking/idle OpenTurn{} StopReply{true}"},
		{"speech does not interrupt when it must not", State{Assistant: Playing}, SpeechStarted{}, "speaking/playing OpenTurn{}"},
		{"a second start changes nothing", State{Person: Speaking}, SpeechStarted{Interrupt: true}, "speaking/idle"},
		{"nothing was said", State{}, SpeechEnded{}, "silent/idle Refuse{0}"},
		{"nothing to drop", State{}, SpeechDropped{}, "silent/idle Refuse{0}"},
		{"a dropped turn leaves nothing", State{Person: Speaking}, SpeechDropped{}, "silent/idle DropTurn{}"},
		{"a dropped turn frees the floor for what is owed", State{Person: Speaking, Owed: true}, SpeechDropped{}, "silent/generating DropTurn{} StartReply{}"},
		{"no words, no reply", State{Pending: 1}, WordsFinal{Reply: true}, "silent/idle"},
		{"words that nobody wants answered", State{Pending: 1}, WordsFinal{Any: true}, "silent/idle"},
		{"the person went on: wait", State{Person: Speaking, Pending: 1}, WordsFinal{Any: true, Reply: true}, "speaking/idle owed"},
		{"two turns are answered together", State{Pending: 2}, WordsFinal{Any: true, Reply: true}, "silent/idle pending=1 owed"},
		{"a reply that may not be interrupted ends first", State{Assistant: Playing, Pending: 1}, WordsFinal{Any: true, Reply: true}, "silent/playing owed"},
		{"then the owed one starts", State{Assistant: Playing, Owed: true}, ReplyPlayed{}, "silent/generating StartReply{}"},
		{"asked at rest", State{}, ReplyAsked{}, "silent/generating StartReply{}"},
		{"asked right after a commit waits for the words", State{Pending: 1}, ReplyAsked{}, "silent/idle pending=1 asked"},
		{"asked while the microphone is open does not wait for silence", State{Person: Speaking}, ReplyAsked{}, "speaking/generating StartReply{}"},
		{"asked while one is made", State{Assistant: Generating}, ReplyAsked{}, "silent/generating Refuse{1}"},
		{"asked while the last one sounds", State{Assistant: Playing}, ReplyAsked{}, "silent/playing asked"},
		{"asked twice", State{Assistant: Playing, Asked: true}, ReplyAsked{}, "silent/playing asked Refuse{1}"},
		{"cancel", State{Assistant: Generating}, CancelAsked{}, "silent/idle StopReply{false}"},
		{"cancel what is owed", State{Pending: 1, Owed: true}, CancelAsked{}, "silent/idle pending=1"},
		{"cancel does not stop what was made", State{Assistant: Playing}, CancelAsked{}, "silent/playing Refuse{2}"},
		{"cancel nothing", State{}, CancelAsked{}, "silent/idle Refuse{2}"},
		{"silence stops what was made", State{Assistant: Playing}, SilenceAsked{}, "silent/idle StopReply{false}"},
		{"silence at rest is no fault", State{}, SilenceAsked{}, "silent/idle"},
		{"stale news of a reply", State{}, ReplyGenerated{}, "silent/idle"},
		{"stale news of its sound", State{}, ReplyPlayed{}, "silent/idle"},
		{"stale words", State{}, WordsFinal{Any: true, Reply: true}, "silent/idle"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := describe(Next(tc.s, tc.e)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestInvariants plays random conversations and checks what must always hold.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		open, making := false, false
		for range rapid.IntRange(1, 60).Draw(t, "length") {
			e := rapid.SampledFrom(allEvents).Draw(t, "event")
			before := s
			var do []Effect
			s, do = Next(s, e)
			if e == (ReplyPlayed{}) && before.Assistant == Playing {
				making = false
			}
			for _, f := range do {
				switch f.(type) {
				case OpenTurn:
					if open {
						t.Fatalf("a turn was opened within a turn: %v after %T", before, e)
					}
					open = true
				case CommitTurn, DropTurn:
					if !open {
						t.Fatalf("a turn was closed that was not open: %v after %T", before, e)
					}
					open = false
				case StartReply:
					if making {
						t.Fatalf("two replies at once: %v after %T", before, e)
					}
					making = true
				case StopReply:
					if !making {
						t.Fatalf("a reply was stopped that was not there: %v after %T", before, e)
					}
					making = false
				case Refuse:
					if s != before || len(do) != 1 {
						t.Fatalf("a refusal changed something: %v after %T", before, e)
					}
				}
			}
			if open != (s.Person == Speaking) {
				t.Fatalf("the floor says %v, a turn is open: %v", s, open)
			}
			if making != (s.Assistant != Idle) {
				t.Fatalf("the floor says %v, a reply is there: %v", s, making)
			}
			if s.Pending < 0 {
				t.Fatalf("negative pending: %v", s)
			}
		}
		// From anywhere the conversation comes to rest.
		if s.Person == Speaking {
			s, _ = Next(s, SpeechEnded{})
		}
		for range 100 {
			switch {
			case s.Pending > 0:
				s, _ = Next(s, WordsFinal{Any: true, Reply: true})
			case s.Assistant == Generating:
				s, _ = Next(s, ReplyGenerated{})
			case s.Assistant == Playing:
				s, _ = Next(s, ReplyPlayed{})
			}
		}
		if s != (State{}) {
			t.Fatalf("the conversation does not come to rest: %v", s)
		}
	})
}
