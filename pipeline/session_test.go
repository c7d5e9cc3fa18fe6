package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
)

// The stages here are scripts, so that order and deadlines can be tested to the
// millisecond in synctest's time; the real ones are joined in cmd's tests.

// loud is a detector whose chance of speech is the window's first sample.
type loud struct{}

func (loud) Open() (stage.Detection, error) { return &loudness{}, nil }

type loudness struct{ rest audio.Frame }

func (l *loudness) Write(_ context.Context, f audio.Frame, emit func(stage.Sound)) error {
	if len(l.rest.Samples) == 0 {
		l.rest = f
	} else {
		l.rest.Samples = append(l.rest.Samples, f.Samples...)
	}
	for len(l.rest.Samples) >= 512 {
		w := l.rest
		w.Samples = w.Samples[:512:512]
		emit(stage.Sound{Frame: w, Speech: float64(w.Samples[0])})
		l.rest.Position += 512
		l.rest.Samples = l.rest.Samples[512:]
	}
	return nil
}
func (l *loudness) Close() error { return nil }

// scribe recognises the texts in turn, each took after its turn was over.
type scribe struct {
	took  time.Duration
	fail  error
	mu    sync.Mutex
	texts []string
}

type writing struct{ s *scribe }

func (s *scribe) Open(context.Context, stage.Hearing, func(stage.Transcript)) (stage.Recognition, error) {
	return &writing{s}, nil
}
func (w *writing) Write(context.Context, ...stage.Sound) error { return nil }
func (w *writing) Close() error                                { return nil }
func (w *writing) Finish(ctx context.Context) (stage.Transcript, error) {
	if err := sleep(ctx, w.s.took); err != nil {
		return stage.Transcript{}, err
	}
	if w.s.fail != nil {
		return stage.Transcript{}, w.s.fail
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if len(w.s.texts) == 0 {
		return stage.Transcript{Final: true}, nil
	}
	t := w.s.texts[0]
	w.s.texts = w.s.texts[1:]
	return stage.Transcript{Text: t, Final: true}, nil
}

// thinker answers every question by the same sentences.
type thinker struct {
	took  time.Duration
	says  []string
	fail  error
	mu    sync.Mutex
	asked []stage.Turn
}

func (r *thinker) Respond(ctx context.Context, t stage.Turn, emit func(stage.Finding) error) error {
	r.mu.Lock()
	r.asked = append(r.asked, t)
	r.mu.Unlock()
	if err := sleep(ctx, r.took); err != nil {
		return err
	}
	for i, text := range r.says {
		if err := emit(stage.Finding{ID: fmt.Sprint(i), Claims: []stage.Claim{{Text: text}}}); err != nil {
			return err
		}
	}
	return r.fail
}

// echo narrates every claim as a clause.
type echo struct{}

func (echo) Narrate(_ context.Context, _ stage.Turn, findings <-chan stage.Finding, emit func(stage.Clause) error) error {
	for f := range findings {
		if err := emit(stage.Clause{Text: f.Claims[0].Text}); err != nil {
			return err
		}
	}
	return nil
}

// metronome speaks every word in 200 ms, in pieces of 50 ms, and takes 10 ms of
// work a piece.
type metronome struct{}

var slow = audio.Format{Rate: 1000, Channels: 1}

func (metronome) Speak(ctx context.Context, c stage.Clause, _ stage.Delivery, emit func(stage.Speech) error) error {
	var words []stage.SpokenWord
	for i, w := range strings.Fields(c.Text) {
		at := time.Duration(i) * 200 * time.Millisecond
		words = append(words, stage.SpokenWord{Text: strings.Trim(w, ".,"), Start: at, End: at + 200*time.Millisecond})
	}
	for i := range len(words) * 4 {
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
		p := stage.Speech{Frame: audio.Frame{Format: slow, Position: int64(i * 50), Samples: make([]float32, 50)}}
		if i == 0 {
			p.Words = words
		}
		if err := emit(p); err != nil {
			return err
		}
	}
	return nil
}

// player plays in real time, as a transport does.
type player struct {
	session *Session
	mu      sync.Mutex
	events  []string
	traces  []*trace.Turn
	began   time.Time
	queued  time.Duration
	heard   []time.Duration
}

func (p *player) Play(ctx context.Context, f audio.Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f.Position == 0 {
		p.began, p.queued = time.Now(), 0
		p.session.Sent(p.began)
	}
	p.queued += f.Duration()
	return nil
}

func (p *player) Drain(ctx context.Context) error {
	p.mu.Lock()
	rest := time.Until(p.began.Add(p.queued))
	p.mu.Unlock()
	return sleep(ctx, rest)
}

func (p *player) Abort(context.Context) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var h time.Duration
	if !p.began.IsZero() {
		h = min(p.queued, time.Since(p.began))
	}
	p.heard = append(p.heard, h)
	p.began, p.queued = time.Time{}, 0
	return h, nil
}

