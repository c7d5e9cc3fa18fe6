package realtime_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/pipeline"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
	"parley/transport/internal/talk"
	"parley/transport/realtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mute is a Player that plays everything in no time.
type mute struct{ finished int }

func (*mute) Play(ctx context.Context, _ audio.Frame) error { return ctx.Err() }
func (*mute) Drain(ctx context.Context) error               { return ctx.Err() }
func (*mute) Abort(context.Context) (time.Duration, error)  { return 0, nil }
func (m *mute) Finish()                                     { m.finished++ }

// client is a Conn with what it has sent.
type client struct {
	*realtime.Conn
	t testing.TB

	mu   sync.Mutex
	sent []event
	more chan struct{}
}

type event map[string]any

func (e event) typ() string { return e["type"].(string) }

// at follows a path of names and indices.
func (e event) at(path ...any) any {
	var v any = map[string]any(e)
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				return nil
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func connect(tb testing.TB, o realtime.Options, session string) *client {
	tb.Helper()
	c := &client{t: tb, more: make(chan struct{}, 1)}
	if o.Open == nil {
		o.Service = talk.Service(tb)
	}
	o.Send = c.send
	var raw []byte
	if session != "" {
		raw = []byte(session)
	}
	rt, err := realtime.New(o, raw)
	if err != nil {
		tb.Fatal(err)
	}
	c.Conn = rt
	if err := rt.Start(context.Background(), &mute{}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := rt.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

func (c *client) send(b []byte) {
	var e event
	if err := json.Unmarshal(b, &e); err != nil {
		c.t.Errorf("the server sent %q: %v", b, err)
		return
	}
	if id, _ := e["event_id"].(string); id == "" {
		c.t.Errorf("%s has no event_id", e.typ())
	}
	c.mu.Lock()
	c.sent = append(c.sent, e)
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// next gives the oldest event of a type, and forgets those before it.
func (c *client) next(typ string) event {
	c.t.Helper()
	patience := time.After(20 * time.Second)
	for {
		c.mu.Lock()
		for i, e := range c.sent {
			if e.typ() == typ {
				c.sent = c.sent[i+1:]
				c.mu.Unlock()
				return e
			}
		}
		c.mu.Unlock()
		select {
		case <-c.more:
		case <-patience:
			c.t.Fatalf("no %s came", typ)
		}
	}
}

func (c *client) all() []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

func (c *client) do(raw string) {
	c.t.Helper()
	if err := c.Handle([]byte(raw)); err != nil {
		c.t.Fatal(err)
	}
}

// Every refusal names its code and the field, and echoes the event's ID.
func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 70000)
	session := func(s string) string { return `{"type":"session.update","event_id":"e1","session":` + s + `}` }
	input := func(s string) string { return session(`{"audio":{"input":` + s + `}}`) }
	item := func(s string) string { return `{"type":"conversation.item.create","event_id":"e1","item":` + s + `}` }
	response := func(s string) string { return `{"type":"response.create","event_id":"e1","response":` + s + `}` }
	c := connect(t, realtime.Options{}, "")
	for _, tc := range []struct{ raw, code, param string }{
		{`{`, "invalid_json", ""},
		{`null`, "invalid_json", ""},
		{`"type"`, "invalid_json", ""},
		{strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), "invalid_json", ""},
		{`{"event_id":"e1"}`, "missing_required_parameter", "type"},
		{`{"type":7,"event_id":"e1"}`, "invalid_type", "type"},
		{`{"type":"nope","event_id":"e1"}`, "unknown_event", "type"},
		{`{"type":"response.cancel","event_id":7}`, "invalid_type", "event_id"},
		{`{"type":"response.cancel","event_id":"` + long[:65] + `"}`, "string_above_max_length", "event_id"},

		{`{"type":"session.update","event_id":"e1"}`, "missing_required_parameter", "session"},
		{session(`[]`), "invalid_type", "session"},
		{session(`{"type":"transcription"}`), "invalid_value", "session.type"},
		{session(`{"voice":"alloy"}`), "unknown_parameter", "session.voice"},
		{session(`{"instructions":7}`), "invalid_type", "session.instructions"},
		{session(`{"instructions":"` + long + `"}`), "string_above_max_length", "session.instructions"},
		{session(`{"output_modalities":["text","audio"]}`), "invalid_value", "session.output_modalities"},
		{session(`{"output_modalities":[]}`), "invalid_value", "session.output_modalities"},
		{session(`{"max_output_tokens":0}`), "invalid_value", "session.max_output_tokens"},
		{session(`{"max_output_tokens":"lots"}`), "invalid_value", "session.max_output_tokens"},
		{session(`{"tools":[{"type":"function","name":"f"}]}`), "unsupported", "session.tools"},
		{session(`{"tool_choice":"required"}`), "invalid_value", "session.tool_choice"},
		{session(`{"tool_choice":{"type":"function","name":"f"}}`), "invalid_type", "session.tool_choice"},
		{session(`{"prompt":{"id":"p"}}`), "unsupported", "session.prompt"},
		{session(`{"include":["item.input_audio_transcription.logprobs"]}`), "unsupported", "session.include"},
		{session(`{"truncation":"disabled"}`), "invalid_value", "session.truncation"},
		{session(`{"tracing":7}`), "invalid_value", "session.tracing"},
		{session(`{"tracing":"manual"}`), "invalid_value", "session.tracing"},
		{input(`{"format":{"type":"audio/opus"}}`), "invalid_value", "session.audio.input.format.type"},
		{input(`{"format":{"type":"audio/pcm","rate":16000}}`), "invalid_value", "session.audio.input.format.rate"},
		{input(`{"format":"pcm16"}`), "invalid_type", "session.audio.input.format"},
		{input(`{"format":{"rate":24000}}`), "missing_required_parameter", "session.audio.input.format.type"},
		{input(`{"noise_reduction":{"type":"near_field"}}`), "unsupported", "session.audio.input.noise_reduction"},
		{input(`{"transcription":{"language":"de"}}`), "unsupported", "session.audio.input.transcription.language"},
		{input(`{"transcription":{"delay":"low"}}`), "unsupported", "session.audio.input.transcription.delay"},
		{input(`{"turn_detection":{}}`), "missing_required_parameter", "session.audio.input.turn_detection.type"},
		{input(`{"turn_detection":{"type":"magic"}}`), "invalid_value", "session.audio.input.turn_detection.type"},
		{input(`{"turn_detection":{"type":"server_vad","threshold":2}}`), "invalid_value", "session.audio.input.turn_detection.threshold"},
		{input(`{"turn_detection":{"type":"server_vad","silence_duration_ms":-1}}`), "invalid_value", "session.audio.input.turn_detection.silence_duration_ms"},
		{input(`{"turn_detection":{"type":"server_vad","silence_duration_ms":99999}}`), "invalid_value", "session.audio.input.turn_detection.silence_duration_ms"},
		{input(`{"turn_detection":{"type":"server_vad","idle_timeout_ms":6000}}`), "unsupported", "session.audio.input.turn_detection.idle_timeout_ms"},
		{input(`{"turn_detection":{"type":"server_vad","eagerness":"low"}}`), "unknown_parameter", "session.audio.input.turn_detection.eagerness"},
		{input(`{"turn_detection":{"type":"semantic_vad","threshold":0.5}}`), "unknown_parameter", "session.audio.input.turn_detection.threshold"},
		{input(`{"turn_detection":{"type":"semantic_vad","eagerness":"very"}}`), "invalid_value", "session.audio.input.turn_detection.eagerness"},
		{session(`{"audio":{"output":{"voice":"caruso"}}}`), "invalid_value", "session.audio.output.voice"},
		{session(`{"audio":{"output":{"voice":7}}}`), "invalid_type", "session.audio.output.voice"},
		{session(`{"audio":{"output":{"speed":9}}}`), "invalid_value", "session.audio.output.speed"},
		{session(`{"audio":{"throughput":{}}}`), "unknown_parameter", "session.audio.throughput"},
		{session(`{"parley":{"time_zone":"Mars/Olympus"}}`), "invalid_value", "session.parley.time_zone"},

		{`{"type":"input_audio_buffer.append","event_id":"e1"}`, "missing_required_parameter", "audio"},
		{`{"type":"input_audio_buffer.append","event_id":"e1","audio":7}`, "invalid_type", "audio"},
		{`{"type":"input_audio_buffer.append","event_id":"e1","audio":"*"}`, "invalid_value", "audio"},
		{`{"type":"input_audio_buffer.append","event_id":"e1","audio":"AAAA"}`, "invalid_value", "audio"}, // 3 bytes
		{`{"type":"input_audio_buffer.commit","event_id":"e1"}`, "input_audio_buffer_commit_empty", ""},
		{`{"type":"input_audio_buffer.commit","event_id":"e1","now":true}`, "unknown_parameter", "now"},

		{`{"type":"conversation.item.create","event_id":"e1"}`, "missing_required_parameter", "item"},
		{item(`{"role":"user","content":[]}`), "missing_required_parameter", "item.type"},
		{item(`{"type":"function_call_output","call_id":"c","output":"x"}`), "unsupported", "item.type"},
		{item(`{"type":"message","content":[]}`), "missing_required_parameter", "item.role"},
		{item(`{"type":"message","role":"tool","content":[]}`), "invalid_value", "item.role"},
		{item(`{"type":"message","role":"user"}`), "missing_required_parameter", "item.content"},
		{item(`{"type":"message","role":"user","content":[]}`), "invalid_value", "item.content"},
		{item(`{"type":"message","role":"user","content":[{"type":"output_text","text":"a"}]}`), "invalid_value", "item.content.type"},
		{item(`{"type":"message","role":"user","content":[{"type":"input_image","image_url":"data:"}]}`), "invalid_value", "item.content.type"},
		{item(`{"type":"message","role":"user","content":[{"type":"input_audio","audio":"AAAA"}]}`), "unsupported", "item.content.audio"},
		{item(`{"type":"message","role":"user","content":[{"type":"input_text","text":"` + long + `"}]}`), "string_above_max_length", "item.content.text"},
		{item(`{"type":"message","role":"user","id":"` + long[:65] + `","content":[{"type":"input_text","text":"a"}]}`), "string_above_max_length", "item.id"},
		{`{"type":"conversation.item.create","event_id":"e1","previous_item_id":"gone","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]}}`, "item_not_found", "previous_item_id"},
		{`{"type":"conversation.item.retrieve","event_id":"e1"}`, "missing_required_parameter", "item_id"},
		{`{"type":"conversation.item.retrieve","event_id":"e1","item_id":"gone"}`, "item_not_found", "item_id"},
		{`{"type":"conversation.item.delete","event_id":"e1","item_id":"gone"}`, "item_not_found", "item_id"},
		{`{"type":"conversation.item.truncate","event_id":"e1","item_id":"gone","content_index":0,"audio_end_ms":1}`, "item_not_found", "item_id"},
		{`{"type":"conversation.item.truncate","event_id":"e1","item_id":"gone","content_index":1,"audio_end_ms":1}`, "invalid_value", "content_index"},
		{`{"type":"conversation.item.truncate","event_id":"e1","item_id":"gone","content_index":0,"audio_end_ms":-1}`, "invalid_value", "audio_end_ms"},
		{`{"type":"conversation.item.truncate","event_id":"e1","item_id":"gone","content_index":0}`, "missing_required_parameter", "audio_end_ms"},

		{response(`{"conversation":"none"}`), "invalid_value", "response.conversation"},
		{response(`{"input":[{"type":"item_reference","id":"x"}]}`), "unsupported", "response.input"},
		{response(`{"metadata":{"a":"b"}}`), "unsupported", "response.metadata"},
		{response(`{"tools":[{}]}`), "unsupported", "response.tools"},
		{response(`{"output_modalities":"text"}`), "invalid_type", "response.output_modalities"},
		{response(`{"temperature":1}`), "unknown_parameter", "response.temperature"},
		{`{"type":"response.cancel","event_id":"e1"}`, "response_cancel_not_active", ""},
		{`{"type":"response.cancel","event_id":"e1","response_id":"resp_gone"}`, "response_cancel_not_active", ""},
	} {
		c.do(tc.raw)
		e := c.next("error")
		param, _ := e.at("error", "param").(string)
		if e.at("error", "code") != tc.code || param != tc.param {
			t.Errorf("%.120s\n got %v %q: %v\nwant %s %q", tc.raw, e.at("error", "code"), param, e.at("error", "message"), tc.code, tc.param)
		}
		if strings.Contains(tc.raw, `"e1"`) && e.at("error", "event_id") != "e1" {
			t.Errorf("%.120s: the error echoes event_id %v", tc.raw, e.at("error", "event_id"))
		}
		if e.at("error", "type") != "invalid_request_error" || e.at("error", "message") == "" {
			t.Errorf("%.120s: %v", tc.raw, e)
		}
	}
	for _, e := range c.all() {
		if e.typ() == "session.updated" {
			t.Error("a session that was refused was updated")
		}
	}
}

// What the stock clients send when they connect is taken, and the echo says
// what is in force.
func TestStockSessions(t *testing.T) {
	c := connect(t, realtime.Options{}, "")
	created := c.next("session.created")
	if created.at("session", "model") != "whistler" || created.at("session", "audio", "output", "voice") != "flute" {
		t.Errorf("session.created: %v", created)
	}
	// @openai/agents-realtime 0.20.0.
	c.do(`{"type":"session.update","session":{"type":"realtime","instructions":"Be kind.","model":"gpt-realtime-2.1","output_modalities":["audio"],
		"audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"noise_reduction":null,"transcription":{"model":"gpt-4o-mini-transcribe"},"turn_detection":{"type":"semantic_vad"}},
		"output":{"format":{"type":"audio/pcm","rate":24000},"speed":1}},"tools":[]}}`)
	e := c.next("session.updated")
	for _, tc := range []struct {
		want any
		path []any
	}{
		{"realtime", []any{"type"}},
		{"gpt-realtime-2.1", []any{"model"}},
		{"Be kind.", []any{"instructions"}},
		{"audio/pcm", []any{"audio", "input", "format", "type"}},
		{24000.0, []any{"audio", "output", "format", "rate"}},
		{"semantic_vad", []any{"audio", "input", "turn_detection", "type"}},
		{true, []any{"audio", "input", "turn_detection", "interrupt_response"}},
		{"auto", []any{"audio", "input", "turn_detection", "eagerness"}},
		{"gpt-4o-mini-transcribe", []any{"audio", "input", "transcription", "model"}},
		{"flute", []any{"audio", "output", "voice"}},
		{1.0, []any{"audio", "output", "speed"}},
		{"inf", []any{"max_output_tokens"}},
		{nil, []any{"tracing"}},
	} {
		if got := e.at(append([]any{"session"}, tc.path...)...); got != tc.want {
			t.Errorf("session %v is %v, want %v", tc.path, got, tc.want)
		}
	}
	c.do(`{"type":"session.update","session":{"type":"realtime","tracing":"auto"}}`)
	if e := c.next("session.updated"); e.at("session", "tracing") != "auto" || e.at("session", "instructions") != "Be kind." {
		t.Errorf("after tracing: %v", e)
	}
	c.do(`{"type":"session.update","session":{"type":"realtime","tracing":{"workflow_name":"w","metadata":{"a":1}},"include":null,"prompt":null,"parallel_tool_calls":true,
		"tool_choice":"auto","truncation":"auto","max_output_tokens":100,"audio":{"input":{"turn_detection":{"type":"server_vad","silence_duration_ms":700,"idle_timeout_ms":null}},"output":{"voice":"marin"}}}}`)
	e = c.next("session.updated")
	if e.at("session", "audio", "input", "turn_detection", "silence_duration_ms") != 700.0 || e.at("session", "audio", "output", "voice") != "flute" || e.at("session", "max_output_tokens") != 100.0 {
		t.Errorf("after server_vad: %v", e)
	}
	c.do(`{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"type":"server_vad","threshold":0.7}},"output":{"voice":{"id":"fife"}}},"parley":{"time_zone":"Asia/Tokyo"}}}`)
	e = c.next("session.updated")
	if e.at("session", "audio", "input", "turn_detection", "silence_duration_ms") != 700.0 || e.at("session", "audio", "output", "voice") != "fife" || e.at("session", "parley", "time_zone") != "Asia/Tokyo" {
		t.Errorf("what was not named changed: %v", e)
	}
	c.do(`{"type":"session.update","session":{"audio":{"input":{"turn_detection":null,"transcription":null}}}}`)
	e = c.next("session.updated")
	if e.at("session", "audio", "input", "turn_detection") != nil || e.at("session", "audio", "input", "transcription") != nil {
		t.Errorf("null does not switch off: %v", e)
	}
	// What session.updated said may be sent back whole.
	back, err := json.Marshal(map[string]any{"type": "session.update", "session": e["session"]})
	if err != nil {
		t.Fatal(err)
	}
	c.do(string(back))
	if again := c.next("session.updated"); fmt.Sprint(again["session"]) != fmt.Sprint(e["session"]) {
		t.Errorf("sent back, the session changed:\n%v\n%v", e["session"], again["session"])
	}
}

func TestItems(t *testing.T) {
	c := connect(t, realtime.Options{}, "")
	c.do(`{"type":"conversation.item.create","item":{"id":"a","type":"message","role":"user","content":[{"type":"input_text","text":"one"},{"type":"input_text","text":"two"}]}}`)
	if e := c.next("conversation.item.added"); e["previous_item_id"] != nil || e.at("item", "content", 0, "text") != "one\ntwo" || e.at("item", "status") != "completed" {
		t.Errorf("%v", e)
	}
	c.next("conversation.item.done")
	c.do(`{"type":"conversation.item.create","previous_item_id":"a","item":{"id":"b","type":"message","role":"assistant","status":"completed","content":[{"type":"output_audio","transcript":"three","audio":null}]}}`)
	if e := c.next("conversation.item.done"); e["previous_item_id"] != "a" || e.at("item", "content", 0, "type") != "output_audio" || e.at("item", "content", 0, "transcript") != "three" {
		t.Errorf("%v", e)
	}
	c.do(`{"type":"conversation.item.create","previous_item_id":"root","item":{"id":"s","type":"message","role":"system","content":[{"type":"input_text","text":"zero"}]}}`)
	if e := c.next("conversation.item.done"); e["previous_item_id"] != nil || e.at("item", "role") != "system" {
		t.Errorf("%v", e)
	}
	c.do(`{"type":"conversation.item.retrieve","item_id":"b"}`)
	if e := c.next("conversation.item.retrieved"); e.at("item", "id") != "b" || e.at("item", "object") != "realtime.item" {
		t.Errorf("%v", e)
	}
	c.do(`{"type":"conversation.item.delete","item_id":"b"}`)
	if e := c.next("conversation.item.deleted"); e["item_id"] != "b" {
		t.Errorf("%v", e)
	}
}

func TestSpokenTurn(t *testing.T) {
	c := connect(t, realtime.Options{Extensions: true}, `{"audio":{"input":{"turn_detection":null}}}`)
	pcm := audio.AppendPCM16(nil, talk.Tone(700, 24000, time.Second))
	for at := 0; at < len(pcm); at += 4800 {
		c.do(`{"type":"input_audio_buffer.append","audio":"` + base64.StdEncoding.EncodeToString(pcm[at:at+4800]) + `"}`)
	}
	c.next("parley.transcript.partial") // so that the sound has arrived
	c.do(`{"type":"input_audio_buffer.commit"}`)
	item := c.next("input_audio_buffer.committed")["item_id"]
	if e := c.next("conversation.item.added"); e.at("item", "id") != item || e.at("item", "status") != "in_progress" || e.at("item", "content", 0, "type") != "input_audio" {
		t.Errorf("%v", e)
	}
	e := c.next("conversation.item.input_audio_transcription.completed")
	if e["item_id"] != item || e["transcript"] != "tone 700" || e["content_index"] != 0.0 || e.at("usage", "type") != "duration" {
		t.Errorf("%v", e)
	}
	c.do(`{"type":"response.create","response":{"output_modalities":["text"],"instructions":null,"metadata":null,"tools":[]}}`)
	if e := c.next("response.created"); e.at("response", "status") != "in_progress" || e.at("response", "output_modalities", 0) != "text" {
		t.Errorf("%v", e)
	}
	if e := c.next("response.output_text.delta"); e["delta"] != "tone 700" {
		t.Errorf("%v", e)
	}
	if e := c.next("response.done"); e.at("response", "status") != "completed" || e.at("response", "output", 0, "content", 0, "text") != "tone 700" {
		t.Errorf("%v", e)
	}
	if e := c.next("parley.turn.trace"); e.at("turn", "question") != "tone 700" {
		t.Errorf("%v", e)
	}
}

func TestFailedReply(t *testing.T) {
	c := connect(t, realtime.Options{}, "")
	c.do(`{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"fail"}]}}`)
	c.do(`{"type":"response.create"}`)
	e := c.next("response.done")
	if e.at("response", "status") != "failed" || e.at("response", "status_details", "error", "code") != "whistle_lost" || e.at("response", "output", 0, "status") != "incomplete" {
		t.Errorf("%v", e)
	}
}

func TestAppendIsForEventsAlone(t *testing.T) {
	c := connect(t, realtime.Options{Track: true}, "")
	c.do(`{"type":"input_audio_buffer.append","audio":"AAAA"}`)
	if e := c.next("error"); e.at("error", "code") != "unsupported" {
		t.Errorf("%v", e)
	}
}

// Deltas are committed words alone, and add up to the transcript.
func TestTranscriptionDeltas(t *testing.T) {
	word := func(s string, committed bool) stage.Word { return stage.Word{Text: s, Committed: committed} }
	said := func(final bool, text string, words ...stage.Word) stage.Transcript {
		return stage.Transcript{Text: text, Words: words, Final: final}
	}
	for _, tc := range []struct {
		name        string
		transcripts []stage.Transcript
		deltas      []string
		completed   string
	}{
		{
			"words are committed one by one",
			[]stage.Transcript{
				said(false, "what", word("what", false)),
				said(false, "what time", word("What", true), word("time", false)),
				said(false, "What time is", word("What", true), word("time", true), word("is", false)),
				said(true, "What time is it?", word("What", true), word("time", true), word("is", true), word("it?", true)),
			},
			[]string{"What", " time", " is it?"},
			"What time is it?",
		},
		{
			"nothing is committed before the end",
			[]stage.Transcript{said(false, "hi", word("hi", false)), said(true, "Hi there.", word("Hi", true), word("there.", true))},
			[]string{"Hi there."},
			"Hi there.",
		},
		{
			"the end overrules",
			[]stage.Transcript{said(false, "wet", word("wet", true)), said(true, "What else", word("What", true), word("else", true))},
			[]string{"wet"},
			"What else",
		},
		{
			"two final transcripts",
			[]stage.Transcript{said(true, "Yes.", word("Yes.", true)), said(true, "Yes.", word("Yes.", true))},
			[]string{"Yes."},
			"Yes.",
		},
		{"silence", []stage.Transcript{said(true, "")}, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := connect(t, realtime.Options{}, "")
			for _, tr := range tc.transcripts {
				c.Event(stage.Heard{ItemID: "i", Transcript: tr})
			}
			var deltas, completed []string
			for _, e := range c.all() {
				switch e.typ() {
				case "conversation.item.input_audio_transcription.delta":
					deltas = append(deltas, e["delta"].(string))
				case "conversation.item.input_audio_transcription.completed":
					completed = append(completed, e["transcript"].(string))
				}
			}
			if !slices.Equal(deltas, tc.deltas) || !slices.Equal(completed, []string{tc.completed}) {
				t.Errorf("deltas %q, completed %q", deltas, completed)
			}
		})
	}
}

