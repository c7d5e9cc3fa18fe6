// What the page shows, as a value, and the pure function that makes the next
// one of an event. Whatever happens comes in here; the views only read.

import type { ServerEvent, SpokenWord, TurnTrace } from './events.ts'
import type { Phase } from './realtime.ts'

/** Something that was said, or a note between what was said. */
export type Entry = PersonEntry | ReplyEntry | NoteEntry

export interface PersonEntry {
  kind: 'person'
  id: string
  /** What is recognised so far; may still change. */
  partial: string
  /** What was recognised for good; empty while it is being recognised. */
  text: string
  final: boolean
  failed: boolean
}

export interface ReplyEntry {
  kind: 'reply'
  id: string
  response: string
  /** The reply's text as it came, piece by piece. */
  pieces: string[]
  /** Where its words sound, as far as that is known. */
  words: SpokenWord[]
  done: boolean
  /** Set when the person interrupted: how much of the text was heard. */
  heard?: string
  trace?: TurnTrace
}

export interface NoteEntry {
  kind: 'note'
  id: string
  text: string
}

/** What the conversation is doing, for the person to see. */
export type Activity = 'listening' | 'hearing' | 'thinking' | 'speaking'

export interface State {
  phase: Phase
  /** Counts the connections that were opened since the page was loaded. */
  connections: number
  entries: Entry[]
  /** The person speaks. */
  hearing: boolean
  /** The person's turn is over and its reply has not been heard of yet. */
  asked: boolean
  /** The response whose sound has not begun yet. */
  preparing: string | null
  /** The response whose sound is playing. */
  playing: string | null
  /** The last thing that went wrong on the server, until it is dismissed. */
  notice: string | null
}

export type Action =
  | { type: 'phase'; phase: Phase }
  | { type: 'event'; event: ServerEvent }
  | { type: 'dismiss' }

const silent = { hearing: false, asked: false, preparing: null, playing: null }

export const initial: State = {
  phase: { name: 'idle' },
  connections: 0,
  entries: [],
  notice: null,
  ...silent,
}

/** Says what the conversation is doing. A person who speaks comes first. */
export function activity(s: State): Activity {
  if (s.hearing) return 'hearing'
  if (s.playing !== null) return 'speaking'
  return s.asked || s.preparing !== null ? 'thinking' : 'listening'
}

export function reduce(s: State, a: Action): State {
  switch (a.type) {
    case 'phase':
      return connect(s, a.phase)
    case 'event':
      return receive(s, a.event)
    case 'dismiss':
      return { ...s, notice: null }
  }
}

function connect(s: State, phase: Phase): State {
  const next: State = { ...s, phase, ...silent, entries: settle(s.entries) }
  if (phase.name === 'microphone') return { ...next, notice: null }
  if (phase.name !== 'open') return next
  const connections = s.connections + 1
  // A new connection is a new conversation to the server.
  const note: Entry = { kind: 'note', id: `note-${connections}`, text: 'New conversation' }
  return {
    ...next,
    connections,
    notice: null,
    entries: worthNoting(next.entries) ? [...next.entries, note] : next.entries,
  }
}

function worthNoting(entries: Entry[]): boolean {
  const last = entries.at(-1)
  return last !== undefined && last.kind !== 'note'
}

function receive(s: State, e: ServerEvent): State {
  switch (e.type) {
    case 'error':
      return { ...s, notice: e.error.message }

    case 'input_audio_buffer.speech_started':
      return { ...person(s, e.item_id, {}), hearing: true, asked: false }
    case 'input_audio_buffer.speech_stopped':
      return { ...s, hearing: false, asked: true }
    case 'input_audio_buffer.cleared':
      return { ...s, hearing: false, asked: false, entries: settle(s.entries) }

    case 'parley.transcript.partial':
      return person(s, e.item_id, { partial: e.transcript })
    case 'conversation.item.input_audio_transcription.delta': {
      const before = s.entries.find((x) => x.id === e.item_id)
      const text = before?.kind === 'person' && !before.final ? before.text : ''
      return person(s, e.item_id, { text: text + e.delta })
    }
    case 'conversation.item.input_audio_transcription.completed':
      // Nothing was said after all, so nothing will be answered.
      if (e.transcript.trim() === '') return { ...without(s, e.item_id), asked: false }
      return person(s, e.item_id, { text: e.transcript, partial: '', final: true })
    case 'conversation.item.input_audio_transcription.failed':
      return {
        ...person(s, e.item_id, { partial: '', final: true, failed: true }),
        asked: false,
        notice: e.error.message,
      }

    case 'response.created':
      return { ...s, asked: false, preparing: e.response.id }
    case 'response.output_audio_transcript.delta':
    case 'response.output_text.delta':
      return reply(s, e.item_id, e.response_id, e.delta)
    case 'response.done':
      return responseDone(s, e.response)

    case 'output_audio_buffer.started':
      return { ...s, asked: false, preparing: null, playing: e.response_id }
    case 'output_audio_buffer.stopped':
    case 'output_audio_buffer.cleared':
      return {
        ...s,
        playing: s.playing === e.response_id ? null : s.playing,
        preparing: s.preparing === e.response_id ? null : s.preparing,
      }

    case 'conversation.item.truncated':
      return edit(s, e.item_id, (x) =>
        x.kind === 'reply'
          ? { ...x, done: true, heard: e.parley_text ?? heardUntil(x, e.audio_end_ms) }
          : x,
      )
    case 'conversation.item.deleted':
      return without(s, e.item_id)
    case 'parley.output.words':
      return edit(s, e.item_id, (x) =>
        x.kind === 'reply' ? { ...x, words: [...x.words, ...e.words] } : x,
      )
    case 'parley.turn.trace':
      return traced(s, e.turn)
    default:
      return s
  }
}

