package websocket

import (
	"context"
	"errors"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"

	"parley/pipeline/stage"
	"parley/transport/realtime"
)

// conn is one client.
type conn struct {
	o   Options
	log *zap.Logger
	out *queue
	ws  *websocket.Conn
	rt  *realtime.Conn
}

// serve runs the connection and returns when everything of it has ended.
func (c *conn) serve(ctx context.Context, ws *websocket.Conn, o realtime.Options) {
	c.ws = ws
	defer ws.Close()
	o.Send = c.send
	rt, err := realtime.New(o, nil)
	if err != nil {
		c.fail(err)
		return
	}
	c.rt = rt
	player := newSpeaker(c.out, rt.Sounding, func(at time.Time) { rt.Conversation().Sent(at) })
	if err := rt.Start(ctx, player); err != nil {
		c.fail(err)
		return
	}
	log := c.log.With(zap.String("session", rt.Conversation().ID()))
	c.log = log
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.writeAll(rt.Conversation().Done())
		// A blocked read ends with its connection.
		ws.Close()
	}()
	c.readAll()
	c.out.close(websocket.CloseNormalClosure, "")
	_ = rt.Close()
	<-written
}

// fail tells a client why there will be no conversation.
func (c *conn) fail(err error) {
	f := stage.AsFault(err)
	c.log.Warn("websocket: no conversation", zap.Error(err))
	_ = c.ws.SetWriteDeadline(time.Now().Add(c.o.WriteTimeout))
	_ = c.ws.WriteJSON(realtime.NewError(f))
	code := websocket.CloseInternalServerErr
	switch {
	case errors.Is(f, stage.ErrInvalid):
		code = websocket.ClosePolicyViolation
	case errors.Is(f, stage.ErrOverloaded), errors.Is(f, stage.ErrUnavailable):
		code = websocket.CloseTryAgainLater
	}
	c.sayClose(code, f.Code)
}

// send queues an event. A client that reads too slowly is given up.
func (c *conn) send(event []byte) {
	if !c.out.put(message{data: event}) {
		c.out.abandon(websocket.ClosePolicyViolation, "the client reads too slowly")
	}
}

// readAll obeys the client until it, or the conversation, is gone.
func (c *conn) readAll() {
	c.ws.SetReadLimit(maxMessage)
	alive := func() { _ = c.ws.SetReadDeadline(time.Now().Add(2*c.o.PingInterval + c.o.WriteTimeout)) }
	c.ws.SetPongHandler(func(string) error { alive(); return nil })
	alive()
	for {
		kind, raw, err := c.ws.ReadMessage()
		switch {
		case errors.Is(err, websocket.ErrReadLimit):
			c.out.close(websocket.CloseMessageTooBig, "the message is too large")
			c.log.Warn("websocket: message too large")
			return
		case err != nil:
			if websocket.IsUnexpectedCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived) {
				c.log.Info("websocket: client gone", zap.Error(err))
			}
			return
		case kind != websocket.TextMessage:
			c.rt.Refuse(stage.Invalid("invalid_message", "", "Events are JSON in text messages; sound is base64 within input_audio_buffer.append."))
			continue
		}
		alive()
		if err := c.rt.Handle(raw); err != nil {
			return
		}
	}
}

// writeAll writes what is queued, and pings, until the connection is to end.
func (c *conn) writeAll(over <-chan struct{}) {
	ping := time.NewTicker(c.o.PingInterval)
	defer ping.Stop()
	for {
		m, ok, changed := c.out.take()
		if ok {
			_ = c.ws.SetWriteDeadline(time.Now().Add(c.o.WriteTimeout))
			if err := c.ws.WriteMessage(websocket.TextMessage, m.data); err != nil {
				c.log.Warn("websocket: client dropped", zap.Error(err))
				c.out.close(websocket.CloseAbnormalClosure, "")
				return
			}
			if m.written != nil {
				m.written(time.Now())
			}
			continue
		}
		if closed, code, reason := c.out.ending(); closed {
			c.sayClose(code, reason)
			return
		}
		select {
		case <-changed:
		case <-ping.C:
			if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.o.WriteTimeout)); err != nil {
				c.out.close(websocket.CloseAbnormalClosure, "")
				return
			}
		case <-over:
			over = nil
			c.out.close(websocket.CloseGoingAway, "the conversation is over")
		}
	}
}

func (c *conn) sayClose(code int, reason string) {
	if code == websocket.CloseAbnormalClosure {
		return // there is nobody to tell, and the code may not be sent
	}
	if code == websocket.ClosePolicyViolation {
		c.log.Warn("websocket: client dropped", zap.String("reason", reason))
	}
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
}
