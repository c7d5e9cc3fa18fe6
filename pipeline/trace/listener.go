package trace

import "time"

// Listener is told of what happens, as it happens. Every field may be nil. The
// functions are called from the goroutines that do the work: they must not
// block, and must be safe for concurrent use.
type Listener struct {
	// Span is called when a piece of work has ended.
	Span func(Span)
	// Turn is called once for every turn, when it is over.
	Turn func(*Turn)
	// Dropped is called when a full queue made sound be thrown away.
	Dropped func(session, queue string, sound time.Duration)
	// Failed is called when something went wrong that somebody should see.
	Failed func(session, what string, err error)
	// Session is called when a conversation opens and when it closes, with
	// the number that are open then.
	Session func(session string, open bool, count int)
}

// EnsureDefaults gives a listener in which every function can be called.
func (l Listener) EnsureDefaults() Listener {
	if l.Span == nil {
		l.Span = func(Span) {}
	}
	if l.Turn == nil {
		l.Turn = func(*Turn) {}
	}
	if l.Dropped == nil {
		l.Dropped = func(string, string, time.Duration) {}
	}
	if l.Failed == nil {
		l.Failed = func(string, string, error) {}
	}
	if l.Session == nil {
		l.Session = func(string, bool, int) {}
	}
	return l
}

// Tee makes a listener that tells all of ls, in order.
func Tee(ls ...Listener) Listener {
	all := make([]Listener, len(ls))
	for i, l := range ls {
		all[i] = l.EnsureDefaults()
	}
	return Listener{
		Span: func(s Span) {
			for _, l := range all {
				l.Span(s)
			}
		},
		Turn: func(t *Turn) {
			for _, l := range all {
				l.Turn(t)
			}
		},
		Dropped: func(session, queue string, sound time.Duration) {
			for _, l := range all {
				l.Dropped(session, queue, sound)
			}
		},
		Failed: func(session, what string, err error) {
			for _, l := range all {
				l.Failed(session, what, err)
			}
		},
		Session: func(session string, open bool, count int) {
			for _, l := range all {
				l.Session(session, open, count)
			}
		},
	}
}