func (p *player) Event(e stage.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := strings.TrimPrefix(fmt.Sprintf("%T", e), "stage.")
	switch e := e.(type) {
	case stage.Heard:
		line += fmt.Sprintf(" %q", e.Transcript.Text)
	case stage.ReplyText:
		line += fmt.Sprintf(" %q", e.Delta)
	case stage.ReplyGenerated:
		line += " " + string(e.Status)
	case stage.ItemTruncated:
		line += fmt.Sprintf(" %q", e.Text)
	case stage.Traced:
		p.traces = append(p.traces, e.Turn)
		line += " " + string(e.Turn.Outcome)
	}
	p.events = append(p.events, line)
}

func (p *player) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.events, "\n")
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stand is a session among scripted stages.
type stand struct {
	*Session
	engine *Engine
	out    *player
	scribe *scribe
	mind   *thinker
	at     int64
}

func newStand(t *testing.T, change func(*Settings)) *stand {
	t.Helper()
	st := &stand{
		out: &player{}, scribe: &scribe{took: 30 * time.Millisecond, texts: []string{"One?", "Two?", "Three?"}},
		mind: &thinker{took: 5 * time.Millisecond, says: []string{"It is one.", "Because of that."}},
	}
	set := Settings{Spoken: true, Endpointing: DefaultEndpointing()}
	if change != nil {
		change(&set)
	}
	var err error
	st.engine, err = New(Config{Stages: Stages{loud{}, st.scribe, st.mind, echo{}, metronome{}}, MaxSessions: 1, Defaults: set})
	if err != nil {
		t.Fatal(err)
	}
	if st.Session, err = st.engine.Open(t.Context(), set, st.out); err != nil {
		t.Fatal(err)
	}
	st.out.session = st.Session
	return st
}

// sound feeds d of speech or silence in real time.
func (st *stand) sound(d time.Duration, chance float32) {
	for range d / (20 * time.Millisecond) {
		f := audio.Frame{Format: audio.Speech, Position: st.at, Samples: make([]float32, 320)}
		for i := range f.Samples {
			f.Samples[i] = chance
		}
		st.at += 320
		st.Push(f)
		time.Sleep(20 * time.Millisecond)
	}
}

func (st *stand) want(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := st.out.log(); got != strings.TrimSpace(want) {
		t.Errorf("events:\n%s\n\nwant:\n%s", got, strings.TrimSpace(want))
	}
}

func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.sound(400*time.Millisecond, 0)
		st.sound(time.Second, 1)
		st.sound(3*time.Second, 0)
		st.want(t, `
SpeechStarted
SpeechStopped
InputCommitted
ItemAdded
Heard "One?"
ItemDone
ReplyStarted
ReplyText "It is one."
PlaybackStarted
ReplyText " Because of that."
ReplyGenerated completed
PlaybackStopped
Traced ok`)
		tr := st.out.traces[0]
		for s, within := range map[trace.Stage][2]time.Duration{
			trace.Endpoint:  {500 * time.Millisecond, 540 * time.Millisecond},
			trace.Recognise: {30 * time.Millisecond, 30 * time.Millisecond},
			trace.Think:     {5 * time.Millisecond, 5 * time.Millisecond},
			trace.Speak:     {10 * time.Millisecond, 10 * time.Millisecond},
			trace.Send:      {0, 0},
		} {
			if d, ok := tr.Took(s); !ok || d < within[0] || d > within[1] {
				t.Errorf("%s took %v (%v), want between %v and %v", s, d, ok, within[0], within[1])
			}
		}
		if tr.Question != "One?" || tr.Reply != "It is one. Because of that." {
			t.Errorf("trace says %q, %q", tr.Question, tr.Reply)
		}
	})
}

func TestInterruptionKeepsWhatWasHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.sound(time.Second, 1)
		st.sound(640*time.Millisecond, 0) // the reply begins at about 545 ms
		st.sound(500*time.Millisecond, 1) // 100 ms into it
		synctest.Wait()
		if len(st.out.heard) != 1 {
			t.Fatalf("aborted %d times", len(st.out.heard))
		}
		heard := st.out.heard[0]
		words := int(heard / (200 * time.Millisecond))
		want := strings.Join(strings.Fields("It is one. Because of that.")[:words], " ")
		st.sound(600*time.Millisecond, 0)
		synctest.Wait()
		if len(st.mind.asked) != 2 {
			t.Fatalf("asked %d times, want 2:\n%s", len(st.mind.asked), st.out.log())
		}
		q := st.mind.asked[1]
		if len(q.History) != 2 || q.History[1].Text != want || !q.History[1].Cut {
			t.Errorf("after %v of sound the next turn has history %+v, want %q, cut", heard, q.History, want)
		}
		if !strings.HasSuffix(q.History[1].Text+" "+q.History[1].Unheard, "Because of that.") {
			t.Errorf("heard %q and unheard %q are not the whole reply", q.History[1].Text, q.History[1].Unheard)
		}
		if q.Question != "Two?" {
			t.Errorf("the interruption asks %q", q.Question)
		}
	})
}

func TestInterruptionWhileThinking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.mind.took = time.Hour
		st.sound(time.Second, 1)
		st.sound(time.Second, 0)
		st.sound(200*time.Millisecond, 1)
		synctest.Wait()
		if got := st.out.log(); !strings.Contains(got, "ReplyGenerated cancelled") || strings.Contains(got, "ReplyText") {
			t.Errorf("the reply was not cancelled in silence:\n%s", got)
		}
		st.mind.took = 0
		st.sound(2*time.Second, 0)
		synctest.Wait()
		if h := st.mind.asked[1].History; len(h) != 1 {
			t.Errorf("a reply that said nothing left %+v in the history", h)
		}
	})
}

func TestPersonGoesOnWhileWordsArePending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.scribe.took = 300 * time.Millisecond
		st.sound(time.Second, 1)
		st.sound(600*time.Millisecond, 0)
		st.sound(time.Second, 1)
		st.sound(2*time.Second, 0)
		synctest.Wait()
		if len(st.mind.asked) != 1 || st.mind.asked[0].Question != "One? Two?" {
			t.Errorf("asked %+v, want one question of both turns", st.mind.asked)
		}
	})
}

func TestNoWordsNoReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.scribe.texts = nil
		st.sound(time.Second, 1)
		st.sound(2*time.Second, 0)
		st.want(t, `
SpeechStarted
SpeechStopped
InputCommitted
ItemAdded
Heard ""
ItemDone
Traced ok`)
	})
}

func TestRecogniserFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.scribe.fail = errors.New("asr: out of ideas")
		st.sound(time.Second, 1)
		st.sound(time.Second, 0)
		synctest.Wait()
		if got := st.out.log(); !strings.HasSuffix(got, "HearingFailed\nTraced failed") {
			t.Errorf("events:\n%s", got)
		}
		st.scribe.fail = nil
		st.sound(time.Second, 1)
		st.sound(2*time.Second, 0)
		synctest.Wait()
		if got := st.out.log(); !strings.Contains(got, "ReplyGenerated completed") {
			t.Errorf("the conversation did not go on:\n%s", got)
		}
	})
}

func TestReplyFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.mind.fail = fmt.Errorf("llm: gone: %w", stage.ErrUnavailable)
		st.sound(time.Second, 1)
		st.sound(3*time.Second, 0)
		synctest.Wait()
		if got := st.out.log(); !strings.Contains(got, "ReplyGenerated failed") || !strings.HasSuffix(got, "Traced failed") {
			t.Errorf("events:\n%s", got)
		}
	})
}

func TestByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, func(s *Settings) { s.Endpointing = nil })
		defer st.Close()
		if err := st.Commit(); stage.AsFault(err).Code != "input_audio_buffer_commit_empty" {
			t.Errorf("commit of nothing: %v", err)
		}
		st.sound(time.Second, 1)
		st.sound(3*time.Second, 0)
		if err := st.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := st.Respond(ReplyOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := st.Respond(ReplyOptions{}); stage.AsFault(err).Code != "conversation_already_has_active_response" {
			t.Errorf("second response.create: %v", err)
		}
		st.sound(3*time.Second, 0) // an open microphone does not hold the reply up
		synctest.Wait()
		if got := st.out.log(); !strings.Contains(got, "PlaybackStopped") || strings.Contains(got, "SpeechStarted") {
			t.Errorf("events:\n%s", got)
		}
	})
}

func TestTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, func(s *Settings) { s.Spoken = false })
		defer st.Close()
		it, err := st.Add(stage.Item{Role: stage.User, Text: "What is it?"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Add(stage.Item{ID: it.ID, Role: stage.User, Text: "Again?"}); stage.AsFault(err).Code != "item_exists" {
			t.Errorf("same id again: %v", err)
		}
		if err := st.Respond(ReplyOptions{Instructions: "Be brief."}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		st.want(t, `
ItemAdded
ItemDone
ReplyStarted
ReplyText "It is one."
ReplyText " Because of that."
ReplyGenerated completed
Traced ok`)
		if q := st.mind.asked[0]; q.Question != "What is it?" || q.Instructions != "Be brief." {
			t.Errorf("asked %+v", q)
		}
	})
}

func TestTruncateWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		st.sound(time.Second, 1)
		st.sound(3*time.Second, 0)
		synctest.Wait()
		id := st.history.last()
		for heard, want := range map[time.Duration]string{
			0: "", 199 * time.Millisecond: "", 200 * time.Millisecond: "It", 600 * time.Millisecond: "It is one.",
			900 * time.Millisecond: "It is one. Because", time.Hour: "It is one. Because of that.",
		} {
			if err := st.Truncate(id, heard); err != nil {
				t.Fatal(err)
			}
			if it, _ := st.Item(id); it.Text != want {
				t.Errorf("heard %v: %q, want %q", heard, it.Text, want)
			}
		}
		if err := st.Truncate("item_x", 0); stage.AsFault(err).Code != "item_not_found" {
			t.Errorf("unknown item: %v", err)
		}
	})
}

func TestCancelAndSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		defer st.Close()
		if err := st.Cancel(""); stage.AsFault(err).Code != "response_cancel_not_active" {
			t.Errorf("cancel of nothing: %v", err)
		}
		st.sound(time.Second, 1)
		st.sound(900*time.Millisecond, 0) // generated by now, but it still sounds
		if err := st.StopPlayback(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := st.out.log()
		if !strings.Contains(got, "PlaybackCleared\nItemTruncated") || !strings.HasSuffix(got, "Traced cancelled") {
			t.Errorf("events:\n%s", got)
		}
	})
}

// TestCloseAnywhere closes a session at many moments of a conversation; synctest
// fails if anything it started is still there.
func TestCloseAnywhere(t *testing.T) {
	for ms := 0; ms < 3000; ms += 130 {
		synctest.Test(t, func(t *testing.T) {
			st := newStand(t, nil)
			go func() {
				time.Sleep(time.Duration(ms) * time.Millisecond)
				st.Close()
			}()
			st.sound(time.Second, 1)
			st.sound(2*time.Second, 0)
			<-st.Done()
			if err := st.Commit(); stage.AsFault(err).Code != "session_closed" {
				t.Errorf("a closed session says %v", err)
			}
			if _, err := st.engine.Open(t.Context(), st.engine.Defaults(), st.out); err != nil {
				t.Errorf("its place was not freed: %v", err)
			}
			_ = st.engine.Shutdown(t.Context())
		})
	}
}

func TestLimitAndShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStand(t, nil)
		if _, err := st.engine.Open(t.Context(), st.engine.Defaults(), &player{}); !errors.Is(err, stage.ErrOverloaded) {
			t.Errorf("a second session: %v", err)
		}
		st.sound(time.Second, 1)
		st.sound(700*time.Millisecond, 0) // in the first clause
		if err := st.engine.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := st.out.log()
		if !strings.Contains(got, "PlaybackStopped") {
			t.Errorf("the clause was cut off:\n%s", got)
		}
		if _, err := st.engine.Open(t.Context(), st.engine.Defaults(), &player{}); !errors.Is(err, stage.ErrUnavailable) {
			t.Errorf("a session after the shutdown: %v", err)
		}
	})
}
