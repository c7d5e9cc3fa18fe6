// Package trace records where a turn's time goes. It is the only clock source
// for logs, metrics, benchmarks and pages, so that they can never disagree:
// whoever wants to know how long something took asks a trace.
//
// A [Turn] carries the marks that part a turn into its budgeted stages, and the
// [Span] of every piece of work done for it. A [Listener] is told of them as
// they happen.
package trace

import (
	"encoding/json"
	"time"
)

// Stage is a part of the way from the person's last word to the reply's first
// sound. Every stage has a share of the turn's latency target.
type Stage string

// The stages, in the order in which a turn passes them.
const (
	Endpoint  Stage = "endpoint"  // end of speech → turn committed
	Recognise Stage = "recognise" // committed → final words
	Think     Stage = "think"     // final words → first clause to speak
	Speak     Stage = "speak"     // first clause → first sample of its sound
	Send      Stage = "send"      // first sample → first packet out
)

// Stages lists them in order.
var Stages = []Stage{Endpoint, Recognise, Think, Speak, Send}

// Mark is a moment in a turn.
type Mark int

// The moments, in the order in which an undisturbed turn meets them.
const (
	SpeechStart Mark = iota // the person's first speech sample arrived
	SpeechEnd               // the person's last speech sample arrived
	Commit                  // the turn was taken
	FinalWords              // its words were final
	FirstFinding
	FirstClause
	FirstSample
	FirstPacket
	LastPacket
	numMarks
)

var markNames = [numMarks]string{
	"speech_start", "speech_end", "commit", "final_words", "first_finding",
	"first_clause", "first_sample", "first_packet", "last_packet",
}

// String names the mark as traces and protocol events write it.
func (m Mark) String() string { return markNames[m] }

// bounds gives the marks between which a stage lies.
var bounds = map[Stage][2]Mark{
	Endpoint:  {SpeechEnd, Commit},
	Recognise: {Commit, FinalWords},
	Think:     {FinalWords, FirstClause},
	Speak:     {FirstClause, FirstSample},
	Send:      {FirstSample, FirstPacket},
}

// Outcome says how a piece of work, or a whole turn, ended.
type Outcome string

// The outcomes.
const (
	OK        Outcome = "ok"
	Cancelled Outcome = "cancelled" // no longer wanted
	Failed    Outcome = "failed"
)

// Span is one piece of work.
type Span struct {
	Session, Turn string
	// Stage is the budgeted stage that the work belongs to.
	Stage Stage
	// Name says what was done: "decode", "respond", "clause".
	Name string
	// Started, First and Done: when the work began, gave its first result and
	// ended. First is zero if it gave none.
	Started, First, Done time.Time
	// Size is the size of the input that the work depends on, in Unit.
	Size float64
	Unit string
	// Budget is the time that the plan gave it, or zero.
	Budget  time.Duration
	Outcome Outcome
	Err     string
}

// Turn is the record of one turn.
type Turn struct {
	Session, ID string
	// At holds the moments that were met; the others are zero.
	At [numMarks]time.Time
	// Budget is each stage's share of the target.
	Budget map[Stage]time.Duration
	// Question is what was recognised, Reply what was heard of the answer.
	Question, Reply string
	Outcome         Outcome
	// Spans lists the work done for the turn, in order of ending.
	Spans []Span
}

// Set notes a moment unless it was noted before, and says whether it did.
func (t *Turn) Set(m Mark, at time.Time) bool {
	if !t.At[m].IsZero() {
		return false
	}
	t.At[m] = at
	return true
}

// Took gives the time that a stage took; ok is false if the turn did not pass
// both of its ends.
func (t *Turn) Took(s Stage) (d time.Duration, ok bool) {
	b := bounds[s]
	return t.between(b[0], b[1])
}

// VoiceToVoice is the time from the person's last speech sample to the first
// packet of the reply, as the server saw both.
func (t *Turn) VoiceToVoice() (d time.Duration, ok bool) {
	return t.between(SpeechEnd, FirstPacket)
}

func (t *Turn) between(from, to Mark) (time.Duration, bool) {
	a, b := t.At[from], t.At[to]
	if a.IsZero() || b.IsZero() {
		return 0, false
	}
	return b.Sub(a), true
}

// Wire is a turn as JSON has it: milliseconds, counted from the end of the
// person's speech or, in a typed turn, from the commit.
type Wire struct {
	Session      string             `json:"session_id"`
	Turn         string             `json:"turn_id"`
	Epoch        time.Time          `json:"epoch"`
	Marks        map[string]float64 `json:"marks_ms"`
	Stages       []WireStage        `json:"stages"`
	VoiceToVoice *float64           `json:"voice_to_voice_ms"`
	Question     string             `json:"question"`
	Reply        string             `json:"reply"`
	Outcome      Outcome            `json:"outcome"`
	Spans        []WireSpan         `json:"spans,omitempty"`
}

// WireStage is a budgeted stage's time beside its budget.
type WireStage struct {
	Stage  Stage    `json:"stage"`
	Took   *float64 `json:"took_ms"`
	Budget *float64 `json:"budget_ms"`
}

// WireSpan is a span as JSON has it.
type WireSpan struct {
	Stage   Stage    `json:"stage"`
	Name    string   `json:"name"`
	Started float64  `json:"started_ms"`
	First   *float64 `json:"first_ms"`
	Done    float64  `json:"done_ms"`
	Size    float64  `json:"size,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Budget  *float64 `json:"budget_ms,omitempty"`
	Outcome Outcome  `json:"outcome"`
	Err     string   `json:"error,omitempty"`
}

// Millis is a duration as JSON has it throughout Parley.
func Millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Wire renders the turn for clients.
func (t *Turn) Wire() Wire {
	epoch := t.epoch()
	since := func(at time.Time) float64 { return Millis(at.Sub(epoch)) }
	w := Wire{
		Session: t.Session, Turn: t.ID, Epoch: epoch.UTC(), Marks: map[string]float64{},
		Question: t.Question, Reply: t.Reply, Outcome: t.Outcome,
	}
	for m, at := range t.At {
		if !at.IsZero() {
			w.Marks[Mark(m).String()] = since(at)
		}
	}
	for _, s := range Stages {
		row := WireStage{Stage: s}
		if d, ok := t.Took(s); ok {
			row.Took = new(Millis(d))
		}
		if b, ok := t.Budget[s]; ok {
			row.Budget = new(Millis(b))
		}
		w.Stages = append(w.Stages, row)
	}
	if d, ok := t.VoiceToVoice(); ok {
		w.VoiceToVoice = new(Millis(d))
	}
	for _, s := range t.Spans {
		row := WireSpan{
			Stage: s.Stage, Name: s.Name, Started: since(s.Started), Done: since(s.Done),
			Size: s.Size, Unit: s.Unit, Outcome: s.Outcome, Err: s.Err,
		}
		if !s.First.IsZero() {
			row.First = new(since(s.First))
		}
		if s.Budget > 0 {
			row.Budget = new(Millis(s.Budget))
		}
		w.Spans = append(w.Spans, row)
	}
	return w
}

func (t *Turn) epoch() time.Time {
	for _, m := range []Mark{SpeechEnd, Commit} {
		if at := t.At[m]; !at.IsZero() {
			return at
		}
	}
	if len(t.Spans) > 0 {
		return t.Spans[0].Started
	}
	return time.Time{}
}

// MarshalJSON writes the turn as its Wire form.
func (t *Turn) MarshalJSON() ([]byte, error) { return json.Marshal(t.Wire()) }
