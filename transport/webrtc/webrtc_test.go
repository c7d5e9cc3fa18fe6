package webrtc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"parley/transport/client"
	"parley/transport/internal/talk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server on the loopback interface.
func serve(t *testing.T, change func(*Options)) (*Server, string) {
	t.Helper()
	o := Options{Service: talk.Service(t), UDP: "127.0.0.1:0"}
	if change != nil {
		change(&o)
	}
	s, err := NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, web.URL
}

// ear collects what a client hears.
type ear struct {
	mu  sync.Mutex
	pcm []float32
}

func (e *ear) hear(s client.Sound) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pcm = append(e.pcm, s.Samples...)
}

func (e *ear) heard() []float32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.pcm)
}

func dial(t *testing.T, url string, o client.Options) *client.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := client.DialWebRTC(ctx, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// converse whistles a tone and hears it come back.
func converse(t *testing.T, c *client.Conn, e *ear, freq float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := c.Speak(ctx, talk.Tone(freq, 16000, time.Second), 16000); err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{
		"input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
		"conversation.item.added", "conversation.item.input_audio_transcription.completed",
		"response.created", "response.output_audio.done", "response.done",
	} {
		ev, err := c.Next(ctx, typ)
		if err != nil {
			t.Fatalf("waiting for %s: %v", typ, err)
		}
		if want := fmt.Sprintf("tone %.0f", freq); ev.Transcript != "" && ev.Transcript != want {
			t.Errorf("transcript %q, want %q", ev.Transcript, want)
		}
	}
	if _, err := c.Next(ctx, "output_audio_buffer.stopped"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // the way through the network
	got, n := talk.Pitch(e.heard(), c.Rate())
	if math.Abs(got-freq) > 3 {
		t.Errorf("heard %.1f Hz, want %.0f", got, freq)
	}
	// Of a sine, 1/8 lies below a fifth of its height.
	if d := float64(n) / float64(c.Rate()); d < 0.8*talk.ReplyLength.Seconds() || d > 1.05*talk.ReplyLength.Seconds() {
		t.Errorf("heard %.2f s of sound, want about %v", d, talk.ReplyLength)
	}
}

func TestConversation(t *testing.T) {
	_, url := serve(t, nil)
	e := &ear{}
	c := dial(t, url, client.Options{Sound: e.hear, Model: "gpt-realtime"})
	ev, err := c.Next(t.Context(), "session.created")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(ev.Raw, []byte(`"model":"gpt-realtime"`)) {
		t.Errorf("session.created does not echo the model: %s", ev.Raw)
	}
	converse(t, c, e, 600)
}

func TestEveryInterface(t *testing.T) {
	_, url := serve(t, func(o *Options) { o.UDP, o.Loopback = ":0", true })
	e := &ear{}
	converse(t, dial(t, url, client.Options{Sound: e.hear}), e, 500)
}

func TestOverTCP(t *testing.T) {
	_, url := serve(t, func(o *Options) { o.TCP = "127.0.0.1:0" })
	e := &ear{}
	c := dial(t, url, client.Options{Sound: e.hear, Engine: func(s *webrtc.SettingEngine) {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}})
	converse(t, c, e, 700)
}

func TestTwoClientsAreApart(t *testing.T) {
	_, url := serve(t, nil)
	var wg sync.WaitGroup
	for _, freq := range []float64{400, 900} {
		wg.Go(func() {
			e := &ear{}
			c, err := client.DialWebRTC(t.Context(), url, client.Options{Sound: e.hear})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			converse(t, c, e, freq)
		})
	}
	wg.Wait()
}

func TestSessionComesWithTheOffer(t *testing.T) {
	_, url := serve(t, nil)
	c := dial(t, url, client.Options{Session: map[string]any{"type": "realtime", "instructions": "Whistle."}})
	ev, err := c.Next(t.Context(), "session.created")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(ev.Raw, []byte(`"instructions":"Whistle."`)) {
		t.Errorf("the session is not the one that was sent: %s", ev.Raw)
	}
}

func TestSilenceStopsTheReply(t *testing.T) {
	_, url := serve(t, nil)
	e := &ear{}
	c := dial(t, url, client.Options{Sound: e.hear})
	ctx := t.Context()
	for _, ev := range []any{
		map[string]any{"type": "conversation.item.create", "item": map[string]any{
			"type": "message", "role": "user", "content": []any{map[string]any{"type": "input_text", "text": "tone 500\ntone 500\ntone 500"}},
		}},
		map[string]any{"type": "response.create"},
	} {
		if err := c.Send(ctx, ev); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Next(ctx, "output_audio_buffer.started"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if err := c.Send(ctx, map[string]any{"type": "output_audio_buffer.clear"}); err != nil {
		t.Fatal(err)
	}
	ev, err := c.Next(ctx, "conversation.item.truncated")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	_, n := talk.Pitch(e.heard(), c.Rate())
	heard := float64(n) / float64(c.Rate()) * 1000 / 0.87 // of a sine, so much is loud
	if said := float64(ev.AudioEndMs); math.Abs(heard-said) > 60 || said >= 3000 {
		t.Errorf("the client heard %.0f ms; the server says %.0f", heard, said)
	}
}

func TestHangup(t *testing.T) {
	s, url := serve(t, nil)
	c := dial(t, url, client.Options{})
	s.mu.Lock()
	id := slices.Collect(maps.Keys(s.calls))[0]
	s.mu.Unlock()
	resp, err := http.Post(url+Path+"/"+id+"/hangup", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("hangup: %s", resp.Status)
	}
	<-c.Done()
	if resp, err = http.Post(url+Path+"/nobody/hangup", "", nil); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("hangup of nobody: %s", resp.Status)
	}
}

func TestClientGoes(t *testing.T) {
	s, url := serve(t, nil)
	c := dial(t, url, client.Options{})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for {
		s.mu.Lock()
		n := s.open
		s.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond) // the test's own deadline ends a server that keeps it
	}
}

func TestRefusals(t *testing.T) {
	_, url := serve(t, func(o *Options) { o.MaxCalls, o.Access.Keys = 1, []string{"sesame"} })
	form := func(fields ...string) (string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for i := 0; i < len(fields); i += 2 {
			_ = w.WriteField(fields[i], fields[i+1])
		}
		w.Close()
		return w.FormDataContentType(), b.String()
	}
	noSDPKind, noSDP := form("session", "{}")
	oddKind, odd := form("sdp", "v=0", "other", "x")
	badKind, bad := form("sdp", "v=0", "session", `{"voice":1}`)
	for _, tc := range []struct {
		name, kind, body, key, origin string
		status                        int
		code                          string
	}{
		{"no key", "application/sdp", "v=0", "", "", 401, "invalid_api_key"},
		{"wrong key", "application/sdp", "v=0", "please", "", 401, "invalid_api_key"},
		{"another site", "application/sdp", "v=0", "sesame", "https://evil.example", 403, "origin_not_allowed"},
		{"type", "application/json", "{}", "sesame", "", 415, "unsupported_content_type"},
		{"no type", "", "v=0", "sesame", "", 415, "unsupported_content_type"},
		{"no offer", "application/sdp", "", "sesame", "", 400, "invalid_offer"},
		{"not SDP", "application/sdp", "hello", "sesame", "", 400, "invalid_offer"},
		{"no sound", "application/sdp", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "sesame", "", 400, "invalid_offer"},
		{"too large", "application/sdp", strings.Repeat("a", maxSDP+1), "sesame", "", 413, "request_too_large"},
		{"far too large", "application/sdp", strings.Repeat("a", 1<<20), "sesame", "", 413, "request_too_large"},
		{"form without sdp", noSDPKind, noSDP, "sesame", "", 400, "missing_required_parameter"},
		{"form with more", oddKind, odd, "sesame", "", 400, "unknown_parameter"},
		{"bad session", badKind, bad, "sesame", "", 400, "unknown_parameter"},
		{"no boundary", "multipart/form-data", "x", "sesame", "", 400, "invalid_request"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req, _ := http.NewRequest(http.MethodPost, url+Path, strings.NewReader(tc.body))
			req.Header.Set("Content-Type", tc.kind)
			if tc.key != "" {
				req.Header.Set("Authorization", "Bearer "+tc.key)
			}
			if tc.origin != "" {
				req.Header.Set("Origin", tc.origin)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, _ := io.ReadAll(resp.Body)
			var e struct {
				Error struct{ Code, Message, Type string }
			}
			if err := json.Unmarshal(b, &e); err != nil {
				t.Fatalf("%s: %q", resp.Status, b)
			}
			if resp.StatusCode != tc.status || e.Error.Code != tc.code {
				t.Errorf("%d %s (%s), want %d %s", resp.StatusCode, e.Error.Code, e.Error.Message, tc.status, tc.code)
			}
		})
	}
	dial(t, url, client.Options{Key: "sesame"})
	if _, err := client.DialWebRTC(t.Context(), url, client.Options{Key: "sesame"}); err == nil || !strings.Contains(err.Error(), "call_limit_reached") {
		t.Errorf("a call too many: %v", err)
	}
}

func TestCORS(t *testing.T) {
	_, url := serve(t, func(o *Options) { o.Access.Origins = []string{"https://app.example"} })
	for origin, want := range map[string]string{
		"https://app.example": "https://app.example", "http://localhost:5173": "http://localhost:5173", "https://evil.example": "",
	} {
		req, _ := http.NewRequest(http.MethodOptions, url+Path, nil)
		req.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s is allowed %q", origin, got)
		}
	}
}

// An offer with nobody behind it must not stay for ever.
func TestNobodyConnects(t *testing.T) {
	s, url := serve(t, func(o *Options) { o.ConnectTimeout = 100 * time.Millisecond })
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+Path, "application/sdp", strings.NewReader(offer.SDP))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusCreated || !strings.HasPrefix(resp.Header.Get("Location"), Path+"/rtc_") {
		t.Fatalf("%s, location %q: %s", resp.Status, resp.Header.Get("Location"), answer)
	}
	if !bytes.Contains(answer, []byte("a=candidate")) || !bytes.Contains(answer, []byte("a=sendrecv")) {
		t.Errorf("the answer lacks candidates or a direction:\n%s", answer)
	}
	s.wg.Wait()
}
