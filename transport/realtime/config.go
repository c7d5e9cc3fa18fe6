package realtime

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"parley/pipeline"
	"parley/pipeline/stage"
)

// config is what a client has chosen. It is a value; update makes a new one.
type config struct {
	settings pipeline.Settings
	voices   []string
	model    string
	input    Encoding
	output   Encoding
	// transcription is nil for a client that wants no words of the person's.
	transcription *Transcription
	toolChoice    string
	tracing       json.RawMessage
	events        bool // Parley's own
	timeZone      *string
	track         bool
}

// stockVoices are OpenAI's. Clients that let their user choose none send one of
// them all the same, so they are taken for the default voice; the echo says
// which voice that is.
var stockVoices = []string{"alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse"}

func newConfig(o Options) config {
	c := config{
		settings: o.Defaults, voices: o.Voices, model: o.Model,
		input: PCM24k, output: PCM24k,
		transcription: &Transcription{Model: o.Model},
		toolChoice:    "auto", tracing: json.RawMessage("null"),
		events: o.Extensions, track: o.Track,
	}
	if o.Requested != "" {
		c.model = o.Requested
	}
	return c
}

// update reads a session object and gives the configuration changed by it.
// What the object does not name stays as it is.
func (c config) update(raw []byte) (config, error) {
	r := &reader{}
	s := r.object("session", raw)
	var kind string
	s.choice("type", &kind, "realtime")
	s.text("model", &c.model, maxName)
	s.text("instructions", &c.settings.Instructions, pipeline.MaxInstructions)
	c.settings.Spoken = s.modalities("output_modalities", c.settings.Spoken)
	c.settings.MaxTokens = s.maxTokens("max_output_tokens", c.settings.MaxTokens)
	s.unsupported("tools", "this server calls no tools of its clients yet; send an empty list.")
	s.choice("tool_choice", &c.toolChoice, "auto", "none")
	var parallel bool
	s.value("parallel_tool_calls", &parallel, "true or false") // of no tools
	s.unsupported("prompt", "this server keeps no prompt templates; send instructions.")
	s.unsupported("reasoning", "the server's own configuration decides how it reasons.")
	s.unsupported("include", "there is nothing to include.")
	var truncation string
	s.choice("truncation", &truncation, "auto")
	if t, ok := s.raw("tracing"); ok {
		c.readTracing(r, t)
	}
	if a, ok := s.within("audio"); ok {
		c.readAudio(a)
	}
	if p, ok := s.within("parley"); ok {
		c.readParley(p)
	}
	for _, echoed := range []string{"id", "object", "expires_at"} {
		s.raw(echoed) // clients may send back what session.created gave them
	}
	s.end()
	return c, r.err()
}

// readTracing takes any tracing configuration: it is about OpenAI's own
// dashboard, and stock clients always send one.
func (c *config) readTracing(r *reader, raw json.RawMessage) {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	switch {
	case len(raw) > 4<<10:
		r.fail(stage.Invalid("string_above_max_length", "session.tracing", "The tracing configuration may have at most 4096 bytes."))
	case isNull(raw), isText && text == "auto", !isText && raw[0] == '{':
		c.tracing = raw
	default:
		r.fail(stage.Invalid("invalid_value", "session.tracing", "Tracing is \"auto\", null or an object."))
	}
}

func (c *config) readAudio(a object) {
	if in, ok := a.within("input"); ok {
		in.encoding("format", &c.input)
		in.unsupported("noise_reduction", "send null; noise is dealt with by the recogniser.")
		if t, ok := in.raw("transcription"); ok {
			c.readTranscription(in, t)
		}
		if t, ok := in.raw("turn_detection"); ok {
			c.readTurnDetection(in, t)
		}
		in.end()
	}
	if out, ok := a.within("output"); ok {
		out.encoding("format", &c.output)
		c.readVoice(out)
		out.value("speed", &c.settings.Speed, "a number")
		out.end()
	}
	a.end()
}

// readVoice takes a voice's name, or an object with it as id.
func (c *config) readVoice(out object) {
	raw, ok := out.take("voice")
	if !ok {
		return
	}
	var voice struct{ ID string }
	if json.Unmarshal(raw, &voice.ID) != nil && json.Unmarshal(raw, &voice) != nil {
		out.r.fail(wrongType(out.at("voice"), "a string"))
		return
	}
	switch {
	case slices.Contains(c.voices, voice.ID):
		c.settings.Voice = voice.ID
	case slices.Contains(stockVoices, voice.ID):
		c.settings.Voice = ""
	default:
		out.r.fail(stage.Invalid("invalid_value", out.at("voice"), "There is no such voice; this server has %s.", quoted(c.voices)))
	}
}

func (c *config) readTranscription(in object, raw json.RawMessage) {
	if isNull(raw) {
		c.transcription, c.settings.Prompt = nil, ""
		return
	}
	t := in.r.object(in.at("transcription"), raw)
	n := Transcription{Model: c.model}
	if c.transcription != nil {
		n = *c.transcription
	}
	t.text("model", &n.Model, maxName)
	var lang string
	if t.text("language", &lang, maxName) {
		if lang != "en" && lang != "" && !strings.HasPrefix(lang, "en-") {
			in.r.fail(stage.Invalid("unsupported", t.at("language"), "The recogniser knows English alone; send \"en\" or leave the language out."))
		}
		n.Language = &lang
	}
	t.text("prompt", &c.settings.Prompt, pipeline.MaxPrompt)
	t.unsupported("languages", "the recogniser knows English alone.")
	t.unsupported("keywords", "name them in the prompt.")
	t.unsupported("delay", "the recogniser adapts its delay by itself.")
	t.end()
	n.Prompt = c.settings.Prompt
	c.transcription = &n
}

