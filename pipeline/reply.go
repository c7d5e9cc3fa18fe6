package pipeline

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
	"parley/pipeline/turn"
)

const (
	// findingsAhead and clausesAhead bound what a reasoner and a narrator may
	// have ready before the stage after them takes it.
	findingsAhead = 16
	clausesAhead  = 4
)

// reply is one reply under way. The loop owns it; the goroutines that make it
// hand over what they did.
type reply struct {
	id     string
	entry  *entry
	turn   *trace.Turn
	cancel context.CancelFunc
	// generated says that all of it was made; it may still sound.
	generated bool
	// winding asks for an end after the clause that is being spoken.
	winding atomic.Bool
	// done is closed once nothing of the reply runs any more.
	done chan struct{}
}

// errWinding ends the making of a reply after a clause.
var errWinding = errors.New("pipeline: winding down")

// startReply makes a reply to the conversation as it stands.
func (s *Session) startReply() {
	opts := s.asked
	s.asked = ReplyOptions{}
	spoken := s.settings.Spoken
	if opts.Spoken != nil {
		spoken = *opts.Spoken
	}
	question, before := s.history.question()
	ctx, cancel := context.WithCancel(s.ctx)
	r := &reply{
		id: newID("resp"), turn: s.answering, cancel: cancel, done: make(chan struct{}),
		entry: &entry{Item: stage.Item{ID: newID("item"), Role: stage.Assistant, Spoken: spoken}},
	}
	s.answering = nil
	if r.turn == nil { // typed, or asked for
		r.turn = &trace.Turn{Session: s.id, ID: newID("turn"), Question: question}
		r.turn.Set(trace.Commit, time.Now())
		r.turn.Set(trace.FinalWords, time.Now())
	}
	s.reply = r
	_ = s.history.insert(r.entry, "")
	s.out.Event(stage.ReplyStarted{ReplyID: r.id, ItemID: r.entry.ID, Previous: r.entry.Previous, Spoken: spoken})

	t := stage.Turn{
		ID: r.turn.ID, Question: question, History: before, Now: time.Now(),
		Instructions: s.settings.Instructions, MaxTokens: s.settings.MaxTokens,
	}
	if opts.Instructions != "" {
		t.Instructions = opts.Instructions
	}
	if opts.MaxTokens != 0 {
		t.MaxTokens = opts.MaxTokens
	}
	if s.settings.Location != nil {
		t.Now = t.Now.In(s.settings.Location)
	}
	how := stage.Delivery{Voice: s.settings.Voice, Speed: s.settings.Speed}
	s.work.Go(func() {
		defer close(r.done)
		defer cancel()
		err := s.makeReply(ctx, r, t, how)
		s.post(func() { s.replyGenerated(r, err) })
		if spoken {
			// Whatever was made is heard to its end, unless it was stopped.
			_ = s.out.Drain(ctx)
		}
		at := time.Now()
		s.post(func() { s.replyPlayed(r, at) })
	})
}

// makeReply thinks, narrates and speaks at the same time.
func (s *Session) makeReply(ctx context.Context, r *reply, t stage.Turn, how stage.Delivery) error {
	findings := make(chan stage.Finding, findingsAhead)
	clauses := make(chan stage.Clause, clausesAhead)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(findings)
		return s.timed(r.turn, trace.Think, "respond", float64(len(t.Question)), "bytes", func(first func()) error {
			return s.cfg.Reasoner.Respond(ctx, t, func(f stage.Finding) error {
				first()
				s.mark(r.turn, trace.FirstFinding)
				return send(ctx, findings, f)
			})
		})
	})
	g.Go(func() error {
		defer close(clauses)
		return s.cfg.Narrator.Narrate(ctx, t, findings, func(c stage.Clause) error {
			s.mark(r.turn, trace.FirstClause)
			return send(ctx, clauses, c)
		})
	})
	g.Go(func() error {
		var at time.Duration // where the next clause begins
		for c := range clauses {
			length, err := s.say(ctx, r, c, how, at)
			if err != nil {
				return err
			}
			at += length
			if r.winding.Load() {
				return errWinding
			}
		}
		return nil
	})
	err := g.Wait()
	if errors.Is(err, errWinding) {
		return nil
	}
	return err
}

// say speaks one clause that begins at the time given in the reply, and returns
// how long it sounds.
func (s *Session) say(ctx context.Context, r *reply, c stage.Clause, how stage.Delivery, at time.Duration) (time.Duration, error) {
	if !r.entry.Spoken {
		s.post(func() { s.said(r, c.Text, nil) })
		return 0, nil
	}
	var length time.Duration
	text := c.Text
	err := s.timed(r.turn, trace.Speak, "clause", float64(len(c.Text)), "bytes", func(first func()) error {
		return s.cfg.Synthesizer.Speak(ctx, c, how, func(p stage.Speech) error {
			first()
			s.mark(r.turn, trace.FirstSample)
			if text != "" || len(p.Words) > 0 {
				words := make([]stage.SpokenWord, len(p.Words))
				for i, w := range p.Words {
					words[i] = stage.SpokenWord{Text: w.Text, Start: w.Start + at, End: w.End + at}
				}
				delta := text
				text = ""
				s.post(func() { s.said(r, delta, words) })
			}
			length += p.Duration()
			return s.out.Play(ctx, audio.Frame{
				Format: p.Format, Position: p.Format.Samples(at) + p.Position, Samples: p.Samples,
			})
		})
	})
	return length, err
}

