package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"parley/pipeline/audio"
)

// wsRate is the rate of sound in events, in Hz.
const wsRate = 24000

// DialWebSocket connects to an endpoint such as
// "ws://localhost:8080/v1/realtime". ctx bounds the connecting alone.
func DialWebSocket(ctx context.Context, endpoint string, o Options) (*Conn, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("client: address: %w", err)
	}
	q := u.Query()
	if o.Model != "" {
		q.Set("model", o.Model)
	}
	if o.ParleyEvents {
		q.Set("parley_events", "true")
	}
	u.RawQuery = q.Encode()
	header := http.Header{}
	if o.Key != "" {
		header.Set("Authorization", "Bearer "+o.Key)
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, Subprotocols: []string{"realtime"}}
	ws, resp, err := dialer.DialContext(ctx, u.String(), header)
	if err != nil {
		if resp != nil {
			defer resp.Body.Close()
			return nil, fmt.Errorf("client: %w: %s", err, explain(resp))
		}
		return nil, fmt.Errorf("client: %w", err)
	}
	c := newConn(o)
	w := &wsCarrier{ws: ws}
	c.c = w
	c.wg.Go(func() { w.read(c) })
	if o.Session != nil {
		if err := c.Send(ctx, map[string]any{"type": "session.update", "session": o.Session}); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	c.begin()
	return c, nil
}

type wsCarrier struct {
	ws *websocket.Conn
	mu sync.Mutex // one writer at a time
}

func (w *wsCarrier) rate() int { return wsRate }

func (w *wsCarrier) send(ctx context.Context, event []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	deadline, _ := ctx.Deadline()
	_ = w.ws.SetWriteDeadline(deadline)
	if err := w.ws.WriteMessage(websocket.TextMessage, event); err != nil {
		return fmt.Errorf("client: send: %w", err)
	}
	return nil
}

func (w *wsCarrier) write(samples []float32) error {
	event, err := json.Marshal(struct {
		Type  string `json:"type"`
		Audio []byte `json:"audio"`
	}{"input_audio_buffer.append", audio.AppendPCM16(nil, samples)})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return w.send(ctx, event)
}

// close says goodbye and lets the reader end.
func (w *wsCarrier) close() error {
	_ = w.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	return w.ws.Close()
}

func (w *wsCarrier) read(c *Conn) {
	var pos int64
	for {
		_, raw, err := w.ws.ReadMessage()
		if err != nil {
			c.end(fmt.Errorf("client: receive: %w", err))
			return
		}
		e, ok := c.take(raw)
		if !ok {
			return
		}
		if e.Type != "response.output_audio.delta" {
			c.deliver(e)
			continue
		}
		pcm, err := base64.StdEncoding.DecodeString(e.Delta)
		if err != nil {
			c.end(fmt.Errorf("client: sound: %w", err))
			return
		}
		f := audio.Frame{Format: audio.Format{Rate: wsRate, Channels: 1}, Position: pos, Samples: audio.FromPCM16(pcm)}
		pos = f.End()
		c.o.Sound(Sound{Frame: f, At: e.At})
	}
}
