package pipeline

import (
	"time"

	"parley/pipeline/stage"
	"parley/pipeline/turn"
)

// Settings are what a client may choose for its conversation. They are a value:
// a session that is updated gets a new one.
type Settings struct {
	// Instructions are standing orders for the reasoner.
	Instructions string
	// Voice names the synthesiser's voice; empty is its default.
	Voice string
	// Speed is relative to the voice's own pace, 0.25 to 1.5; 0 means 1.
	Speed float64
	// Spoken says whether replies are sound with a transcript, or text alone.
	Spoken bool
	// Prompt holds names and terms for the recogniser to expect.
	Prompt string
	// MaxTokens bounds a reply; 0 does not.
	MaxTokens int
	// Endpointing says how turns end; nil leaves that to Commit.
	Endpointing *Endpointing
	// Location is the person's time zone; nil is the server's.
	Location *time.Location
}

// Endpointing says when a person's turn begins and ends.
type Endpointing struct {
	// Kind is ServerVAD or SemanticVAD.
	Kind EndpointKind
	// Threshold is the chance of speech above which sound is speech.
	Threshold float64
	// Prefix is how much sound before the speech belongs to the turn.
	Prefix time.Duration
	// Silence is how long the person must be silent for the turn to be over.
	Silence time.Duration
	// Reply says whether a turn is answered without being asked for.
	Reply bool
	// Interrupt says whether speech stops the reply that is playing.
	Interrupt bool
	// Eagerness of SemanticVAD: "low", "medium", "high" or "auto".
	Eagerness string
}

// EndpointKind names a way of endpointing as the OpenAI protocol does.
type EndpointKind string

// The kinds.
const (
	ServerVAD   EndpointKind = "server_vad"
	SemanticVAD EndpointKind = "semantic_vad"
)

// Limits of what a client may send.
const (
	MaxInstructions = 64 << 10 // bytes
	MaxPrompt       = 8 << 10  // bytes
	MaxItemText     = 64 << 10 // bytes of one message
	MaxItems        = 2000     // messages of a conversation
)

// DefaultEndpointing is what a new session has.
func DefaultEndpointing() *Endpointing {
	return &Endpointing{
		Kind: ServerVAD, Threshold: turn.DefaultThreshold, Prefix: 300 * time.Millisecond,
		Silence: 500 * time.Millisecond, Reply: true, Interrupt: true,
	}
}

// Validate says what is wrong with the settings, as a *stage.Fault with the
// name that the field has in the protocol.
func (s Settings) Validate() error {
	switch {
	case len(s.Instructions) > MaxInstructions:
		return stage.Invalid("string_above_max_length", "session.instructions", "Instructions may have at most %d bytes; these have %d.", MaxInstructions, len(s.Instructions))
	case len(s.Prompt) > MaxPrompt:
		return stage.Invalid("string_above_max_length", "session.audio.input.transcription.prompt", "The prompt may have at most %d bytes; this has %d.", MaxPrompt, len(s.Prompt))
	case s.Speed != 0 && (s.Speed < 0.25 || s.Speed > 1.5):
		return stage.Invalid("invalid_value", "session.audio.output.speed", "Speed must lie between 0.25 and 1.5; it is %g.", s.Speed)
	case s.MaxTokens < 0 || s.MaxTokens > 1<<20:
		return stage.Invalid("invalid_value", "session.max_output_tokens", "max_output_tokens must lie between 1 and 1048576, or be \"inf\"; it is %d.", s.MaxTokens)
	}
	if s.Endpointing == nil {
		return nil
	}
	return s.Endpointing.validate()
}

func (e Endpointing) validate() error {
	const at = "session.audio.input.turn_detection."
	switch {
	case e.Kind != ServerVAD && e.Kind != SemanticVAD:
		return stage.Invalid("invalid_value", at+"type", "Turn detection is \"server_vad\", \"semantic_vad\" or null; it is %q.", e.Kind)
	case e.Threshold < 0 || e.Threshold > 1:
		return stage.Invalid("invalid_value", at+"threshold", "The threshold must lie between 0 and 1; it is %g.", e.Threshold)
	case e.Prefix < 0 || e.Prefix > 5*time.Second:
		return stage.Invalid("invalid_value", at+"prefix_padding_ms", "The prefix must lie between 0 and 5000 ms; it is %d.", e.Prefix.Milliseconds())
	case e.Silence < 0 || e.Silence > 30*time.Second:
		return stage.Invalid("invalid_value", at+"silence_duration_ms", "The silence must lie between 0 and 30000 ms; it is %d.", e.Silence.Milliseconds())
	}
	switch e.Eagerness {
	case "", "auto", "low", "medium", "high":
		return nil
	default:
		return stage.Invalid("invalid_value", at+"eagerness", "Eagerness is \"low\", \"medium\", \"high\" or \"auto\"; it is %q.", e.Eagerness)
	}
}

// silence is how long a pause ends the turn. A SemanticVAD is as patient as its
// eagerness says.
func (e Endpointing) silence() time.Duration {
	if e.Kind == ServerVAD {
		return e.Silence
	}
	switch e.Eagerness {
	case "low":
		return time.Second
	case "high":
		return 300 * time.Millisecond
	default:
		return 500 * time.Millisecond
	}
}