// Every event of the conversation's has the fields without which the schemas of
// @openai/agents-realtime drop it.
func TestRequiredFields(t *testing.T) {
	c := connect(t, realtime.Options{Track: true, Extensions: true}, "")
	fault := &stage.Fault{Class: stage.ErrUnavailable, Code: "c", Message: "m"}
	for _, e := range []stage.Event{
		stage.SpeechStarted{ItemID: "i"},
		stage.SpeechStopped{ItemID: "i"},
		stage.InputCommitted{ItemID: "i"},
		stage.InputCleared{},
		stage.ItemAdded{Item: stage.Item{ID: "i", Role: stage.User, Spoken: true}},
		stage.Heard{ItemID: "i", Transcript: stage.Transcript{Text: "a", Words: []stage.Word{{Text: "a", Committed: true, Confidence: math.NaN()}}}},
		stage.Heard{ItemID: "i", Transcript: stage.Transcript{Text: "a", Final: true}},
		stage.ItemDone{Item: stage.Item{ID: "i", Role: stage.User, Spoken: true, Text: "a"}},
		stage.HearingFailed{ItemID: "j", Fault: fault},
		stage.ReplyStarted{ReplyID: "r", ItemID: "k", Previous: "i", Spoken: true},
		stage.ReplyText{ReplyID: "r", ItemID: "k", Delta: "b", Words: []stage.SpokenWord{{Text: "b"}}},
		stage.PlaybackStarted{ReplyID: "r"},
		stage.ReplyGenerated{ReplyID: "r", ItemID: "k", Text: "b", Spoken: true, Status: stage.Completed},
		stage.PlaybackStopped{ReplyID: "r"},
		stage.PlaybackCleared{ReplyID: "r"},
		stage.ItemTruncated{ItemID: "k"},
		stage.ReplyStarted{ReplyID: "r2", ItemID: "l"},
		stage.ReplyText{ReplyID: "r2", ItemID: "l", Delta: "b"},
		stage.ReplyGenerated{ReplyID: "r2", ItemID: "l", Status: stage.Cancelled, Reason: stage.TurnDetected},
		stage.Failure{Fault: fault},
		stage.Traced{Turn: &trace.Turn{}},
	} {
		c.Event(e)
	}
	content := []string{"item_id", "content_index", "output_index", "response_id"}
	required := map[string][]string{
		"session.created": {"session"}, "error": {"error"},
		"input_audio_buffer.speech_started": {"item_id", "audio_start_ms"}, "input_audio_buffer.speech_stopped": {"item_id", "audio_end_ms"},
		"input_audio_buffer.committed": {"item_id", "previous_item_id"}, "input_audio_buffer.cleared": {},
		"conversation.item.added": {"item", "previous_item_id"}, "conversation.item.done": {"item", "previous_item_id"},
		"conversation.item.truncated":                           {"item_id", "audio_end_ms", "content_index"},
		"conversation.item.input_audio_transcription.delta":     {"item_id", "content_index", "delta"},
		"conversation.item.input_audio_transcription.completed": {"item_id", "content_index", "transcript", "usage"},
		"conversation.item.input_audio_transcription.failed":    {"item_id", "content_index", "error"},
		"response.created": {"response"}, "response.done": {"response"},
		"response.output_item.added": {"item", "output_index", "response_id"}, "response.output_item.done": {"item", "output_index", "response_id"},
		"response.content_part.added": append(content, "part"), "response.content_part.done": append(content, "part"),
		"response.output_audio_transcript.delta": append(content, "delta"), "response.output_audio_transcript.done": append(content, "transcript"),
		"response.output_text.delta": append(content, "delta"), "response.output_text.done": append(content, "text"),
		"response.output_audio.done":  content,
		"output_audio_buffer.started": {"response_id"}, "output_audio_buffer.stopped": {"response_id"}, "output_audio_buffer.cleared": {"response_id"},
		"parley.transcript.partial": {"item_id", "transcript", "words"}, "parley.output.words": {"response_id", "item_id", "words"}, "parley.turn.trace": {"turn"},
	}
	seen := map[string]bool{}
	for _, e := range c.all() {
		fields, ok := required[e.typ()]
		if !ok {
			t.Errorf("unexpected %s", e.typ())
		}
		for _, f := range fields {
			if _, ok := e[f]; !ok {
				t.Errorf("%s lacks %s", e.typ(), f)
			}
		}
		seen[e.typ()] = true
	}
	for typ := range required {
		if !seen[typ] {
			t.Errorf("no %s was sent", typ)
		}
	}
}

