package webrtc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/transport/opus"
	"parley/transport/realtime"
)

// eventsLabel is the data channel that carries the events.
const eventsLabel = "oai-events"

// gatherTimeout bounds the wait for the server's own candidates, which are
// those of its interfaces and take no asking.
const gatherTimeout = 5 * time.Second

// call is one client.
type call struct {
	id     string
	s      *Server
	log    *zap.Logger
	pc     *webrtc.PeerConnection
	rt     *realtime.Conn
	player *player
	events *events

	connected     chan struct{}
	connectedOnce sync.Once
	over          chan struct{}
	overOnce      sync.Once

	mu     sync.Mutex
	closed bool
	track  bool // there is one
	wg     sync.WaitGroup
}

// call answers an offer. Everything that it starts ends with the call.
func (s *Server) call(ctx context.Context, offer string, session []byte, model string) (*call, string, error) {
	if err := s.reserve(); err != nil {
		return nil, "", err
	}
	c := &call{
		id: "rtc_" + rand.Text(), s: s,
		connected: make(chan struct{}), over: make(chan struct{}),
	}
	c.log = s.o.Log.With(zap.String("call", c.id))
	answer, err := c.accept(ctx, offer, session, model)
	if err != nil {
		c.close()
		s.release()
		return nil, "", err
	}
	s.enter(c)
	go func() {
		defer s.release()
		defer s.leave(c)
		c.run()
	}()
	return c, answer, nil
}

// accept makes the peer connection and the conversation and gives the answer.
func (c *call) accept(ctx context.Context, offer string, session []byte, model string) (answer string, err error) {
	c.events = &events{giveUp: func() { c.end("the client reads too slowly") }}
	c.rt, err = realtime.New(realtime.Options{
		Service: c.s.o.Service, Send: c.events.send, Track: true, Extensions: true, Requested: model,
	}, session)
	if err != nil {
		return "", err
	}
	if c.pc, err = c.s.api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return "", fmt.Errorf("webrtc: new peer connection: %w", err)
	}
	c.pc.OnConnectionStateChange(c.stateChanged)
	c.pc.OnTrack(c.hear)
	c.pc.OnDataChannel(c.openEvents)
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", stage.Invalid("invalid_offer", "sdp", "The SDP offer cannot be used: %v.", err)
	}
	if !c.offersSound() {
		return "", stage.Invalid("invalid_offer", "sdp", "The offer has no audio; add the microphone's track before making it.")
	}
	track, err := webrtc.NewTrackLocalStaticRTP(opusCodec, "reply", "parley")
	if err != nil {
		return "", fmt.Errorf("webrtc: new track: %w", err)
	}
	sender, err := c.pc.AddTrack(track)
	if err != nil {
		return "", fmt.Errorf("webrtc: add track: %w", err)
	}
	if c.player, err = newPlayer(track.WriteRTP, func(at time.Time) { c.rt.Conversation().Sent(at) }); err != nil {
		return "", err
	}
	if err := c.rt.Start(ctx, c.player); err != nil {
		return "", err
	}
	c.log = c.log.With(zap.String("session", c.rt.Conversation().ID()))
	if answer, err = c.answer(ctx); err != nil {
		return "", err
	}
	c.spawn(func() { c.player.run(c.connected, c.over) })
	c.spawn(func() { // reports come by reading, which interceptors hang on
		buf := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(buf); err != nil {
				return
			}
		}
	})
	return answer, nil
}

// offersSound says whether the client wants to send sound or to get some.
func (c *call) offersSound() bool {
	for _, t := range c.pc.GetTransceivers() {
		if t.Kind() == webrtc.RTPCodecTypeAudio {
			return true
		}
	}
	return false
}

// answer makes the answer with all candidates in it.
func (c *call) answer(ctx context.Context) (string, error) {
	desc, err := c.pc.CreateAnswer(nil)
	if err != nil {
		return "", stage.Invalid("invalid_offer", "sdp", "The SDP offer cannot be answered: %v.", err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(desc); err != nil {
		return "", stage.Invalid("invalid_offer", "sdp", "The SDP offer cannot be answered: %v.", err)
	}
	ctx, cancel := context.WithTimeout(ctx, gatherTimeout)
	defer cancel()
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fmt.Errorf("webrtc: gather candidates: %w", ctx.Err())
	}
	return c.pc.LocalDescription().SDP, nil
}

// spawn runs f on a goroutine that close joins; after close it does nothing.
func (c *call) spawn(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.wg.Go(f)
	}
}

