package pipeline

import (
	"context"
	"errors"
	"io"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
	"parley/pipeline/turn"
)

// utterance is one turn of the person on its way to words.
type utterance struct {
	item   string
	turn   *trace.Turn
	sounds *audio.Queue[stage.Sound]
	cancel context.CancelFunc
	// reply says whether it is answered without being asked for.
	reply bool
	// dropped says that its words are not wanted any more.
	dropped bool
}

// listen feeds the person's frames to the detector and its windows to the loop.
func (s *Session) listen() {
	defer s.detect.Close()
	var next int64
	for {
		frames, err := s.frames.PopAll(s.ctx)
		if err != nil {
			return
		}
		for _, f := range frames {
			if f.Position < next {
				continue // sound that was heard already
			}
			if gap := f.Position - next; next > 0 && gap > 0 && gap <= maxGap {
				fill := f
				fill.Position, fill.Samples, fill.Concealed = next, make([]float32, gap), true
				s.detectIn(fill)
			}
			next = f.End()
			s.detectIn(f)
		}
	}
}

// maxGap bounds the silence that is made up for a gap in the input. After a
// longer one the detector starts afresh.
const maxGap = 16000

func (s *Session) detectIn(f audio.Frame) {
	err := s.detect.Write(s.ctx, f, func(snd stage.Sound) {
		s.post(func() { s.hear(snd, f.Arrived) })
	})
	if err != nil && s.ctx.Err() == nil {
		s.cfg.Listener.Failed(s.id, "detect", err)
	}
}

// hear takes one window of sound: it belongs to the turn under way, may begin
// one, or may end it.
func (s *Session) hear(snd stage.Sound, at time.Time) {
	e := s.settings.Endpointing
	if e == nil {
		s.hearByHand(snd, at)
		return
	}
	change := s.endpoint.Hear(snd, turn.Rule{Threshold: e.Threshold, Silence: e.silence()})
	if change == turn.Started {
		_ = s.happen(turn.SpeechStarted{Interrupt: e.Interrupt})
		s.utterance.reply = e.Reply
		s.utterance.turn.Set(trace.SpeechStart, at)
	}
	if s.utterance == nil {
		s.remember(snd, e.Prefix)
		return
	}
	s.feed(snd)
	if s.endpoint.End == snd.Start()+snd.Duration() {
		s.utterance.turn.At[trace.SpeechEnd] = at
	}
	if change == turn.Ended {
		s.out.Event(stage.SpeechStopped{ItemID: s.utterance.item, At: s.endpoint.End})
		_ = s.happen(turn.SpeechEnded{})
	}
}

// hearByHand collects sound for a client that decides itself when a turn ends.
func (s *Session) hearByHand(snd stage.Sound, at time.Time) {
	if s.utterance == nil {
		_ = s.happen(turn.SpeechStarted{})
		s.utterance.turn.Set(trace.SpeechStart, at)
	}
	s.feed(snd)
	if snd.Speech >= turn.DefaultThreshold {
		s.utterance.turn.At[trace.SpeechEnd] = at
	}
}

func (s *Session) feed(snd stage.Sound) {
	if d := s.utterance.sounds.Push(snd); d > 0 {
		s.cfg.Listener.Dropped(s.id, "recognise", d)
	}
}

// remember keeps the sound just before a turn, which belongs to it.
func (s *Session) remember(snd stage.Sound, length time.Duration) {
	s.preroll = append(s.preroll, snd)
	// The detector needs a few windows before it believes in speech; they
	// belong to the turn as well.
	length += turn.Onset
	cut := 0
	for cut < len(s.preroll)-1 && snd.Start()-s.preroll[cut+1].Start() >= length {
		cut++
	}
	if cut > 0 {
		s.preroll = append(s.preroll[:0], s.preroll[cut:]...)
	}
}

