package realtime

import (
	"encoding/json"

	"parley/pipeline/stage"
	"parley/pipeline/trace"
)

// The server's events. Fields that clients' schemas require are never omitted,
// empty or not: the stock clients drop an event that lacks one, silently.
type (
	// Head is what all events share.
	Head struct {
		Type    string `json:"type"`
		EventID string `json:"event_id"`
	}
	// ErrorEvent is "error".
	ErrorEvent struct {
		Head
		Error Error `json:"error"`
	}
	// Error says what went wrong. Type is "invalid_request_error" or
	// "server_error".
	Error struct {
		Type    string  `json:"type"`
		Code    *string `json:"code"`
		Message string  `json:"message"`
		Param   *string `json:"param"`
		// EventID is that of the client's event at fault.
		EventID *string `json:"event_id,omitempty"`
	}
	// SessionEvent is "session.created" or "session.updated".
	SessionEvent struct {
		Head
		Session Session `json:"session"`
	}
	// ItemEvent is "conversation.item.added" or "….done".
	ItemEvent struct {
		Head
		PreviousItemID *string `json:"previous_item_id"`
		Item           Item    `json:"item"`
	}
	// ItemRetrieved is "conversation.item.retrieved".
	ItemRetrieved struct {
		Head
		Item Item `json:"item"`
	}
	// ItemDeleted is "conversation.item.deleted".
	ItemDeleted struct {
		Head
		ItemID string `json:"item_id"`
	}
	// ItemTruncated is "conversation.item.truncated".
	ItemTruncated struct {
		Head
		ItemID       string `json:"item_id"`
		ContentIndex int    `json:"content_index"`
		AudioEndMs   int64  `json:"audio_end_ms"`
		// Text is what was heard of the item; a field of Parley's own.
		Text string `json:"parley_text"`
	}
	// SpeechStarted is "input_audio_buffer.speech_started".
	SpeechStarted struct {
		Head
		AudioStartMs int64  `json:"audio_start_ms"`
		ItemID       string `json:"item_id"`
	}
	// SpeechStopped is "input_audio_buffer.speech_stopped".
	SpeechStopped struct {
		Head
		AudioEndMs int64  `json:"audio_end_ms"`
		ItemID     string `json:"item_id"`
	}
	// Committed is "input_audio_buffer.committed".
	Committed struct {
		Head
		PreviousItemID *string `json:"previous_item_id"`
		ItemID         string  `json:"item_id"`
	}
	// TranscriptionDelta is "conversation.item.input_audio_transcription.delta".
	TranscriptionDelta struct {
		Head
		ItemID       string `json:"item_id"`
		ContentIndex int    `json:"content_index"`
		Delta        string `json:"delta"`
	}
	// TranscriptionCompleted is "….input_audio_transcription.completed".
	TranscriptionCompleted struct {
		Head
		ItemID       string             `json:"item_id"`
		ContentIndex int                `json:"content_index"`
		Transcript   string             `json:"transcript"`
		Usage        TranscriptionUsage `json:"usage"`
	}
	// TranscriptionUsage counts what was recognised: Type is "duration".
	TranscriptionUsage struct {
		Type    string  `json:"type"`
		Seconds float64 `json:"seconds"`
	}
	// TranscriptionFailed is "….input_audio_transcription.failed". Its error's
	// fields are strings, never null.
	TranscriptionFailed struct {
		Head
		ItemID       string      `json:"item_id"`
		ContentIndex int         `json:"content_index"`
		Error        FailedError `json:"error"`
	}
	// FailedError is an error within an event that is not "error".
	FailedError struct {
		Type    string `json:"type"`
		Code    string `json:"code"`
		Message string `json:"message,omitempty"`
	}
	// ResponseEvent is "response.created" or "response.done".
	ResponseEvent struct {
		Head
		Response Response `json:"response"`
	}
	// OutputItemEvent is "response.output_item.added" or "….done".
	OutputItemEvent struct {
		Head
		ResponseID  string `json:"response_id"`
		OutputIndex int    `json:"output_index"`
		Item        Item   `json:"item"`
	}
	// ContentHead places an event in a response's content.
	ContentHead struct {
		ResponseID   string `json:"response_id"`
		ItemID       string `json:"item_id"`
		OutputIndex  int    `json:"output_index"`
		ContentIndex int    `json:"content_index"`
	}
	// PartEvent is "response.content_part.added" or "….done".
	PartEvent struct {
		Head
		ContentHead
		Part Part `json:"part"`
	}
	// Part is content in the making. Type is "audio" or "text".
	Part struct {
		Type       string  `json:"type"`
		Text       *string `json:"text,omitempty"`
		Transcript *string `json:"transcript,omitempty"`
	}
	// TextDelta is "response.output_text.delta" or
	// "response.output_audio_transcript.delta".
	TextDelta struct {
		Head
		ContentHead
		Delta string `json:"delta"`
	}
	// AudioDelta is "response.output_audio.delta"; Delta is base64 in JSON.
	AudioDelta struct {
		Head
		ContentHead
		Delta []byte `json:"delta"`
	}
	// TextDone is "response.output_text.done".
	TextDone struct {
		Head
		ContentHead
		Text string `json:"text"`
	}
	// TranscriptDone is "response.output_audio_transcript.done".
	TranscriptDone struct {
		Head
		ContentHead
		Transcript string `json:"transcript"`
	}
	// AudioDone is "response.output_audio.done".
	AudioDone struct {
		Head
		ContentHead
	}
	// PlaybackEvent is "output_audio_buffer.started", "….stopped" or
	// "….cleared".
	PlaybackEvent struct {
		Head
		ResponseID string `json:"response_id"`
	}
	// Plain is an event without fields, such as "input_audio_buffer.cleared".
	Plain struct{ Head }
)

