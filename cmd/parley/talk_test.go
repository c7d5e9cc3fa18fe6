package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/cmd/parley/bench"
	"parley/cmd/parley/config"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/transport/client"
)

// TestSpokenQuestions asks a real server aloud, through either door; the replies
// are recorded, recognised and judged. One voice asks and another answers, so
// that the machine does not hear itself.
func TestSpokenQuestions(t *testing.T) {
	for _, door := range []string{"webrtc", "ws"} {
		t.Run(door, func(t *testing.T) {
			out, errs, code := run(t, "", "bench", "voice", "--models", weights(t), "--transport", door, "--limit", "5", "--json")
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			lines := strings.Split(strings.TrimSpace(out), "\n")
			var r bench.VoiceResult
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			// The judge is a recogniser, too, and mishears one reply in forty.
			if r.N != 5 || r.Turns != 5 || r.Right < 4 {
				t.Errorf("%d of %d right in %d turns: %+v", r.Right, r.N, r.Turns, r.Misses)
			}
			if r.VoiceToVoice.P50 <= 0 || len(r.Stages) != 5 || r.Stages["endpoint"].P50 <= 0 {
				t.Errorf("the figures are not all there: %s", out)
			}
		})
	}
}

// spokenWord is a word of parley.output.words.
type spokenWord struct {
	Text  string `json:"text"`
	EndMs int64  `json:"end_ms"`
}

func wordsOf(t *testing.T, e client.Event) []spokenWord {
	t.Helper()
	var w struct{ Words []spokenWord }
	if err := json.Unmarshal(e.Raw, &w); err != nil {
		t.Fatal(err)
	}
	return w.Words
}

// TestInterruption speaks over a long reply. It must stop, and what the history
// keeps of it must be what was heard.
func TestInterruption(t *testing.T) {
	s := start(t, "--asr-model", "base")
	cfg, err := (&config.Source{}).Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Models = weights(t)
	h := (&app{}).openHouse(cfg)
	defer func() {
		var err error
		if h.close(&err); err != nil {
			t.Error(err)
		}
	}()
	mouth, err := h.synthesizer()
	if err != nil {
		t.Fatal(err)
	}
	ears, err := h.recognizer()
	if err != nil {
		t.Fatal(err)
	}
	var question audio.Recording
	if err := mouth.Speak(t.Context(), stage.Clause{Text: "What is two plus two?"}, stage.Delivery{Voice: "alan"}, func(p stage.Speech) error {
		question.Format = p.Format
		question.Samples = append(question.Samples, p.Samples...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	var sounds []client.Sound
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := client.DialWebRTC(ctx, s.url, client.Options{ParleyEvents: true, Sound: func(x client.Sound) {
		mu.Lock()
		defer mu.Unlock()
		sounds = append(sounds, x)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, event := range []string{
		`{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"What can you do?"}]}}`,
		`{"type":"response.create"}`,
	} {
		if err := c.Send(ctx, json.RawMessage(event)); err != nil {
			t.Fatal(err)
		}
	}
	var words []spokenWord // of all replies so far
	next := func(typ string) client.Event {
		t.Helper()
		for {
			e, err := c.Next(ctx, typ, "parley.output.words")
			if err != nil {
				t.Fatalf("waiting for %s: %v", typ, err)
			}
			if e.Type == typ {
				return e
			}
			words = append(words, wordsOf(t, e)...)
		}
	}
	next("output_audio_buffer.started")
	time.Sleep(1500 * time.Millisecond) // some of the reply is heard
	began := time.Now()
	spoken := make(chan error, 1)
	go func() {
		_, err := c.Speak(ctx, question.Samples, question.Rate)
		spoken <- err
	}()
	next("input_audio_buffer.speech_started")
	cleared := next("output_audio_buffer.cleared")
	t.Logf("the reply stopped %v after the person began", cleared.At.Sub(began).Round(time.Millisecond))
	cut := next("conversation.item.truncated")
	mu.Lock()
	heard := slices.Clone(sounds)
	mu.Unlock()
	if err := <-spoken; err != nil {
		t.Fatal(err)
	}

	// The history has a beginning of the reply.
	if err := c.Send(ctx, map[string]any{"type": "conversation.item.retrieve", "item_id": cut.ItemID}); err != nil {
		t.Fatal(err)
	}
	var item struct {
		Item struct {
			Content []struct{ Transcript string }
		}
	}
	if err := json.Unmarshal(next("conversation.item.retrieved").Raw, &item); err != nil || len(item.Item.Content) != 1 {
		t.Fatalf("the item is %+v (%v)", item, err)
	}
	kept := item.Item.Content[0].Transcript
	if kept == "" || strings.HasSuffix(kept, "another city.") {
		t.Errorf("the history keeps %q of a reply that was broken off", kept)
	}
	// It is exactly the words that had sounded to their end by then.
	var sounded []string
	for _, w := range words {
		if w.EndMs <= cut.AudioEndMs {
			sounded = append(sounded, w.Text)
		}
	}
	if want := strings.Join(sounded, " "); kept != want {
		t.Errorf("the history keeps %q; %d ms sound as %q", kept, cut.AudioEndMs, want)
	}
	// A listener agrees about the beginning; a recording that is cut within a
	// word makes it invent an end.
	rec := audio.Recording{Format: heard[0].Format}
	for _, x := range heard {
		rec.Samples = append(rec.Samples, x.Samples...)
	}
	speech, err := rec.To(audio.Speech)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ears.Transcribe(t.Context(), speech.Samples)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("kept %q, heard %q", kept, got.Text)
	if !strings.HasPrefix(strings.ToLower(got.Text), "i can") {
		t.Errorf("the history keeps %q, a listener heard %q", kept, got.Text)
	}
	// And the question that broke in is answered.
	for {
		var turn struct {
			Turn struct{ Question, Reply string }
		}
		if err := json.Unmarshal(next("parley.turn.trace").Raw, &turn); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(turn.Turn.Reply, "4") {
			break
		}
		t.Logf("turn: %q → %q", turn.Turn.Question, turn.Turn.Reply)
	}
}