func (s *Session) openTurn() {
	ctx, cancel := context.WithCancel(s.ctx)
	u := &utterance{
		item: newID("item"), cancel: cancel, sounds: audio.NewQueue[stage.Sound](soundBacklog),
		turn: &trace.Turn{Session: s.id, ID: newID("turn")},
	}
	s.utterance = u
	for _, snd := range s.preroll {
		u.sounds.Push(snd)
	}
	s.preroll = nil
	if e := s.settings.Endpointing; e != nil {
		s.out.Event(stage.SpeechStarted{ItemID: u.item, At: max(0, s.endpoint.Start-e.Prefix)})
	}
	h := stage.Hearing{Format: audio.Speech, Prompt: s.settings.Prompt}
	s.work.Go(func() {
		defer cancel()
		t, err := s.recognise(ctx, u, h)
		at := time.Now()
		s.post(func() { s.recognised(u, t, at, err) })
	})
}

// recognise turns an utterance's sound into words until its backlog is closed.
func (s *Session) recognise(ctx context.Context, u *utterance, h stage.Hearing) (stage.Transcript, error) {
	r, err := s.cfg.Recognizer.Open(ctx, h, func(t stage.Transcript) {
		s.post(func() {
			if !u.dropped {
				s.out.Event(stage.Heard{ItemID: u.item, Transcript: t})
			}
		})
	})
	if err != nil {
		return stage.Transcript{}, err
	}
	defer r.Close()
	for {
		sounds, err := u.sounds.PopAll(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = s.timed(u.turn, trace.Recognise, "hop", float64(len(sounds)), "windows", func(func()) error {
				return r.Write(ctx, sounds...)
			})
		}
		if err != nil {
			return stage.Transcript{}, err
		}
	}
	var t stage.Transcript
	err = s.timed(u.turn, trace.Recognise, "finish", 0, "", func(func()) error {
		t, err = r.Finish(ctx)
		return err
	})
	return t, err
}

// commitTurn takes the person's turn: it becomes an item whose words follow.
func (s *Session) commitTurn() {
	u := s.utterance
	s.utterance = nil
	u.turn.Set(trace.Commit, time.Now())
	u.sounds.Close()
	e := &entry{Item: stage.Item{ID: u.item, Role: stage.User, Spoken: true}}
	_ = s.history.insert(e, "")
	s.out.Event(stage.InputCommitted{ItemID: u.item, Previous: e.Previous})
	s.out.Event(stage.ItemAdded{Item: e.Item})
}

func (s *Session) dropTurn() {
	u := s.utterance
	s.utterance = nil
	u.dropped = true
	u.cancel()
	s.out.Event(stage.InputCleared{})
}

// recognised takes an utterance's final words.
func (s *Session) recognised(u *utterance, t stage.Transcript, at time.Time, err error) {
	if u.dropped || s.ctx.Err() != nil {
		return
	}
	if err != nil {
		s.cfg.Listener.Failed(s.id, "recognise", err)
		s.out.Event(stage.HearingFailed{ItemID: u.item, Fault: stage.AsFault(err)})
		s.closeTurn(u.turn, "", trace.Failed)
		if s.utterance == u { // the recogniser gave up before the turn was over
			s.endpoint.Reset()
			_ = s.happen(turn.SpeechDropped{})
			return
		}
		_ = s.happen(turn.WordsFinal{})
		return
	}
	u.turn.Set(trace.FinalWords, at)
	u.turn.Question = t.Text
	s.out.Event(stage.Heard{ItemID: u.item, Transcript: t})
	if _, e := s.history.find(u.item); e != nil { // else the client deleted it
		e.Text, e.full = t.Text, t.Text
		s.out.Event(stage.ItemDone{Item: e.Item})
	}
	if t.Text == "" {
		s.closeTurn(u.turn, "", trace.OK)
	} else {
		s.answer(u.turn)
	}
	_ = s.happen(turn.WordsFinal{Any: t.Text != "", Reply: u.reply})
}

// answer makes t the turn that the next reply answers. The one before it, if it
// is still there, was never answered by itself.
func (s *Session) answer(t *trace.Turn) {
	if s.answering != nil && s.answering != t {
		s.closeTurn(s.answering, "", trace.OK)
	}
	s.answering = t
}
