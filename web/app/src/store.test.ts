import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ServerEvent } from './events.ts'
import { activity, heardParts, initial, reduce, type ReplyEntry, type State } from './store.ts'

const open = reduce(initial, { type: 'phase', phase: { name: 'open' } })

const after = (s: State, ...events: ServerEvent[]) =>
  events.reduce((x, event) => reduce(x, { type: 'event', event }), s)

const started = (id: string): ServerEvent => ({
  type: 'input_audio_buffer.speech_started',
  item_id: id,
})
const stopped = (id: string): ServerEvent => ({
  type: 'input_audio_buffer.speech_stopped',
  item_id: id,
})
const partial = (id: string, transcript: string): ServerEvent => ({
  type: 'parley.transcript.partial',
  item_id: id,
  transcript,
})
const heard = (id: string, delta: string): ServerEvent => ({
  type: 'conversation.item.input_audio_transcription.delta',
  item_id: id,
  delta,
})
const completed = (id: string, transcript: string): ServerEvent => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: id,
  transcript,
})
const created = (id: string): ServerEvent => ({ type: 'response.created', response: { id } })
const says = (response: string, item: string, delta: string): ServerEvent => ({
  type: 'response.output_audio_transcript.delta',
  response_id: response,
  item_id: item,
  delta,
})
const done = (id: string, status: string, message?: string): ServerEvent => ({
  type: 'response.done',
  response: {
    id,
    status,
    ...(message === undefined ? {} : { status_details: { error: { message } } }),
  },
})
const playback = (what: 'started' | 'stopped' | 'cleared', id: string): ServerEvent => ({
  type: `output_audio_buffer.${what}`,
  response_id: id,
})

describe('activity', () => {
  const cases: [string, ServerEvent[], string][] = [
    ['at first', [], 'listening'],
    ['while the person speaks', [started('u')], 'hearing'],
    ['when they have spoken', [started('u'), stopped('u')], 'thinking'],
    ['when it was noise', [started('u'), stopped('u'), completed('u', ' ')], 'listening'],
    ['when the sound was dropped', [started('u'), { type: 'input_audio_buffer.cleared' }], 'listening'],
    ['while a reply is made', [stopped('u'), created('r')], 'thinking'],
    ['while it plays', [created('r'), playback('started', 'r')], 'speaking'],
    ['when it was played', [playback('started', 'r'), playback('stopped', 'r')], 'listening'],
    ['when all of it is there before its sound', [created('r'), says('r', 'a', 'Yes.'), done('r', 'completed')], 'thinking'],
    ['when all of it is there and plays', [created('r'), says('r', 'a', 'Yes.'), playback('started', 'r'), done('r', 'completed')], 'speaking'],
    ['when it is empty', [created('r'), done('r', 'completed')], 'listening'],
    ['when it failed', [stopped('u'), created('r'), says('r', 'a', 'Y'), done('r', 'failed')], 'listening'],
    ['when it was cancelled before its sound', [created('r'), says('r', 'a', 'Y'), done('r', 'cancelled')], 'listening'],
    ['when the person interrupts', [created('r'), playback('started', 'r'), started('u')], 'hearing'],
    ['after the interruption', [playback('started', 'r'), started('u'), playback('cleared', 'r'), stopped('u')], 'thinking'],
    ['when an older reply ends', [created('r'), playback('started', 's'), playback('stopped', 'r')], 'speaking'],
  ]
  for (const [name, events, want] of cases)
    it(`${name}: ${want}`, () => assert.equal(activity(after(open, ...events)), want))

  it('is forgotten with the connection', () => {
    const s = after(open, started('u'), created('r'), playback('started', 'r'))
    const lost = reduce(s, {
      type: 'phase',
      phase: { name: 'waiting', problem: { code: 'lost' }, delay: 1000 },
    })
    assert.equal(activity(lost), 'listening')
  })
})

