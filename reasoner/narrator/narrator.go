// Package narrator is the grammar that turns findings into speech: it decides
// what to say next of what is known by now.
//
//   - Answers come first and are spoken as soon as they arrive, in their order;
//     then what supports them; apologies wait until nothing better can come.
//     Progress is spoken once, and only while there is nothing else to say.
//   - A finding that is revised or retracted before it was spoken is as if it
//     had never been otherwise. One that was spoken is corrected once, in plain
//     words.
//   - Nothing is said that is not in a finding, but for the few words that
//     introduce a correction.
//
// Everything that has arrived is taken in before each clause is chosen, so the
// slower the speaking, the fresher what is said.
package narrator

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/pipeline/stage"
)

// Splitter cuts a text into clauses that can be spoken in one breath.
type Splitter interface {
	// Write takes the next piece of text and returns the clauses that it
	// completes, without white space around them.
	Write(delta string) []string
	// Flush returns what is left at the end of the text.
	Flush() []string
}

// Narrator implements stage.Narrator. It is safe for concurrent use.
type Narrator struct {
	newSplitter func() Splitter
}

// New makes a narrator. newSplitter makes the splitter of one claim's text; nil
// speaks claims whole.
func New(newSplitter func() Splitter) *Narrator {
	return &Narrator{newSplitter: newSplitter}
}

// Narrate speaks from the findings until the channel is closed and everything
// worth saying was emitted, or until ctx is done, whose error it returns then.
func (n *Narrator) Narrate(ctx context.Context, _ stage.Turn, in <-chan stage.Finding, emit func(stage.Clause) error) error {
	s := &speech{split: n.split}
	for open := true; ; {
		if open {
			open = s.listen(ctx, in)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		c, ok := s.next(!open)
		switch {
		case ok:
			if err := emit(c); err != nil {
				return err
			}
		case !open:
			return nil
		default: // nothing to say: wait
			select {
			case <-ctx.Done():
				return ctx.Err()
			case f, more := <-in:
				if open = more; more {
					s.take(f)
				}
			}
		}
	}
}

// listen takes in all findings that are waiting and says whether more can come.
func (s *speech) listen(ctx context.Context, in <-chan stage.Finding) bool {
	for ctx.Err() == nil {
		select {
		case f, open := <-in:
			if !open {
				return false
			}
			s.take(f)
		default:
			return true
		}
	}
	return true
}

// split cuts a claim's text into clauses, the last with final punctuation.
func (n *Narrator) split(text string) []string {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	text = punctuated(text)
	if n.newSplitter == nil {
		return []string{text}
	}
	sp := n.newSplitter()
	return append(sp.Write(text), sp.Flush()...)
}

// punctuated ends a text with a full stop unless it ends with some mark. A part
// of a sentence that ends with a comma goes on in the next claim.
func punctuated(text string) string {
	bare := strings.TrimRight(text, "\"'”’)]")
	if r, _ := utf8.DecodeLastRuneInString(bare); strings.ContainsRune(".!?…,;:–—-", r) {
		return text
	}
	return text + "."
}

// sentence makes a sentence of its own of a text that may be part of one.
func sentence(text string) string {
	text = strings.TrimRight(strings.TrimSpace(text), ",;:–—- ")
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}