func (c *config) readTurnDetection(in object, raw json.RawMessage) {
	if isNull(raw) {
		c.settings.Endpointing = nil
		return
	}
	t := in.r.object(in.at("turn_detection"), raw)
	var kind string
	t.required("type")
	t.choice("type", &kind, string(pipeline.ServerVAD), string(pipeline.SemanticVAD))
	e := *pipeline.DefaultEndpointing()
	e.Kind = pipeline.EndpointKind(kind)
	if old := c.settings.Endpointing; old != nil && old.Kind == e.Kind {
		e = *old
	}
	t.value("create_response", &e.Reply, "true or false")
	t.value("interrupt_response", &e.Interrupt, "true or false")
	if e.Kind == pipeline.SemanticVAD {
		if e.Eagerness == "" {
			e.Eagerness = "auto"
		}
		t.choice("eagerness", &e.Eagerness, "low", "medium", "high", "auto")
	} else {
		t.value("threshold", &e.Threshold, "a number")
		t.millis("prefix_padding_ms", &e.Prefix)
		t.millis("silence_duration_ms", &e.Silence)
		t.unsupported("idle_timeout_ms", "this server waits for ever; send null.")
	}
	t.end()
	c.settings.Endpointing = &e
}

func (c *config) readParley(p object) {
	p.value("events", &c.events, "true or false")
	var zone string
	if p.text("time_zone", &zone, maxName) {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			p.r.fail(stage.Invalid("invalid_value", p.at("time_zone"), "The time zone must be an IANA name such as \"Europe/Vienna\"."))
		}
		c.settings.Location, c.timeZone = loc, &zone
	}
	p.end()
}

func (o object) millis(name string, d *time.Duration) {
	var ms int64
	if !o.value(name, &ms, "a whole number of milliseconds") {
		return
	}
	if ms < 0 || ms > int64(time.Hour/time.Millisecond) {
		o.r.fail(stage.Invalid("invalid_value", o.at(name), "%s lies out of range; it is %d.", o.at(name), ms))
		return
	}
	*d = time.Duration(ms) * time.Millisecond
}

// modalities reads ["audio"] or ["text"]; a reply with sound has its text in
// any case, so the protocol has no use for both.
func (o object) modalities(name string, spoken bool) bool {
	var m []string
	if !o.value(name, &m, "a list of strings") {
		return spoken
	}
	if len(m) != 1 || (m[0] != "audio" && m[0] != "text") {
		o.r.fail(stage.Invalid("invalid_value", o.at(name), "%s must be [\"audio\"] or [\"text\"].", o.at(name)))
		return spoken
	}
	return m[0] == "audio"
}

// maxTokens reads a number or "inf".
func (o object) maxTokens(name string, old int) int {
	raw, ok := o.take(name)
	if !ok {
		return old
	}
	if string(raw) == `"inf"` {
		return 0
	}
	var n int
	if json.Unmarshal(raw, &n) != nil || n < 1 {
		o.r.fail(stage.Invalid("invalid_value", o.at(name), "%s must be a positive whole number or \"inf\".", o.at(name)))
		return old
	}
	return n
}

func (c config) modalities(spoken bool) []string {
	if spoken {
		return []string{"audio"}
	}
	return []string{"text"}
}

func maxTokensWire(n int) any {
	if n == 0 {
		return "inf"
	}
	return n
}

func (c config) outputWire() AudioOutput {
	o := AudioOutput{Format: c.output, Voice: c.settings.Voice}
	if o.Voice == "" && len(c.voices) > 0 {
		o.Voice = c.voices[0]
	}
	return o
}

// wire is the session as clients are told of it.
func (c config) wire(id string) Session {
	out := c.outputWire()
	speed := c.settings.Speed
	if speed == 0 {
		speed = 1
	}
	out.Speed = &speed
	return Session{
		Type: "realtime", Object: "realtime.session", ID: id, Model: c.model,
		OutputModalities: c.modalities(c.settings.Spoken), Instructions: c.settings.Instructions,
		Tools: []any{}, ToolChoice: c.toolChoice, MaxOutputTokens: maxTokensWire(c.settings.MaxTokens),
		Tracing: c.tracing, Truncation: "auto",
		Audio: SessionAudio{
			Input: AudioInput{
				Format: c.input, Transcription: c.transcription, TurnDetection: turnDetectionWire(c.settings.Endpointing),
			},
			Output: out,
		},
		Parley: SessionParley{Events: c.events, TimeZone: c.timeZone},
	}
}

func turnDetectionWire(e *pipeline.Endpointing) *TurnDetection {
	if e == nil {
		return nil
	}
	t := &TurnDetection{Type: string(e.Kind), CreateResponse: e.Reply, InterruptResponse: e.Interrupt}
	if e.Kind == pipeline.SemanticVAD {
		t.Eagerness = e.Eagerness
		return t
	}
	t.Threshold = &e.Threshold
	t.PrefixPaddingMs = new(e.Prefix.Milliseconds())
	t.SilenceDurationMs = new(e.Silence.Milliseconds())
	return t
}
