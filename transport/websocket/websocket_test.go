package websocket

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"parley/transport/client"
	"parley/transport/internal/talk"
	"parley/transport/realtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, change func(*Options)) (*Handler, string) {
	t.Helper()
	o := Options{Service: talk.Service(t)}
	if change != nil {
		change(&o)
	}
	h := NewHandler(o)
	web := httptest.NewServer(h)
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		web.Close()
	})
	return h, "ws" + strings.TrimPrefix(web.URL, "http") + "/v1/realtime"
}

func dial(t *testing.T, url string, o client.Options) *client.Conn {
	t.Helper()
	c, err := client.DialWebSocket(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

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

func TestConversation(t *testing.T) {
	_, url := serve(t, nil)
	e := &ear{}
	c := dial(t, url, client.Options{Sound: e.hear, ParleyEvents: true})
	ctx := t.Context()
	if _, err := c.Speak(ctx, talk.Tone(600, 16000, time.Second), 16000); err != nil {
		t.Fatal(err)
	}
	var types []string
	for {
		ev, err := c.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(types); n == 0 || types[n-1] != ev.Type { // the number of partial transcripts varies
			types = append(types, ev.Type)
		}
		if ev.Type == "conversation.item.input_audio_transcription.completed" && ev.Transcript != "tone 600" {
			t.Errorf("transcript %q", ev.Transcript)
		}
		if ev.Type == "parley.turn.trace" {
			break
		}
	}
	types = slices.DeleteFunc(types, func(s string) bool {
		return strings.HasSuffix(s, "transcript.partial") || strings.HasSuffix(s, "transcription.delta") || strings.HasPrefix(s, "parley.output")
	})
	want := []string{
		"session.created", "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
		"conversation.item.added", "conversation.item.input_audio_transcription.completed", "conversation.item.done",
		"response.created", "response.output_item.added", "conversation.item.added", "response.content_part.added",
		"response.output_audio_transcript.delta", "response.output_audio.done", "response.output_audio_transcript.done",
		"response.content_part.done", "response.output_item.done", "conversation.item.done", "response.done", "parley.turn.trace",
	}
	if !slices.Equal(types, want) {
		t.Errorf("events\n %s\nwant\n %s", strings.Join(types, "\n "), strings.Join(want, "\n "))
	}
	pcm := e.heard()
	if f, _ := talk.Pitch(pcm, c.Rate()); math.Abs(f-600) > 2 || len(pcm) != 24000 {
		t.Errorf("heard %.1f Hz in %d samples, want 600 in 24000", f, len(pcm))
	}
}

func TestParleyEventsAreForThoseWhoAsk(t *testing.T) {
	_, url := serve(t, nil)
	c := dial(t, url, client.Options{})
	ask(t, c, "tone 500")
	for {
		ev, err := c.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(ev.Type, "parley.") {
			t.Errorf("a stock client got %s, which some of them choke on", ev.Type)
		}
		if ev.Type == "response.done" {
			return
		}
	}
}

// ask types a question.
func ask(t *testing.T, c *client.Conn, text string) {
	t.Helper()
	for _, ev := range []any{
		map[string]any{"type": "conversation.item.create", "item": map[string]any{
			"type": "message", "role": "user", "content": []any{map[string]any{"type": "input_text", "text": text}},
		}},
		map[string]any{"type": "response.create"},
	} {
		if err := c.Send(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFormats(t *testing.T) {
	_, url := serve(t, nil)
	for _, kind := range []string{"audio/pcmu", "audio/pcma"} {
		t.Run(kind, func(t *testing.T) {
			ws := rawDial(t, url, nil, nil)
			write(t, ws, map[string]any{"type": "session.update", "session": map[string]any{
				"audio": map[string]any{"output": map[string]any{"format": map[string]any{"type": kind}}, "input": map[string]any{"format": map[string]any{"type": kind}, "turn_detection": nil}},
			}})
			enc := realtime.PCMU
			if kind == "audio/pcma" {
				enc = realtime.PCMA
			}
			write(t, ws, map[string]any{"type": "input_audio_buffer.append", "audio": enc.Encode(talk.Tone(500, 8000, time.Second))})
			time.Sleep(100 * time.Millisecond) // so that there is sound to commit
			write(t, ws, map[string]any{"type": "input_audio_buffer.commit"})
			var sound []byte
			for {
				ev := read(t, ws)
				switch ev.Type {
				case "conversation.item.done":
					write(t, ws, map[string]any{"type": "response.create"})
				case "conversation.item.input_audio_transcription.completed":
					if ev.Transcript != "tone 500" {
						t.Errorf("it heard %q", ev.Transcript)
					}
				case "response.output_audio.delta":
					sound = append(sound, ev.Delta...)
				case "error":
					if ev.Error.Code != "conversation_already_has_active_response" { // the reply's own item is done, too
						t.Fatalf("%+v", ev.Error)
					}
				case "response.done":
					pcm := enc.Decode(sound)
					if f, _ := talk.Pitch(pcm, 8000); math.Abs(f-500) > 2 || len(pcm) != 8000 {
						t.Errorf("heard %.1f Hz in %d samples", f, len(pcm))
					}
					return
				}
			}
		})
	}
}

// rawDial connects without the client package, as somebody who breaks rules.
func rawDial(t *testing.T, url string, protocols []string, header http.Header) *websocket.Conn {
	t.Helper()
	ws, resp, err := (&websocket.Dialer{Subprotocols: protocols}).DialContext(t.Context(), url, header)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	t.Cleanup(func() { ws.Close() })
	return ws
}

func write(t *testing.T, ws *websocket.Conn, ev any) {
	t.Helper()
	if err := ws.WriteJSON(ev); err != nil {
		t.Fatal(err)
	}
}

type rawEvent struct {
	Type       string
	Delta      deltaBytes
	Transcript string
	Error      struct {
		Code    string
		Message string
		EventID string `json:"event_id"`
	}
}

// deltaBytes is base64 if it can be.
type deltaBytes []byte

func (d *deltaBytes) UnmarshalJSON(b []byte) error {
	var raw []byte
	if json.Unmarshal(b, &raw) == nil {
		*d = raw
	}
	return nil
}

func read(t *testing.T, ws *websocket.Conn) rawEvent {
	t.Helper()
	var ev rawEvent
	if err := ws.ReadJSON(&ev); err != nil {
		t.Fatal(err)
	}
	return ev
}

func TestTheSessionSurvivesNonsense(t *testing.T) {
	_, url := serve(t, nil)
	ws := rawDial(t, url, nil, nil)
	if ev := read(t, ws); ev.Type != "session.created" {
		t.Fatalf("the first event is %q", ev.Type)
	}
	for _, tc := range []struct{ send, code string }{
		{"not JSON", "invalid_json"},
		{`["a"]`, "invalid_json"},
		{`{"type":"session.destroy","event_id":"e7"}`, "unknown_event"},
		{strings.Repeat("[", 100000), "invalid_json"},
	} {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(tc.send)); err != nil {
			t.Fatal(err)
		}
		ev := read(t, ws)
		if ev.Type != "error" || ev.Error.Code != tc.code {
			t.Errorf("%.40q is answered by %s %+v", tc.send, ev.Type, ev.Error)
		}
		if strings.Contains(tc.send, "e7") && ev.Error.EventID != "e7" {
			t.Errorf("the error echoes event_id %q", ev.Error.EventID)
		}
	}
	if err := ws.WriteMessage(websocket.BinaryMessage, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if ev := read(t, ws); ev.Error.Code != "invalid_message" {
		t.Errorf("a binary message is answered by %+v", ev)
	}
	write(t, ws, map[string]any{"type": "session.update", "session": map[string]any{"instructions": "Be brief."}})
	if ev := read(t, ws); ev.Type != "session.updated" {
		t.Errorf("after all that an update is answered by %+v", ev)
	}
}

func TestOversizeMessage(t *testing.T) {
	_, url := serve(t, nil)
	ws := rawDial(t, url, nil, nil)
	read(t, ws)
	huge := bytes.Repeat([]byte("A"), maxMessage+1)
	_ = ws.WriteMessage(websocket.TextMessage, huge) // the server may hang up first
	for {
		_, _, err := ws.ReadMessage()
		if err == nil {
			continue
		}
		if websocket.IsCloseError(err, websocket.CloseMessageTooBig) || strings.Contains(err.Error(), "reset") || strings.Contains(err.Error(), "broken pipe") {
			return
		}
		t.Fatalf("the connection ends with %v", err)
	}
}

func TestLargestAppend(t *testing.T) {
	_, url := serve(t, nil)
	ws := rawDial(t, url, nil, nil)
	read(t, ws)
	write(t, ws, map[string]any{"type": "input_audio_buffer.append", "audio": strings.Repeat("A", realtime.MaxAppend)})
	write(t, ws, map[string]any{"type": "nonsense"})
	if ev := read(t, ws); ev.Error.Code != "unknown_event" {
		t.Errorf("the largest append is answered by %+v", ev)
	}
}

// A client that does not read is dropped, and others do not notice.
func TestSlowClientIsDropped(t *testing.T) {
	h, url := serve(t, func(o *Options) { o.QueueBytes, o.WriteTimeout = 64<<10, 200*time.Millisecond })
	slow := rawDial(t, url, nil, nil)
	for range 20000 { // each is answered by an error that nobody reads
		_ = slow.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if err := slow.WriteMessage(websocket.TextMessage, []byte(`{"type":"`+strings.Repeat("x", 900)+`"}`)); err != nil {
			break
		}
	}
	for {
		h.mu.Lock()
		n := len(h.conns)
		h.mu.Unlock()
		if n == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	c := dial(t, url, client.Options{})
	if _, err := c.Next(t.Context(), "session.created"); err != nil {
		t.Error(err)
	}
}

func TestTwoClientsAreApart(t *testing.T) {
	_, url := serve(t, nil)
	var wg sync.WaitGroup
	for _, freq := range []float64{400, 900} {
		wg.Go(func() {
			e := &ear{}
			c := dial(t, url, client.Options{Sound: e.hear})
			ask(t, c, fmt.Sprintf("tone %.0f", freq))
			if _, err := c.Next(t.Context(), "response.done"); err != nil {
				t.Error(err)
			}
			if f, _ := talk.Pitch(e.heard(), c.Rate()); math.Abs(f-freq) > 2 {
				t.Errorf("heard %.1f Hz, want %.0f", f, freq)
			}
		})
	}
	wg.Wait()
}

func TestAccess(t *testing.T) {
	_, url := serve(t, func(o *Options) {
		o.Access = realtime.Access{Keys: []string{"one", "two"}, Origins: []string{"https://app.example"}}
	})
	for _, tc := range []struct {
		name      string
		protocols []string
		header    http.Header
		status    int
	}{
		{"none", nil, nil, 401},
		{"wrong", nil, http.Header{"Authorization": {"Bearer three"}}, 401},
		{"bearer", nil, http.Header{"Authorization": {"Bearer two"}}, 101},
		{"subprotocol", []string{"realtime", "openai-insecure-api-key.one", "openai-agents-sdk.0.20.0"}, nil, 101},
		{"wrong subprotocol", []string{"realtime", "openai-insecure-api-key.zero"}, nil, 401},
		{"foreign page", nil, http.Header{"Authorization": {"Bearer two"}, "Origin": {"https://evil.example"}}, 403},
		{"listed page", nil, http.Header{"Authorization": {"Bearer two"}, "Origin": {"https://app.example"}}, 101},
		{"local page", nil, http.Header{"Authorization": {"Bearer two"}, "Origin": {"http://localhost:5173"}}, 101},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ws, resp, err := (&websocket.Dialer{Subprotocols: tc.protocols}).DialContext(t.Context(), url, tc.header)
			if resp == nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tc.status {
				t.Errorf("%s, want %d", resp.Status, tc.status)
			}
			if ws != nil {
				defer ws.Close()
				if len(tc.protocols) > 0 && ws.Subprotocol() != "realtime" {
					t.Errorf("subprotocol %q", ws.Subprotocol())
				}
			}
		})
	}
}

func TestLimitsAndClose(t *testing.T) {
	h, url := serve(t, func(o *Options) { o.MaxConnections = 1 })
	c := dial(t, url, client.Options{})
	if _, err := c.Next(t.Context(), "session.created"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DialWebSocket(t.Context(), url, client.Options{}); err == nil || !strings.Contains(err.Error(), "connection_limit_reached") {
		t.Errorf("a connection too many: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "1001") {
		t.Errorf("the client sees %v, want close code 1001", err)
	}
	if _, err := client.DialWebSocket(t.Context(), url, client.Options{}); err == nil || !strings.Contains(err.Error(), "shutting_down") {
		t.Errorf("after Close: %v", err)
	}
}

func TestInterruptionCountsWhatWasPlayed(t *testing.T) {
	_, url := serve(t, nil)
	c := dial(t, url, client.Options{NoMicrophone: true})
	ask(t, c, "tone 500\ntone 500\ntone 500")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// The whole reply is written at once, so that playing it, by the server's
	// reckoning, goes on after response.done.
	if _, err := c.Next(ctx, "response.done"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	time.Sleep(500 * time.Millisecond)
	if err := c.Send(ctx, map[string]any{"type": "output_audio_buffer.clear"}); err != nil {
		t.Fatal(err)
	}
	ev, err := c.Next(ctx, "conversation.item.truncated")
	if err != nil {
		t.Fatal(err)
	}
	most := time.Since(began).Milliseconds() + 1500 // whatever the machine did before response.done came
	if ev.AudioEndMs < 500 || ev.AudioEndMs > most || ev.AudioEndMs > 3000 {
		t.Errorf("%d ms were heard, want 500 to %d", ev.AudioEndMs, most)
	}
}
