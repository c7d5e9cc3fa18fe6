package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"parley/pipeline"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
	"parley/transport/realtime"
	"parley/transport/webrtc"
	"parley/transport/websocket"
)

// server is the engine with its doors.
type server struct {
	stages  pipeline.Stages
	engine  *pipeline.Engine
	sockets *websocket.Handler
	media   *webrtc.Server
}

// openServer loads every stage and opens the doors. The caller closes the doors;
// the stages are the house's.
func (h *house) openServer(log *zap.Logger) (*server, error) {
	s := &server{}
	if _, err := h.runtime(); err != nil { // both of the following stand on it
		return nil, err
	}
	var load errgroup.Group
	load.Go(func() error { _, err := h.recognizer(); return err })
	load.Go(func() error { _, err := h.synthesizer(); return err })
	if err := load.Wait(); err != nil {
		return nil, err
	}
	mind, err := h.reasoner(func(err error) { log.Warn("the language model failed", zap.Error(err)) })
	if err != nil {
		return nil, err
	}
	s.stages = pipeline.Stages{Detector: h.vad, Recognizer: h.ears, Reasoner: mind, Narrator: h.narrator(), Synthesizer: h.mouth}
	s.engine, err = pipeline.New(pipeline.Config{
		Stages: s.stages, Listener: trace.Log(log), MaxSessions: h.cfg.Limits.Sessions, Defaults: h.settings(),
	})
	if err != nil {
		return nil, err
	}
	service := realtime.Service{
		Open: func(ctx context.Context, set pipeline.Settings, out stage.Output) (realtime.Conversation, error) {
			sess, err := s.engine.Open(ctx, set, out)
			if err != nil {
				return nil, err // a nil *Session would be no nil Conversation
			}
			return sess, nil
		},
		Defaults: s.engine.Defaults(), Model: "parley", Voices: h.mouth.Voices(),
		Access: realtime.Access{Keys: h.cfg.Auth.Keys, Origins: h.cfg.Origins},
		Log:    log,
	}
	tcp := h.cfg.WebRTC.TCP
	if tcp == "none" {
		tcp = ""
	}
	s.media, err = webrtc.NewServer(webrtc.Options{
		Service: service, UDP: h.cfg.WebRTC.UDP, TCP: tcp, Loopback: h.cfg.WebRTC.Loopback,
		PublicIPs: h.cfg.WebRTC.PublicIPs, MaxCalls: h.cfg.Limits.Connections,
	})
	if err != nil {
		return nil, err
	}
	s.sockets = websocket.NewHandler(websocket.Options{
		Service: service, MaxConnections: h.cfg.Limits.Connections, QueueBytes: h.cfg.Limits.QueueBytes,
	})
	return s, nil
}

// settings are those that a conversation starts from.
func (h *house) settings() pipeline.Settings {
	end := pipeline.DefaultEndpointing()
	end.Silence, end.Threshold = h.cfg.Turn.Silence, h.cfg.Turn.Threshold
	end.Prefix, end.Interrupt = h.cfg.Turn.Prefix, h.cfg.Turn.Interrupt
	return pipeline.Settings{Voice: h.cfg.TTS.Voice, Speed: h.cfg.TTS.Speed, Spoken: true, Endpointing: end}
}

// closeDoors ends whatever the doors still hold.
func (s *server) closeDoors() error { return errors.Join(s.sockets.Close(), s.media.Close()) }

// warm speaks a word and listens to it, so that everything that is made at its
// first use is made before anybody waits for it.
func (s *server) warm(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var spoken audio.Recording
	err := s.stages.Synthesizer.Speak(ctx, stage.Clause{Text: "Ready to talk."}, stage.Delivery{}, func(p stage.Speech) error {
		spoken.Format = p.Format
		spoken.Samples = append(spoken.Samples, p.Samples...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("warm the voice: %w", err)
	}
	// The filters that the doors will need.
	for _, rate := range []int{24000, 48000} {
		_, errIn := audio.NewResampler(rate, audio.Speech.Rate)
		_, errOut := audio.NewResampler(spoken.Rate, rate)
		if err := errors.Join(errIn, errOut); err != nil {
			return fmt.Errorf("warm the doors: %w", err)
		}
	}
	speech, err := spoken.To(audio.Speech)
	if err != nil {
		return fmt.Errorf("warm the ears: %w", err)
	}
	var sounds []stage.Sound
	det, err := s.stages.Detector.Open()
	if err != nil {
		return fmt.Errorf("warm the detector: %w", err)
	}
	err = det.Write(ctx, speech.Frame(), func(x stage.Sound) { sounds = append(sounds, x) })
	if err = errors.Join(err, det.Close()); err != nil {
		return fmt.Errorf("warm the detector: %w", err)
	}
	rec, err := s.stages.Recognizer.Open(ctx, stage.Hearing{Format: audio.Speech}, func(stage.Transcript) {})
	if err != nil {
		return fmt.Errorf("warm the ears: %w", err)
	}
	err = rec.Write(ctx, sounds...)
	if err == nil {
		_, err = rec.Finish(ctx)
	}
	if err = errors.Join(err, rec.Close()); err != nil {
		return fmt.Errorf("warm the ears: %w", err)
	}
	return nil
}
