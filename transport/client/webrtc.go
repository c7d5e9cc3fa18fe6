package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/pipeline/audio"
	"parley/transport/opus"
)

// DialWebRTC calls the server at an address such as "http://localhost:8080".
// ctx bounds the calling alone. It returns once sound and events can flow.
func DialWebRTC(ctx context.Context, base string, o Options) (*Conn, error) {
	c := newConn(o)
	r := &rtcCarrier{conn: c, ready: make(chan struct{})}
	c.c = r
	if err := r.dial(ctx, base); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.begin()
	return c, nil
}

var opusCodec = webrtc.RTPCodecCapability{
	MimeType: webrtc.MimeTypeOpus, ClockRate: opus.Clock, Channels: 2,
	SDPFmtpLine: "minptime=10;useinbandfec=1",
}

type rtcCarrier struct {
	conn  *Conn
	pc    *webrtc.PeerConnection
	dc    *webrtc.DataChannel
	track *webrtc.TrackLocalStaticRTP
	ready chan struct{} // the data channel is open

	mu   sync.Mutex
	enc  *opus.Encoder
	pcm  []float32
	head rtp.Header
}

func (r *rtcCarrier) dial(ctx context.Context, base string) (err error) {
	if r.enc, err = opus.NewEncoder(); err != nil {
		return err
	}
	if err := r.connect(); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	offer, err := r.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("client: offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(r.pc)
	if err := r.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("client: offer: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return ctx.Err()
	}
	answer, err := r.post(ctx, base, r.pc.LocalDescription().SDP)
	if err != nil {
		return err
	}
	if err := r.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return fmt.Errorf("client: answer: %w", err)
	}
	select {
	case <-r.ready:
		return nil
	case <-r.conn.done:
		return errors.Join(ErrClosed, r.conn.Err())
	case <-ctx.Done():
		return fmt.Errorf("client: connecting: %w", ctx.Err())
	}
}

// connect makes the peer connection with its track and its data channel.
func (r *rtcCarrier) connect() error {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opusCodec, PayloadType: 111}, webrtc.RTPCodecTypeAudio); err != nil {
		return err
	}
	set := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}}
	// A server may stand on this machine and on no other network.
	set.SetIncludeLoopbackCandidate(true)
	if r.conn.o.Engine != nil {
		r.conn.o.Engine(&set)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(set))
	var err error
	if r.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	r.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		r.conn.spawn(func() { r.hear(t) })
	})
	r.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed || s == webrtc.PeerConnectionStateClosed {
			r.conn.end(fmt.Errorf("client: the connection is %s", s))
		}
	})
	if r.track, err = webrtc.NewTrackLocalStaticRTP(opusCodec, "voice", "client"); err != nil {
		return err
	}
	sender, err := r.pc.AddTrack(r.track)
	if err != nil {
		return err
	}
	r.conn.wg.Go(func() {
		buf := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(buf); err != nil {
				return
			}
		}
	})
	if r.dc, err = r.pc.CreateDataChannel("oai-events", nil); err != nil {
		return err
	}
	r.dc.OnOpen(func() { close(r.ready) })
	r.dc.OnClose(func() { r.conn.end(errors.New("client: the server closed the events")) })
	r.dc.OnMessage(func(m webrtc.DataChannelMessage) {
		if e, ok := r.conn.take(m.Data); ok {
			r.conn.deliver(e)
		}
	})
	return nil
}

// post sends the offer and returns the answer.
func (r *rtcCarrier) post(ctx context.Context, base, offer string) (string, error) {
	o := r.conn.o
	body, kind := io.Reader(strings.NewReader(offer)), "application/sdp"
	if o.Session != nil {
		session, err := json.Marshal(o.Session)
		if err != nil {
			return "", fmt.Errorf("client: session: %w", err)
		}
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		_ = w.WriteField("sdp", offer) // a bytes.Buffer takes all
		_ = w.WriteField("session", string(session))
		_ = w.Close()
		body, kind = &form, w.FormDataContentType()
	}
	address := strings.TrimSuffix(base, "/") + "/v1/realtime/calls"
	if o.Model != "" {
		address += "?model=" + url.QueryEscape(o.Model)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return "", fmt.Errorf("client: %w", err)
	}
	req.Header.Set("Content-Type", kind)
	if o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+o.Key)
	}
	resp, err := o.HTTP.Do(req)
	if err != nil {
		return "", fmt.Errorf("client: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("client: %s: %s", resp.Status, explain(resp))
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("client: answer: %w", err)
	}
	return string(answer), nil
}

// explain reads what an error response says.
func explain(resp *http.Response) string {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	var e struct{ Error *Error }
	if json.Unmarshal(b, &e) == nil && e.Error != nil {
		return e.Error.Error()
	}
	return strings.TrimSpace(string(b))
}

func (r *rtcCarrier) hear(t *webrtc.TrackRemote) {
	in, err := opus.NewReceiver(opus.Clock)
	if err != nil {
		r.conn.end(err)
		return
	}
	hear := func(f audio.Frame) { r.conn.o.Sound(Sound{Frame: f, At: time.Now()}) }
	for {
		var until time.Time
		if in.Waiting() {
			until = time.Now().Add(opus.Hold)
		}
		_ = t.SetReadDeadline(until)
		p, _, err := t.ReadRTP()
		switch {
		case err == nil:
			in.Write(p.SequenceNumber, p.Timestamp, p.Payload, hear)
		case errors.Is(err, os.ErrDeadlineExceeded):
			in.Flush(hear)
		default:
			in.Flush(hear)
			return
		}
	}
}

func (r *rtcCarrier) rate() int { return opus.Clock }

func (r *rtcCarrier) send(_ context.Context, event []byte) error {
	if err := r.dc.SendText(string(event)); err != nil {
		return fmt.Errorf("client: send: %w", err)
	}
	return nil
}

func (r *rtcCarrier) write(samples []float32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pcm = append(r.pcm, samples...)
	for len(r.pcm) >= opus.FrameSamples {
		payload, err := r.enc.Encode(r.pcm[:opus.FrameSamples])
		if err != nil {
			return err
		}
		r.pcm = r.pcm[opus.FrameSamples:]
		r.head.Version = 2
		r.head.SequenceNumber++
		r.head.Timestamp += opus.FrameSamples
		if err := r.track.WriteRTP(&rtp.Packet{Header: r.head, Payload: payload}); err != nil {
			return fmt.Errorf("client: send sound: %w", err)
		}
	}
	return nil
}

func (r *rtcCarrier) close() error {
	if r.pc == nil {
		return nil
	}
	return r.pc.GracefulClose()
}
