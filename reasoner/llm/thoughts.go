package llm

import "strings"

// thoughts takes the reasoning out of an answer that begins with it between
// marks, as open models write it when their server leaves it in the text.
type thoughts struct {
	held  string
	state thoughtState
}

type thoughtState int

const (
	undecided thoughtState = iota // nothing but white space or part of a mark yet
	inside
	outside
)

const (
	thoughtStart = "<think>"
	thoughtEnd   = "</think>"
)

// strip takes the next piece of the answer and returns what of it is to be said.
func (t *thoughts) strip(delta string) string {
	if t.state == outside {
		return delta
	}
	t.held += delta
	if t.state == undecided {
		text := strings.TrimLeft(t.held, " \n\r\t")
		switch {
		case strings.HasPrefix(text, thoughtStart):
			t.state = inside
		case strings.HasPrefix(thoughtStart, text):
			return ""
		default:
			t.state = outside
			return t.rest()
		}
	}
	_, after, found := strings.Cut(t.held, thoughtEnd)
	if !found {
		// A mark may be split over pieces; nothing else is needed again.
		t.held = t.held[max(0, len(t.held)-len(thoughtEnd)):]
		return ""
	}
	t.state, t.held = outside, ""
	return strings.TrimLeft(after, " \n\r\t")
}

// rest is what was held back and turned out to be no mark.
func (t *thoughts) rest() string {
	if t.state == inside {
		return ""
	}
	held := t.held
	t.held = ""
	return held
}
