package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/trace"
	"parley/transport/client"
)

// Question is something to ask aloud and what the reply must match.
type Question struct {
	Text string `json:"text"`
	// Answer is a regular expression, matched case folded against the words
	// recognised in the reply.
	Answer string `json:"answer"`
}

//go:embed questions.jsonl
var builtinQuestions string

// Questions are the built-in ones: each has one right answer, whatever the day.
func Questions() []Question {
	qs, err := ReadQuestions(builtinQuestions)
	if err != nil {
		panic(err) // the file is part of the program, and tested
	}
	return qs
}

// ReadQuestions reads one JSON object a line.
func ReadQuestions(lines string) ([]Question, error) {
	var qs []Question
	n := 0
	for line := range strings.Lines(lines) {
		n++
		if strings.TrimSpace(line) == "" {
			continue
		}
		var q Question
		if err := json.Unmarshal([]byte(line), &q); err != nil {
			return nil, fmt.Errorf("bench: questions, line %d: %w", n, err)
		}
		if _, err := regexp.Compile("(?i)" + q.Answer); err != nil || q.Text == "" || q.Answer == "" {
			return nil, fmt.Errorf("bench: questions, line %d: a question needs a text and an answer that is a regular expression: %w", n, err)
		}
		qs = append(qs, q)
	}
	return qs, nil
}

// VoiceOptions say whom to ask what.
type VoiceOptions struct {
	// URL is the server's, as "http://127.0.0.1:8080".
	URL string
	// Transport is "webrtc" or "ws".
	Transport string
	Questions []Question
	// Say speaks a question. It should be in another voice than the server's,
	// so that the recogniser is not flattered.
	Say func(ctx context.Context, text string) (audio.Recording, error)
	// Listen gives the words of a recorded reply.
	Listen func(ctx context.Context, reply audio.Recording) (string, error)
	// Progress, if not nil, is told after every question.
	Progress func(done, of int)
}

// VoiceResult is what "bench voice" prints.
type VoiceResult struct {
	N     int `json:"n"`
	Turns int `json:"turns"`
	Right int `json:"right"`
	// VoiceToVoice is from the last speech sample of the question, by the
	// clock of the client's microphone, to the first sample of the reply that
	// is not silence.
	VoiceToVoice Quantiles `json:"voice_to_voice_ms"`
	// Stages come from the server's trace.
	Stages map[trace.Stage]StageResult `json:"stages"`
	// Misses are the questions that were not answered right.
	Misses  []Miss  `json:"misses,omitempty"`
	Machine Machine `json:"machine"`
	// Server is the memory of the server's process after the run, if the
	// benchmark started it.
	Server *Memory `json:"server,omitempty"`
}

// StageResult is one stage's time, in milliseconds, beside its budget.
type StageResult struct {
	P50       float64  `json:"p50"`
	P95       float64  `json:"p95"`
	BudgetP50 *float64 `json:"budget_p50"`
}

// Miss is a question that was not answered right.
type Miss struct {
	Question string `json:"question"`
	Heard    string `json:"heard"`
	Reply    string `json:"reply"`
	Error    string `json:"error,omitempty"`
}

const (
	// pause lies between the end of a reply and the next question.
	pause = 700 * time.Millisecond
	// turnPatience is how long a turn may take from the end of its question.
	turnPatience = 30 * time.Second
)

// exchange is one question and what came of it.
type exchange struct {
	end    time.Time // of the question
	sounds []client.Sound
	wire   trace.Wire
}

// Voice asks all questions aloud in one conversation, in real time.
func Voice(ctx context.Context, o VoiceOptions) (VoiceResult, error) {
	r := VoiceResult{N: len(o.Questions), Stages: map[trace.Stage]StageResult{}}
	spoken := make([]audio.Recording, len(o.Questions))
	for i, q := range o.Questions {
		rec, err := o.Say(ctx, q.Text)
		if err != nil {
			return r, fmt.Errorf("bench: say %q: %w", q.Text, err)
		}
		rec.Samples = rec.Samples[:speechEnd(rec.Samples, rec.Rate)]
		spoken[i] = rec
	}
	turns, errs, err := converse(ctx, o, spoken)
	if err != nil {
		return r, err
	}
	var gaps []time.Duration
	stages := map[trace.Stage][]float64{}
	budgets := map[trace.Stage][]float64{}
	for i, q := range o.Questions {
		if errs[i] != nil {
			r.Misses = append(r.Misses, Miss{Question: q.Text, Heard: turns[i].wire.Question, Error: errs[i].Error()})
			continue
		}
		r.Turns++
		reply, first := turns[i].reply()
		gaps = append(gaps, first.Sub(turns[i].end))
		for _, s := range turns[i].wire.Stages {
			if s.Took != nil {
				stages[s.Stage] = append(stages[s.Stage], *s.Took)
			}
			if s.Budget != nil {
				budgets[s.Stage] = append(budgets[s.Stage], *s.Budget)
			}
		}
		words, err := o.Listen(ctx, reply)
		if err != nil {
			return r, fmt.Errorf("bench: listen to the reply to %q: %w", q.Text, err)
		}
		if regexp.MustCompile("(?i)" + q.Answer).MatchString(words) {
			r.Right++
		} else {
			r.Misses = append(r.Misses, Miss{Question: q.Text, Heard: turns[i].wire.Question, Reply: words})
		}
	}
	r.VoiceToVoice = QuantilesOf(gaps)
	for _, s := range trace.Stages {
		slices.Sort(stages[s])
		slices.Sort(budgets[s])
		res := StageResult{P50: Rank(stages[s], 0.5), P95: Rank(stages[s], 0.95)}
		if len(budgets[s]) > 0 {
			res.BudgetP50 = new(Rank(budgets[s], 0.5))
		}
		r.Stages[s] = res
	}
	return r, nil
}

