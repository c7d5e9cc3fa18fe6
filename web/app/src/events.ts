// The events of the OpenAI Realtime protocol that the page reads, and Parley's
// own ("parley.…"). Others pass by unread; every field that a server may leave
// out is optional here.

/** A stage of a turn, its time and its share of the target, in milliseconds. */
export interface StageTime {
  stage: string
  took_ms: number | null
  budget_ms: number | null
}

/** Where the time of one turn went. */
export interface TurnTrace {
  turn_id: string
  voice_to_voice_ms: number | null
  stages: StageTime[]
  question?: string
  reply?: string
  outcome?: string
}

/** A word of a reply and where it sounds, from the reply's first sample. */
export interface SpokenWord {
  text: string
  start_ms: number
  end_ms: number
}

export interface ServerError {
  type?: string
  code?: string | null
  message: string
  param?: string | null
}

export type ServerEvent =
  | { type: 'session.created' | 'session.updated'; session: { id?: string } }
  | { type: 'error'; error: ServerError }
  | { type: 'input_audio_buffer.speech_started'; item_id: string }
  | { type: 'input_audio_buffer.speech_stopped'; item_id: string }
  | { type: 'input_audio_buffer.cleared' }
  | { type: 'parley.transcript.partial'; item_id: string; transcript: string }
  | {
      type: 'conversation.item.input_audio_transcription.delta'
      item_id: string
      delta: string
    }
  | {
      type: 'conversation.item.input_audio_transcription.completed'
      item_id: string
      transcript: string
    }
  | {
      type: 'conversation.item.input_audio_transcription.failed'
      item_id: string
      error: ServerError
    }
  | {
      type: 'conversation.item.truncated'
      item_id: string
      audio_end_ms: number
      /** The words that were heard; Parley's own field. */
      parley_text?: string
    }
  | { type: 'conversation.item.deleted'; item_id: string }
  | { type: 'response.created'; response: { id: string } }
  | {
      type: 'response.output_audio_transcript.delta' | 'response.output_text.delta'
      response_id: string
      item_id: string
      delta: string
    }
  | {
      type: 'response.done'
      response: {
        id: string
        status?: string
        status_details?: { reason?: string; error?: Partial<ServerError> | null } | null
      }
    }
  | { type: 'output_audio_buffer.started'; response_id: string }
  | { type: 'output_audio_buffer.stopped'; response_id: string }
  | { type: 'output_audio_buffer.cleared'; response_id: string }
  | { type: 'parley.output.words'; item_id: string; words: SpokenWord[] }
  | { type: 'parley.turn.trace'; turn: TurnTrace }

/** Reads a message of the data channel; undefined if it is no event at all. */
export function parseEvent(data: unknown): ServerEvent | undefined {
  if (typeof data !== 'string') return undefined
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  return typeof value.type === 'string' ? (value as ServerEvent) : undefined
}