// said notes what a clause added to the reply.
func (s *Session) said(r *reply, delta string, words []stage.SpokenWord) {
	if s.reply != r {
		return
	}
	if delta != "" && r.entry.full != "" {
		delta = " " + delta
	}
	r.entry.full += delta
	r.entry.words = append(r.entry.words, words...)
	s.out.Event(stage.ReplyText{ReplyID: r.id, ItemID: r.entry.ID, Delta: delta, Words: words})
}

// replyGenerated notes that nothing more of the reply will be made.
func (s *Session) replyGenerated(r *reply, err error) {
	if s.reply != r {
		return
	}
	r.generated = true
	done := stage.ReplyGenerated{
		ReplyID: r.id, ItemID: r.entry.ID, Text: r.entry.full, Spoken: r.entry.Spoken, Status: stage.Completed,
	}
	if err != nil {
		s.cfg.Listener.Failed(s.id, "reply", err)
		done.Status, done.Fault = stage.Failed, stage.AsFault(err)
		r.turn.Outcome = trace.Failed
	}
	s.out.Event(done)
	_ = s.happen(turn.ReplyGenerated{})
}

// replyPlayed notes that the reply was heard to its end.
func (s *Session) replyPlayed(r *reply, at time.Time) {
	if s.reply != r {
		return
	}
	s.reply = nil
	r.entry.Text = strings.TrimSpace(r.entry.full)
	if !r.turn.At[trace.FirstPacket].IsZero() {
		r.turn.Set(trace.LastPacket, at)
		s.out.Event(stage.PlaybackStopped{ReplyID: r.id})
	}
	s.closeTurn(r.turn, r.entry.Text, trace.OK)
	_ = s.happen(turn.ReplyPlayed{})
}

// stopReply stops the reply at once. The history keeps what was heard of it.
func (s *Session) stopReply(interrupted bool) {
	r := s.reply
	s.reply = nil
	r.cancel()
	r.entry.Text = strings.TrimSpace(r.entry.full)
	reason := stage.ClientCancelled
	if interrupted {
		reason = stage.TurnDetected
	}
	var heard time.Duration
	if r.entry.Spoken {
		var err error
		// The output must be silent even when the session is ending.
		if heard, err = s.out.Abort(context.WithoutCancel(s.ctx)); err != nil {
			s.cfg.Listener.Failed(s.id, "abort", err)
		}
		r.entry.hear(heard)
		s.out.Event(stage.PlaybackCleared{ReplyID: r.id})
	}
	if !r.generated {
		s.out.Event(stage.ReplyGenerated{
			ReplyID: r.id, ItemID: r.entry.ID, Text: r.entry.full, Spoken: r.entry.Spoken,
			Status: stage.Cancelled, Reason: reason,
		})
	}
	if r.entry.Spoken {
		s.out.Event(stage.ItemTruncated{ItemID: r.entry.ID, Heard: heard, Text: r.entry.Text})
	}
	s.closeTurn(r.turn, r.entry.Text, trace.Cancelled)
}

// closeTurn ends a turn's record and tells everybody who listens.
func (s *Session) closeTurn(t *trace.Turn, heard string, o trace.Outcome) {
	done := *t // spans that are still to come belong to nobody
	done.Reply = heard
	if done.Outcome == "" {
		done.Outcome = o
	}
	s.cfg.Listener.Turn(&done)
	s.out.Event(stage.Traced{Turn: &done})
}

// mark notes a moment that has just come, from any goroutine.
func (s *Session) mark(t *trace.Turn, m trace.Mark) {
	at := time.Now()
	s.post(func() { t.Set(m, at) })
}

// timed runs a piece of work and records its span. work calls first when it has
// its first result.
func (s *Session) timed(t *trace.Turn, st trace.Stage, name string, size float64, unit string, work func(first func()) error) error {
	sp := trace.Span{Session: s.id, Turn: t.ID, Stage: st, Name: name, Size: size, Unit: unit, Started: time.Now()}
	err := work(func() {
		if sp.First.IsZero() {
			sp.First = time.Now()
		}
	})
	sp.Done, sp.Outcome = time.Now(), trace.OK
	switch {
	case errors.Is(err, context.Canceled):
		sp.Outcome = trace.Cancelled
	case err != nil:
		sp.Outcome, sp.Err = trace.Failed, err.Error()
	}
	s.cfg.Listener.Span(sp)
	s.post(func() { t.Spans = append(t.Spans, sp) })
	return err
}

// send hands v to the next stage unless the reply was stopped meanwhile.
func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