// end asks for the call to end. It does not block.
func (c *call) end(why string) {
	c.overOnce.Do(func() {
		c.log.Info("webrtc: call ends", zap.String("because", why))
		close(c.over)
	})
}

// run lives as long as the call.
func (c *call) run() {
	patience := time.NewTimer(c.s.o.ConnectTimeout)
	defer patience.Stop()
	connected := c.connected
	for {
		select {
		case <-connected:
			patience.Stop()
			connected = nil
			continue
		case <-patience.C:
			c.end("it did not connect")
		case <-c.rt.Conversation().Done():
			c.end("the conversation is over")
		case <-c.over:
		}
		break
	}
	c.close()
}

// close ends everything of the call, made in whole or in part, and joins it.
func (c *call) close() {
	c.overOnce.Do(func() { close(c.over) })
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	// The conversation first: whoever waits for it is then let go.
	if c.rt != nil && c.rt.Conversation() != nil {
		_ = c.rt.Close()
	}
	if c.pc != nil {
		if err := c.pc.GracefulClose(); err != nil {
			c.log.Warn("webrtc: close", zap.Error(err))
		}
	}
	c.wg.Wait()
}

func (c *call) stateChanged(st webrtc.PeerConnectionState) {
	switch st {
	case webrtc.PeerConnectionStateConnected:
		c.connectedOnce.Do(func() { close(c.connected) })
	case webrtc.PeerConnectionStateFailed:
		c.end("the connection failed")
	case webrtc.PeerConnectionStateClosed:
		c.end("the client closed the connection")
	default: // on its way to one of these
	}
}

// openEvents takes the data channel for events; any other is left alone.
func (c *call) openEvents(dc *webrtc.DataChannel) {
	if dc.Label() != eventsLabel || !c.events.take(dc) {
		return
	}
	dc.OnOpen(c.events.open)
	dc.OnMessage(func(m webrtc.DataChannelMessage) {
		if !m.IsString {
			c.rt.Refuse(stage.Invalid("invalid_message", "", "Events are JSON in text messages; sound goes by the track."))
			return
		}
		if err := c.rt.Handle(m.Data); err != nil {
			c.end("the conversation is over")
		}
	})
	dc.OnClose(func() { c.end("the client closed its events") })
}

// hear takes the person's track.
func (c *call) hear(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	c.mu.Lock()
	taken := c.track
	c.track = true
	c.mu.Unlock()
	if taken || t.Kind() != webrtc.RTPCodecTypeAudio {
		return
	}
	c.spawn(func() {
		if err := c.listen(t); err != nil {
			c.log.Error("webrtc: listen", zap.Error(err))
			c.end("its sound cannot be decoded")
		}
	})
}

func (c *call) listen(t *webrtc.TrackRemote) error {
	in, err := opus.NewReceiver(audio.Speech.Rate)
	if err != nil {
		return err
	}
	defer func() {
		n := in.Stats()
		c.log.Info("webrtc: sound received", zap.Int("packets", n.Received), zap.Int("recovered", n.Recovered),
			zap.Int("concealed", n.Concealed), zap.Int("late", n.Late), zap.Int("broken", n.Broken))
	}()
	for {
		var until time.Time
		if in.Waiting() {
			until = time.Now().Add(opus.Hold)
		}
		_ = t.SetReadDeadline(until)
		p, _, err := t.ReadRTP()
		switch {
		case err == nil:
			in.Write(p.SequenceNumber, p.Timestamp, p.Payload, c.rt.Push)
		case errors.Is(err, os.ErrDeadlineExceeded):
			in.Flush(c.rt.Push)
		default:
			in.Flush(c.rt.Push)
			return nil // the connection is closed
		}
	}
}
