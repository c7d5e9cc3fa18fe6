package llm

import (
	"context"
	"time"
)

// watchdog ends an answer's context, with the reason as its cause, when the
// model stays silent for too long. It belongs to one goroutine.
type watchdog struct {
	ctx    context.Context //nolint:containedctx // it is the context of one call, made by it
	cancel context.CancelCauseFunc
	total  *time.Timer
	// first runs until the first token, idle ever after.
	first, idle *time.Timer
	stall       time.Duration
}

func watch(parent context.Context, o Options) *watchdog {
	w := &watchdog{stall: o.Stall}
	w.ctx, w.cancel = context.WithCancelCause(parent)
	w.total = time.AfterFunc(o.Total, func() { w.cancel(errTotal) })
	w.first = time.AfterFunc(o.FirstToken, func() { w.cancel(errFirstToken) })
	return w
}

// token says that a token came.
func (w *watchdog) token() {
	if w.idle == nil {
		w.first.Stop()
		w.idle = time.AfterFunc(w.stall, func() { w.cancel(errStalled) })
		return
	}
	w.idle.Reset(w.stall)
}

// alive says that the server is still there; it counts only behind the first
// token, for a server that keeps alive may well be stuck before it.
func (w *watchdog) alive() {
	if w.idle != nil {
		w.idle.Reset(w.stall)
	}
}

// pause stops the watch while a listener is busy with what came.
func (w *watchdog) pause() {
	if w.idle != nil {
		w.idle.Stop()
	}
}

func (w *watchdog) resume() { w.alive() }

func (w *watchdog) stop() {
	w.total.Stop()
	w.first.Stop()
	w.pause()
	w.cancel(nil)
}