// Events that come before Start is through must not overtake session.created.
func TestCreatedIsFirst(t *testing.T) {
	s := talk.Service(t)
	open := s.Open
	s.Open = func(ctx context.Context, set pipeline.Settings, out stage.Output) (realtime.Conversation, error) {
		out.Event(stage.InputCleared{})
		return open(ctx, set, out)
	}
	c := connect(t, realtime.Options{Service: s}, "")
	if all := c.all(); len(all) != 2 || all[0].typ() != "session.created" || all[1].typ() != "input_audio_buffer.cleared" {
		t.Errorf("%v", all)
	}
}

func TestHandleAfterTheEnd(t *testing.T) {
	c := connect(t, realtime.Options{}, "")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Handle([]byte(`{"type":"response.create"}`)); !errors.Is(err, realtime.ErrClosed) {
		t.Errorf("Handle gives %v", err)
	}
}

func TestG711(t *testing.T) {
	for _, enc := range []realtime.Encoding{realtime.PCMU, realtime.PCMA} {
		// A byte decodes to a sample that encodes to the byte; µ-law has two
		// zeros.
		for b := range 256 {
			v := enc.Decode([]byte{byte(b)})
			if got := enc.Encode(v)[0]; got != byte(b) && v[0] != 0 {
				t.Errorf("%s: byte %#x decodes to %v, which encodes to %#x", enc.Type, b, v[0], got)
			}
		}
		pcm := talk.Tone(440, 8000, time.Second)
		back := enc.Decode(enc.Encode(pcm))
		var noise, power float64
		for i := range pcm {
			noise += float64((back[i] - pcm[i]) * (back[i] - pcm[i]))
			power += float64(pcm[i] * pcm[i])
		}
		if snr := 10 * math.Log10(power/noise); snr < 35 {
			t.Errorf("%s: a tone comes back with %.1f dB", enc.Type, snr)
		}
	}
	// Corner values of ITU-T G.711, tables 1 and 2.
	for _, tc := range []struct {
		enc  realtime.Encoding
		pcm  float32
		want byte
	}{
		{realtime.PCMU, 0, 0xff},
		{realtime.PCMU, 1, 0x80},
		{realtime.PCMU, -1, 0x00},
		{realtime.PCMA, 0, 0xd5},
		{realtime.PCMA, 1, 0xaa},
		{realtime.PCMA, -1, 0x2a},
	} {
		if got := tc.enc.Encode([]float32{tc.pcm})[0]; got != tc.want {
			t.Errorf("%s: %v is %#x, want %#x", tc.enc.Type, tc.pcm, got, tc.want)
		}
	}
}