// Parley's own events.
type (
	// PartialTranscript is "parley.transcript.partial". It replaces the one
	// before it.
	PartialTranscript struct {
		Head
		ItemID     string     `json:"item_id"`
		Transcript string     `json:"transcript"`
		Words      []WireWord `json:"words"`
	}
	// WireWord is a word with its place in the conversation, or in the
	// reply's sound.
	WireWord struct {
		Text       string   `json:"text"`
		StartMs    int64    `json:"start_ms"`
		EndMs      int64    `json:"end_ms"`
		Committed  *bool    `json:"committed,omitempty"`
		Confidence *float64 `json:"confidence,omitempty"`
	}
	// OutputWords is "parley.output.words"; times count from the reply's
	// first sample.
	OutputWords struct {
		Head
		ResponseID string     `json:"response_id"`
		ItemID     string     `json:"item_id"`
		Words      []WireWord `json:"words"`
	}
	// TurnTrace is "parley.turn.trace".
	TurnTrace struct {
		Head
		Turn *trace.Turn `json:"turn"`
	}
)

// The objects within the events.
type (
	// Session is the session as the client sees it.
	Session struct {
		Type             string          `json:"type"`
		Object           string          `json:"object"`
		ID               string          `json:"id"`
		Model            string          `json:"model"`
		OutputModalities []string        `json:"output_modalities"`
		Instructions     string          `json:"instructions"`
		Tools            []any           `json:"tools"`
		ToolChoice       string          `json:"tool_choice"`
		MaxOutputTokens  any             `json:"max_output_tokens"`
		Tracing          json.RawMessage `json:"tracing"`
		Truncation       string          `json:"truncation"`
		Prompt           any             `json:"prompt"`
		Include          any             `json:"include"`
		Audio            SessionAudio    `json:"audio"`
		Parley           SessionParley   `json:"parley"`
	}
	// SessionAudio is the session's "audio".
	SessionAudio struct {
		Input  AudioInput  `json:"input"`
		Output AudioOutput `json:"output"`
	}
	// AudioInput says how the client's sound is taken.
	AudioInput struct {
		Format         Encoding       `json:"format"`
		Transcription  *Transcription `json:"transcription"`
		NoiseReduction any            `json:"noise_reduction"`
		TurnDetection  *TurnDetection `json:"turn_detection"`
	}
	// Transcription says how the person's words are reported.
	Transcription struct {
		Model    string  `json:"model"`
		Language *string `json:"language"`
		Prompt   string  `json:"prompt"`
	}
	// TurnDetection says how turns end.
	TurnDetection struct {
		Type              string   `json:"type"`
		Threshold         *float64 `json:"threshold,omitempty"`
		PrefixPaddingMs   *int64   `json:"prefix_padding_ms,omitempty"`
		SilenceDurationMs *int64   `json:"silence_duration_ms,omitempty"`
		Eagerness         string   `json:"eagerness,omitempty"`
		CreateResponse    bool     `json:"create_response"`
		InterruptResponse bool     `json:"interrupt_response"`
	}
	// AudioOutput says how replies sound.
	AudioOutput struct {
		Format Encoding `json:"format"`
		Voice  string   `json:"voice"`
		Speed  *float64 `json:"speed,omitempty"`
	}
	// SessionParley holds what is Parley's own in a session.
	SessionParley struct {
		Events   bool    `json:"events"`
		TimeZone *string `json:"time_zone"`
	}
	// Item is a message of the conversation.
	Item struct {
		ID      string        `json:"id"`
		Object  string        `json:"object"`
		Type    string        `json:"type"`
		Status  string        `json:"status"`
		Role    stage.Role    `json:"role"`
		Content []ItemContent `json:"content"`
	}
	// ItemContent is "input_text", "output_text", "input_audio" or
	// "output_audio"; the first two have Text, the others a Transcript, which
	// is null while it is not known.
	ItemContent struct {
		Type       string
		Text       string
		Transcript *string
	}
	// Response is a reply as the client sees it.
	Response struct {
		Object           string         `json:"object"`
		ID               string         `json:"id"`
		Status           string         `json:"status"`
		StatusDetails    *StatusDetails `json:"status_details"`
		Output           []Item         `json:"output"`
		ConversationID   string         `json:"conversation_id"`
		OutputModalities []string       `json:"output_modalities"`
		MaxOutputTokens  any            `json:"max_output_tokens"`
		Audio            ResponseAudio  `json:"audio"`
		Usage            *Usage         `json:"usage"`
		Metadata         any            `json:"metadata"`
	}
	// ResponseAudio is a response's "audio".
	ResponseAudio struct {
		Output AudioOutput `json:"output"`
	}
	// StatusDetails says why a response did not complete.
	StatusDetails struct {
		Type   string       `json:"type"`
		Reason string       `json:"reason,omitempty"`
		Error  *FailedError `json:"error,omitempty"`
	}
	// Usage counts a response's tokens, as far as its reasoner counts any.
	Usage struct {
		TotalTokens        int      `json:"total_tokens"`
		InputTokens        int      `json:"input_tokens"`
		OutputTokens       int      `json:"output_tokens"`
		InputTokenDetails  struct{} `json:"input_token_details"`
		OutputTokenDetails struct{} `json:"output_token_details"`
	}
)

// MarshalJSON writes the fields that the type has.
func (c ItemContent) MarshalJSON() ([]byte, error) {
	switch c.Type {
	case "input_audio", "output_audio":
		return json.Marshal(struct {
			Type       string  `json:"type"`
			Transcript *string `json:"transcript"`
		}{c.Type, c.Transcript})
	default:
		return json.Marshal(struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}{c.Type, c.Text})
	}
}