// converse has the conversation. The errors are those of single turns.
func converse(ctx context.Context, o VoiceOptions, spoken []audio.Recording) ([]exchange, []error, error) {
	var (
		mu     sync.Mutex
		sounds []client.Sound
	)
	opts := client.Options{ParleyEvents: true, Sound: func(s client.Sound) {
		mu.Lock()
		defer mu.Unlock()
		sounds = append(sounds, s)
	}}
	var c *client.Conn
	var err error
	switch o.Transport {
	case "webrtc":
		c, err = client.DialWebRTC(ctx, o.URL, opts)
	case "ws":
		c, err = client.DialWebSocket(ctx, "ws"+strings.TrimPrefix(o.URL, "http")+"/v1/realtime", opts)
	default:
		err = fmt.Errorf("bench: the transport is webrtc or ws, not %q", o.Transport)
	}
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	turns, errs := make([]exchange, len(spoken)), make([]error, len(spoken))
	for i, rec := range spoken {
		if err := sleep(ctx, pause); err != nil {
			return nil, nil, err
		}
		mu.Lock()
		sounds = nil
		mu.Unlock()
		t := &turns[i]
		if t.end, err = c.Speak(ctx, rec.Samples, rec.Rate); err != nil {
			return nil, nil, fmt.Errorf("bench: ask: %w", err)
		}
		t.wire, errs[i] = awaitTurn(ctx, c)
		mu.Lock()
		t.sounds = slices.Clone(sounds)
		mu.Unlock()
		if _, first := t.reply(); errs[i] == nil && first.IsZero() {
			errs[i] = errors.New("no sound came")
		}
		if o.Progress != nil {
			o.Progress(i+1, len(spoken))
		}
		select {
		case <-c.Done():
			return nil, nil, fmt.Errorf("bench: the connection broke: %w", c.Err())
		default:
		}
	}
	return turns, errs, nil
}

// awaitTurn waits for the trace of a turn that was answered, which the server
// sends when its reply has been heard.
func awaitTurn(ctx context.Context, c *client.Conn) (trace.Wire, error) {
	ctx, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	var last trace.Wire
	for {
		e, err := c.Next(ctx, "parley.turn.trace")
		if err != nil {
			return last, err
		}
		var traced struct {
			Turn trace.Wire `json:"turn"`
		}
		if err := json.Unmarshal(e.Raw, &traced); err != nil {
			return last, fmt.Errorf("bench: trace: %w", err)
		}
		last = traced.Turn
		if last.Reply != "" {
			return last, nil
		}
	}
}

// reply gives the sound that followed the question, and when the first of it
// that is not silence reached the client: a packet's samples lie behind its
// arrival as far as they lie behind its first.
func (t *exchange) reply() (rec audio.Recording, first time.Time) {
	for _, s := range t.sounds {
		if s.At.Before(t.end) {
			continue
		}
		rec.Format = s.Format
		rec.Samples = append(rec.Samples, s.Samples...)
		if first.IsZero() {
			if i := slices.IndexFunc(s.Samples, audible); i >= 0 {
				first = s.At.Add(s.Format.Duration(int64(i)))
			}
		}
	}
	return rec, first
}

// audible is over -48 dBFS.
func audible(x float32) bool { return math.Abs(float64(x)) > 0.004 }

// speechEnd finds the end of the speech in a recording: the end of its last
// 10 ms that are within 40 dB of the loudest.
func speechEnd(samples []float32, rate int) int {
	n := rate / 100
	loudest := 0.0
	for i := 0; i+n <= len(samples); i += n {
		loudest = max(loudest, audio.RMS(samples[i:i+n]))
	}
	for i := len(samples) - len(samples)%n; i >= n; i -= n {
		if audio.RMS(samples[i-n:i]) > loudest/100 {
			return i
		}
	}
	return len(samples)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