func FuzzHandle(f *testing.F) {
	for _, s := range []string{
		`{"type":"session.update","session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcmu"},"turn_detection":{"type":"server_vad","threshold":0.4}},"output":{"voice":"flute","speed":1.1}},"tracing":{"a":1},"max_output_tokens":"inf"}}`,
		`{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"type":"semantic_vad","eagerness":"low"},"transcription":{"language":"en","prompt":"p"}}},"parley":{"events":true,"time_zone":"UTC"}}}`,
		`{"type":"input_audio_buffer.append","audio":"AAAAAA=="}`,
		`{"type":"input_audio_buffer.commit"}`, `{"type":"input_audio_buffer.clear"}`,
		`{"type":"conversation.item.create","previous_item_id":"root","item":{"id":"a","type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}}`,
		`{"type":"conversation.item.retrieve","item_id":"a"}`, `{"type":"conversation.item.delete","item_id":"a"}`,
		`{"type":"conversation.item.truncate","item_id":"a","content_index":0,"audio_end_ms":100}`,
		`{"type":"response.create","response":{"output_modalities":["text"],"max_output_tokens":5}}`,
		`{"type":"response.cancel"}`, `{"type":"output_audio_buffer.clear"}`,
		`{"type":"\u0000","event_id":"\ud800"}`, `[[[[[[`, ``, `{"type":"session.update","session":{"tracing":` + strings.Repeat("[", 30) + `}}`,
	} {
		f.Add([]byte(s))
	}
	c := connect(f, realtime.Options{}, "")
	f.Fuzz(func(t *testing.T, raw []byte) {
		c.mu.Lock()
		c.sent = nil
		c.mu.Unlock()
		if err := c.Handle(raw); err != nil {
			t.Fatalf("the session did not live on: %v", err)
		}
	})
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(`{"type":"realtime","audio":{"output":{"voice":{"id":"flute"}}}}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := realtime.New(realtime.Options{Send: func([]byte) {}}, raw); err != nil && !errors.Is(err, stage.ErrInvalid) {
			t.Errorf("%v", err)
		}
	})
}