type Done = Extract<ServerEvent, { type: 'response.done' }>['response']

function responseDone(s: State, r: Done): State {
  const own = s.entries.find((x) => x.kind === 'reply' && x.response === r.id)
  // All of a reply may be there before its first sound plays: then it still is
  // being prepared. One that failed, or has no words, will never play.
  const willPlay = r.status === 'completed' && own !== undefined
  const next = own ? edit(s, own.id, (x) => (x.kind === 'reply' ? { ...x, done: true } : x)) : s
  const message = r.status === 'failed' ? r.status_details?.error?.message : undefined
  return {
    ...next,
    preparing: s.preparing === r.id && !willPlay ? null : s.preparing,
    notice: message ?? s.notice,
  }
}

/** Changes the person's entry of this ID, and makes it if need be. */
function person(s: State, id: string, change: Partial<PersonEntry>): State {
  if (s.entries.some((x) => x.id === id))
    return edit(s, id, (x) => (x.kind === 'person' && !x.final ? { ...x, ...change } : x))
  const fresh: Entry = {
    kind: 'person', id, partial: '', text: '', final: false, failed: false, ...change,
  }
  return { ...s, entries: [...s.entries, fresh] }
}

/** Adds to the reply of this ID, and makes it if need be. */
function reply(s: State, id: string, response: string, delta: string): State {
  if (s.entries.some((x) => x.id === id))
    return edit(s, id, (x) => (x.kind === 'reply' ? { ...x, pieces: [...x.pieces, delta] } : x))
  const fresh: Entry = { kind: 'reply', id, response, pieces: [delta], words: [], done: false }
  return { ...s, entries: [...s.entries, fresh] }
}

/** Puts a turn's trace beside the reply that it brought forth. */
function traced(s: State, trace: TurnTrace): State {
  const open = s.entries.filter((x): x is ReplyEntry => x.kind === 'reply' && !x.trace)
  // What a trace has of the reply is what was heard, which may be nothing.
  const said = trace.reply?.trim()
  const own = open.find((x) => said && x.pieces.join('').trim().startsWith(said)) ?? open.at(-1)
  if (!own) return s
  // The turn is over, whatever else was or was not heard of it.
  const over = (id: string | null) => (id === own.response ? null : id)
  const next = edit(s, own.id, (x) => ({ ...x, trace }))
  return { ...next, preparing: over(s.preparing), playing: over(s.playing) }
}

function edit(s: State, id: string, change: (x: Entry) => Entry): State {
  return { ...s, entries: s.entries.map((x) => (x.id === id ? change(x) : x)) }
}

function without(s: State, id: string): State {
  return { ...s, entries: s.entries.filter((x) => x.id !== id) }
}

/** Ends what was still growing: nothing more will come of it. */
function settle(entries: Entry[]): Entry[] {
  return entries.flatMap((x): Entry[] => {
    if (x.kind === 'reply') return [x.done ? x : { ...x, done: true }]
    if (x.kind === 'note' || x.final) return [x]
    const text = x.text || x.partial
    return text ? [{ ...x, text, partial: '', final: true }] : []
  })
}

/** The text of a reply up to the last word that had sounded at a time. */
function heardUntil(x: ReplyEntry, ms: number): string {
  const all = x.pieces.join('')
  if (x.words.length === 0) return all
  let end = 0
  for (const word of x.words) {
    const at = all.indexOf(word.text, end)
    if (word.end_ms <= ms && at >= 0) end = at + word.text.length
  }
  return all.slice(0, end)
}

/** The part of a reply that was heard, with the space after it, and the rest. */
export function heardParts(x: ReplyEntry): { heard: string; unheard: string } {
  const all = x.pieces.join('')
  if (x.heard === undefined) return { heard: all, unheard: '' }
  const heard = x.heard.trimEnd()
  const start = all.indexOf(heard)
  // The words of the history may differ from those of the transcript in their
  // spacing; then only what was heard is shown.
  if (start < 0) return { heard, unheard: '' }
  const rest = all.slice(start + heard.length)
  const unheard = rest.trimStart()
  return { heard: all.slice(0, all.length - unheard.length), unheard }
}
