package narrator

import (
	"strings"

	"parley/pipeline/stage"
)

// speech is one reply: what is known, and what of it was said.
type speech struct {
	split func(string) []string
	// entries are in the order in which their findings first came.
	entries []*entry
	// spoke says that something of substance was said: no progress after it.
	spoke bool
}

// entry is a finding and how far it was spoken.
type entry struct {
	stage.Finding
	// claims are those that were begun to be spoken, as they were.
	claims []spoken
}

// spoken is a claim that was begun: what it stated, its clauses still to come,
// and whether it was taken back.
type spoken struct {
	text, value string
	rest        []string
	withdrawn   bool
}

// take puts a finding in its place: a new entry, or that of its ID.
func (s *speech) take(f stage.Finding) {
	for _, e := range s.entries {
		if e.ID == f.ID {
			e.Finding = f
			return
		}
	}
	if !f.Retracted {
		s.entries = append(s.entries, &entry{Finding: f})
	}
}

// next chooses the clause to speak now. Done says that no more findings come.
func (s *speech) next(done bool) (stage.Clause, bool) {
	// What was said wrong is put right before anything is added.
	for _, e := range s.entries {
		if text, ok := s.correct(e); ok {
			return clause(e, text), true
		}
	}
	for _, e := range s.entries {
		if text, ok := e.goOn(); ok {
			return clause(e, text), true
		}
	}
	kinds := []stage.Kind{stage.Answer}
	if s.said(stage.Answer) || done {
		kinds = append(kinds, stage.Support)
	}
	if done {
		kinds = append(kinds, stage.Apology)
	}
	for _, k := range kinds {
		if c, ok := s.begin(k); ok {
			s.spoke = true
			return c, true
		}
	}
	if !s.spoke && !done {
		return s.begin(stage.Progress)
	}
	return stage.Clause{}, false
}

// begin speaks the next claim of the kind that was not begun yet.
func (s *speech) begin(k stage.Kind) (stage.Clause, bool) {
	for _, e := range s.entries {
		if e.Kind != k || e.Retracted {
			continue
		}
		for len(e.claims) < len(e.Claims) {
			if k == stage.Progress && len(e.claims) > 0 {
				break // once is enough, however it is reworded
			}
			c := e.Claims[len(e.claims)]
			e.claims = append(e.claims, begun(c, s.split(c.Text)))
			if text, ok := e.goOn(); ok {
				return clause(e, text), true
			}
		}
	}
	return stage.Clause{}, false
}

// goOn gives the next clause of a claim that was begun.
func (e *entry) goOn() (string, bool) {
	for i := range e.claims {
		if c := &e.claims[i]; len(c.rest) > 0 {
			text := c.rest[0]
			c.rest = c.rest[1:]
			return text, true
		}
	}
	return "", false
}

// correct gives the words that put right a claim which has changed since it was
// begun. A new wording of the same value is no change, and progress is not
// worth correcting.
func (s *speech) correct(e *entry) (string, bool) {
	lost := false
	for i := range e.claims {
		c := &e.claims[i]
		var now stage.Claim
		if i < len(e.Claims) && !e.Retracted {
			now = e.Claims[i]
		}
		switch {
		case !c.withdrawn && now.Text == c.text:
		case now.Text == "":
			lost = lost || !c.withdrawn
			c.withdrawn, c.rest = true, nil
		case e.Kind == stage.Progress:
			c.rest = nil
		case !c.withdrawn && now.Value != "" && now.Value == c.value:
		default:
			words := correction(now, c.withdrawn)
			*c = begun(now, s.split(words))
			return e.goOn()
		}
	}
	if lost && e.Kind != stage.Progress {
		return "Sorry, that was wrong.", true
	}
	return "", false
}

func begun(c stage.Claim, clauses []string) spoken {
	return spoken{text: c.Text, value: c.Value, rest: clauses}
}

// correction introduces the new state of a claim: by its value alone where that
// is part of the words, else by all of them.
func correction(c stage.Claim, withdrawn bool) string {
	if withdrawn { // it was already said that the old one was wrong
		return sentence(c.Text)
	}
	if c.Value != "" && strings.Contains(c.Text, c.Value) {
		return strings.TrimSpace("Sorry, that should be " + strings.TrimSpace(c.Value+" "+c.Unit))
	}
	return "Sorry, that should be: " + sentence(c.Text)
}

// said says whether a claim of the kind was begun.
func (s *speech) said(k stage.Kind) bool {
	for _, e := range s.entries {
		if e.Kind == k && len(e.claims) > 0 {
			return true
		}
	}
	return false
}

func clause(e *entry, text string) stage.Clause {
	return stage.Clause{Text: text, Findings: []string{e.ID}}
}