describe('the person’s words', () => {
  const line = (s: State) => {
    const x = s.entries[0]
    return x?.kind === 'person' ? [x.text, x.partial, x.final] : undefined
  }

  it('grow, and are replaced by the final ones', () => {
    let s = after(open, started('u'))
    assert.deepEqual(line(s), ['', '', false])
    s = after(s, partial('u', 'What is'), partial('u', 'What is seven'))
    assert.deepEqual(line(s), ['', 'What is seven', false])
    s = after(s, heard('u', 'What'), heard('u', ' is'))
    assert.deepEqual(line(s), ['What is', 'What is seven', false])
    s = after(s, completed('u', 'What is eleven?'))
    assert.deepEqual(line(s), ['What is eleven?', '', true])
    assert.deepEqual(line(after(s, partial('u', 'late'), heard('u', 'late'))), line(s))
  })

  it('vanish if there were none', () => {
    assert.deepEqual(after(open, started('u'), completed('u', '')).entries, [])
    assert.deepEqual(after(open, started('u'), { type: 'input_audio_buffer.cleared' }).entries, [])
  })

  it('are kept as far as they got when the connection is lost', () => {
    const s = reduce(after(open, started('u'), partial('u', 'What is')), {
      type: 'phase',
      phase: { name: 'idle' },
    })
    assert.deepEqual(line(s), ['What is', '', true])
  })

  it('say so when they could not be made out', () => {
    const s = after(open, started('u'), stopped('u'), {
      type: 'conversation.item.input_audio_transcription.failed',
      item_id: 'u',
      error: { message: 'The model is not there.' },
    })
    assert.equal(s.notice, 'The model is not there.')
    assert.equal(activity(s), 'listening')
    assert.ok(s.entries[0]?.kind === 'person' && s.entries[0].failed)
  })
})

describe('a reply', () => {
  const replied = after(open, created('r'), says('r', 'a', 'One, two,'), says('r', 'a', ' three, four.'))

  it('grows piece by piece', () => {
    assert.deepEqual((replied.entries[0] as ReplyEntry).pieces, ['One, two,', ' three, four.'])
  })

  for (const [name, text, want] of [
    ['a part', 'One, two, three,', { heard: 'One, two, three, ', unheard: 'four.' }],
    ['nothing', '', { heard: '', unheard: 'One, two, three, four.' }],
    ['all', 'One, two, three, four.', { heard: 'One, two, three, four.', unheard: '' }],
    ['other words', 'One two', { heard: 'One two', unheard: '' }],
    ['an unknown part', undefined, { heard: 'One, two, three, four.', unheard: '' }],
  ] as const)
    it(`is cut to what was heard: ${name}`, () => {
      const s = after(replied, {
        type: 'conversation.item.truncated',
        item_id: 'a',
        audio_end_ms: 700,
        ...(text === undefined ? {} : { parley_text: text }),
      })
      assert.deepEqual(heardParts(s.entries[0] as ReplyEntry), want)
    })

  it('is cut by the clock if the server does not say what was heard', () => {
    const word = (text: string, i: number) => ({ text, start_ms: i * 300, end_ms: i * 300 + 250 })
    const s = after(
      replied,
      { type: 'parley.output.words', item_id: 'a', words: ['One', 'two', 'three', 'four'].map(word) },
      { type: 'conversation.item.truncated', item_id: 'a', audio_end_ms: 600 },
    )
    assert.equal(heardParts(s.entries[0] as ReplyEntry).unheard, ', three, four.')
  })

  it('gets its trace though nothing of it was heard', () => {
    const s = after(replied, {
      type: 'parley.turn.trace',
      turn: { turn_id: 't', voice_to_voice_ms: 500, stages: [], reply: '', outcome: 'cancelled' },
    })
    assert.ok(s.entries[0]?.kind === 'reply' && s.entries[0].trace)
  })

  it('is over with its trace', () => {
    const s = after(replied, done('r', 'completed'), {
      type: 'parley.turn.trace',
      turn: { turn_id: 't', voice_to_voice_ms: null, stages: [] },
    })
    assert.equal(activity(s), 'listening')
  })

  it('that failed says why', () => {
    assert.equal(after(replied, done('r', 'failed', 'No voice.')).notice, 'No voice.')
  })

  it('gets the trace of its own turn', () => {
    const s = after(replied, done('r', 'completed'), created('q'), says('q', 'b', 'Five.'), {
      type: 'parley.turn.trace',
      turn: { turn_id: 't', voice_to_voice_ms: 500, stages: [], reply: 'One, two, three,' },
    })
    const traces = s.entries.map((x) => x.kind === 'reply' && x.trace?.voice_to_voice_ms)
    assert.deepEqual(traces, [500, undefined])
  })
})

describe('connections', () => {
  it('part one conversation from the next, once', () => {
    let s = after(open, started('u'), completed('u', 'Hello.'))
    for (let i = 0; i < 2; i++) s = reduce(s, { type: 'phase', phase: { name: 'open' } })
    assert.deepEqual(s.entries.map((x) => x.kind), ['person', 'note'])
  })

  it('survive events that are not known', () => {
    const event = { type: 'rate_limits.updated' } as unknown as ServerEvent
    assert.equal(after(open, event), open)
  })
})
