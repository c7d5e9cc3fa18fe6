package trace

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Log makes a listener that writes a line a turn, with the moment of every
// mark and the time of every stage, and warns of what failed or was dropped.
// Single spans are written at debug level.
func Log(log *zap.Logger) Listener {
	return Listener{
		Turn: func(t *Turn) { log.Info("turn", t.fields()...) },
		Span: func(s Span) {
			if ce := log.Check(zap.DebugLevel, "span"); ce != nil {
				ce.Write(
					zap.String("session", s.Session), zap.String("turn", s.Turn), zap.String("stage", string(s.Stage)),
					zap.String("name", s.Name), zap.Duration("took", s.Done.Sub(s.Started)), zap.Float64("size", s.Size),
					zap.String("unit", s.Unit), zap.String("outcome", string(s.Outcome)),
				)
			}
		},
		Dropped: func(session, queue string, sound time.Duration) {
			log.Warn("dropped", zap.String("session", session), zap.String("queue", queue), zap.Duration("sound", sound))
		},
		Failed: func(session, what string, err error) {
			log.Error("failed", zap.String("session", session), zap.String("what", what), zap.Error(err))
		},
		Session: func(session string, open bool, count int) {
			msg := "session closed"
			if open {
				msg = "session open"
			}
			log.Info(msg, zap.String("session", session), zap.Int("sessions", count))
		},
	}
}

func (t *Turn) fields() []zap.Field {
	f := []zap.Field{
		zap.String("session", t.Session), zap.String("turn", t.ID), zap.String("outcome", string(t.Outcome)),
		zap.String("question", t.Question), zap.String("reply", t.Reply),
	}
	if d, ok := t.VoiceToVoice(); ok {
		f = append(f, zap.Float64("voice_to_voice_ms", Millis(d)))
	}
	for _, s := range Stages {
		if d, ok := t.Took(s); ok {
			f = append(f, zap.Float64(string(s)+"_ms", Millis(d)))
		}
	}
	if epoch := t.epoch(); !epoch.IsZero() {
		f = append(f, zap.Object("marks_ms", marks{t, epoch}))
	}
	return f
}

// marks writes the moments of a turn, in milliseconds after epoch.
type marks struct {
	t     *Turn
	epoch time.Time
}

// MarshalLogObject implements zapcore.ObjectMarshaler.
func (m marks) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	for i, at := range m.t.At {
		if !at.IsZero() {
			enc.AddFloat64(Mark(i).String(), Millis(at.Sub(m.epoch)))
		}
	}
	return nil
}
