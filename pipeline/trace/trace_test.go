package trace

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func example() *Turn {
	t0 := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	t := &Turn{Session: "sess_1", ID: "turn_1", Question: "What?", Reply: "That.", Outcome: OK, Budget: map[Stage]time.Duration{Endpoint: 250 * time.Millisecond}}
	for m, ms := range map[Mark]int{SpeechStart: -900, SpeechEnd: 0, Commit: 500, FinalWords: 510, FirstFinding: 511, FirstClause: 512, FirstSample: 560, FirstPacket: 575} {
		t.Set(m, t0.Add(time.Duration(ms)*time.Millisecond))
	}
	t.Spans = []Span{{Stage: Think, Name: "respond", Started: t0.Add(510 * time.Millisecond), First: t0.Add(511 * time.Millisecond), Done: t0.Add(512 * time.Millisecond), Outcome: OK}}
	return t
}

func TestStagesAddUpToTheWholeTurn(t *testing.T) {
	turn := example()
	var sum time.Duration
	for _, s := range Stages {
		d, ok := turn.Took(s)
		if !ok {
			t.Fatalf("%s is missing", s)
		}
		sum += d
	}
	if v, ok := turn.VoiceToVoice(); !ok || v != sum {
		t.Errorf("voice to voice is %v, the stages sum up to %v", v, sum)
	}
}

func TestSetKeepsTheFirst(t *testing.T) {
	turn := example()
	if turn.Set(Commit, time.Now()) {
		t.Error("a mark was set twice")
	}
}

func TestWire(t *testing.T) {
	raw, err := json.Marshal(example())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Marks        map[string]float64 `json:"marks_ms"`
		VoiceToVoice float64            `json:"voice_to_voice_ms"`
		Stages       []struct {
			Stage  string   `json:"stage"`
			Took   *float64 `json:"took_ms"`
			Budget *float64 `json:"budget_ms"`
		} `json:"stages"`
		Spans []struct {
			Started float64 `json:"started_ms"`
		} `json:"spans"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.VoiceToVoice != 575 || got.Marks["speech_start"] != -900 || got.Spans[0].Started != 510 {
		t.Errorf("got %s", raw)
	}
	if s := got.Stages[0]; s.Stage != "endpoint" || *s.Took != 500 || *s.Budget != 250 {
		t.Errorf("endpoint is %+v", s)
	}
	if s := got.Stages[1]; s.Budget != nil {
		t.Errorf("a stage without a budget has %v", *s.Budget)
	}
}

func TestTypedTurnHasNoVoiceToVoice(t *testing.T) {
	var turn Turn
	turn.Set(Commit, time.Now())
	turn.Set(FirstPacket, time.Now())
	if w := turn.Wire(); w.VoiceToVoice != nil || w.Marks["commit"] != 0 {
		t.Errorf("got %+v", w)
	}
}

func TestTeeAndDefaults(t *testing.T) {
	turns, drops := 0, 0
	l := Tee(Listener{Turn: func(*Turn) { turns++ }}, Listener{Turn: func(*Turn) { turns++ }, Dropped: func(string, string, time.Duration) { drops++ }})
	l.Turn(nil)
	l.Dropped("", "", time.Second)
	l.Span(Span{})
	l.Failed("", "", nil)
	l.Session("", true, 1)
	if turns != 2 || drops != 1 {
		t.Errorf("told of %d turns and %d drops, want 2 and 1", turns, drops)
	}
}

func TestLog(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	l := Log(zap.New(core))
	l.Turn(example())
	l.Span(Span{})
	l.Failed("sess_1", "reply", errors.New("no voice"))
	if logs.Len() != 2 {
		t.Fatalf("%d lines, want 2: spans are for debugging", logs.Len())
	}
	f := logs.All()[0].ContextMap()
	if f["voice_to_voice_ms"] != 575.0 || f["endpoint_ms"] != 500.0 || f["marks_ms"].(map[string]any)["final_words"] != 510.0 {
		t.Errorf("the turn's line has %v", f)
	}
}
