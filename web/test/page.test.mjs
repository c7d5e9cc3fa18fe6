// The page against a stand-in server: every state it shows, and everything that
// can go wrong. PARLEY_SHOTS names a folder to leave pictures in.

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'

import { energy, launch, open, state, until } from './support/browser.mjs'
import { Peer } from './support/peer.mjs'

const shots = process.env.PARLEY_SHOTS
async function shot(page, name) {
  if (!shots) return
  await mkdir(shots, { recursive: true })
  // Lets what is arriving arrive.
  await page.waitForTimeout(400)
  await page.screenshot({ path: `${shots}/${name}.png` })
}

const item = (x) => `[data-item="${x}"] > p`
const text = (page, x) => page.locator(item(x)).innerText()

/** How high the highest bar is on either side, in pixels. */
const bars = (page) =>
  page.evaluate(() => {
    const canvas = document.querySelector('canvas')
    const { width, height } = canvas
    const rows = (x) => {
      const { data } = canvas.getContext('2d').getImageData(x, 0, width / 2, height)
      const inked = (_, y) => data.subarray(y * width * 2, (y + 1) * width * 2).some((v) => v > 0)
      return Array.from({ length: height }, inked).filter(Boolean).length
    }
    return [rows(0), rows(width / 2)]
  })

const ask = [
  { type: 'input_audio_buffer.speech_started', item_id: 'u1', audio_start_ms: 0 },
  { type: 'parley.transcript.partial', item_id: 'u1', transcript: 'What is seven' },
  { type: 'parley.transcript.partial', item_id: 'u1', transcript: 'What is seventeen times' },
]
const asked = [
  { type: 'input_audio_buffer.speech_stopped', item_id: 'u1', audio_end_ms: 1900 },
  { type: 'conversation.item.input_audio_transcription.delta', item_id: 'u1', delta: 'What is seventeen times 23?' },
  {
    type: 'conversation.item.input_audio_transcription.completed',
    item_id: 'u1',
    transcript: 'What is seventeen times 23?',
  },
]
const answer = [
  { type: 'response.output_audio_transcript.delta', response_id: 'r1', item_id: 'a1', delta: 'That is 391.' },
  { type: 'response.output_audio_transcript.delta', response_id: 'r1', item_id: 'a1', delta: ' Shall I show you how I got there?' },
]
const trace = {
  type: 'parley.turn.trace',
  turn: {
    turn_id: 't1',
    voice_to_voice_ms: 612.4,
    question: 'What is seventeen times 23?',
    reply: 'That is 391.',
    outcome: 'ok',
    stages: [
      { stage: 'endpoint', took_ms: 402, budget_ms: 250 },
      { stage: 'recognise', took_ms: 71, budget_ms: 60 },
      { stage: 'think', took_ms: 12, budget_ms: 60 },
      { stage: 'speak', took_ms: 101, budget_ms: 80 },
      { stage: 'send', took_ms: 26.4, budget_ms: 50 },
    ],
  },
}

describe('the page', { timeout: 180_000 }, () => {
  let browser
  let peer
  before(async () => {
    browser = await launch()
    peer = await Peer.start(browser)
  })
  after(async () => {
    await peer?.close()
    await browser?.close()
  })

  /** Opens the page and starts to talk. */
  async function talk(options) {
    const tab = await open(browser, peer.url, options)
    await tab.page.getByRole('button', { name: 'Start talking' }).click()
    await state(tab.page, 'listening')
    return tab
  }

  it('loads whole, from its own server alone', async () => {
    const hosts = new Set()
    const context = await browser.newContext()
    const page = await context.newPage()
    page.on('request', (r) => hosts.add(new URL(r.url()).origin))
    await page.goto(peer.url)
    await page.getByRole('button', { name: 'Start talking' }).waitFor()
    assert.deepEqual([...hosts], [new URL(peer.url).origin])
    await context.close()
  })

  it('shows a conversation as it goes', async () => {
    const { page, errors, close } = await talk()
    await shot(page, 'listening')
    await peer.sound(0.4)
    const silence = await energy(page)
    await until('the server hears the microphone', async () => (await peer.heard()) > 0)
    await until('the server is asked for its own events', async () =>
      (await peer.events()).some((e) => e.type === 'session.update' && e.session.parley.events),
    )
    await until('the page plays the server', async () => (await energy(page)) > silence)

    await until('both meters move', async () => (await bars(page)).every((high) => high > 20))

    await peer.send(...ask)
    await state(page, 'hearing')
    await page.getByText('What is seventeen times').waitFor()
    assert.equal(await page.locator('[aria-hidden] > .partial').count(), 1, 'a screen reader reads every change')
    await shot(page, 'hearing')

    await peer.send(...asked)
    await state(page, 'thinking')
    await page.locator('[data-item="u1"][data-final="true"]').waitFor()
    assert.equal(await text(page, 'u1'), 'What is seventeen times 23?')

    await peer.send({ type: 'response.created', response: { id: 'r1' } }, ...answer)
    await page.getByText('That is 391.').waitFor()
    await state(page, 'thinking')
    await peer.send({ type: 'output_audio_buffer.started', response_id: 'r1' })
    await state(page, 'speaking')
    await shot(page, 'speaking')

    await peer.send(
      { type: 'response.done', response: { id: 'r1', status: 'completed' } },
      { type: 'output_audio_buffer.stopped', response_id: 'r1' },
      trace,
    )
    await state(page, 'listening')
    await page.getByText('0.61 s').click()
    const row = page.getByRole('row', { name: /Thinking/ })
    assert.match(await row.innerText(), /12 ms\s+60 ms/)
    await shot(page, 'latency')
    assert.deepEqual(errors, [])
    await close()
  })

  it('cuts a reply to what was heard of it', async () => {
    const { page, close } = await talk()
    await peer.send(
      ...ask, ...asked,
      { type: 'response.created', response: { id: 'r1' } },
      ...answer,
      { type: 'output_audio_buffer.started', response_id: 'r1' },
      { type: 'input_audio_buffer.speech_started', item_id: 'u2', audio_start_ms: 4000 },
      { type: 'output_audio_buffer.cleared', response_id: 'r1' },
      { type: 'conversation.item.truncated', item_id: 'a1', content_index: 0, audio_end_ms: 800, parley_text: 'That is 391. Shall I' },
      { type: 'response.done', response: { id: 'r1', status: 'cancelled', status_details: { reason: 'turn_detected' } } },
      { type: 'parley.transcript.partial', item_id: 'u2', transcript: 'Thank you' },
    )
    await state(page, 'hearing')
    await page.locator('[data-item="a1"] s').waitFor()
    assert.equal(await page.locator('[data-item="a1"] s').innerText(), 'show you how I got there?')
    await shot(page, 'interrupted')

    // What turns out to be no speech leaves no trace.
    await peer.send(
      { type: 'input_audio_buffer.speech_stopped', item_id: 'u2', audio_end_ms: 4500 },
      { type: 'conversation.item.input_audio_transcription.completed', item_id: 'u2', transcript: '' },
    )
    await state(page, 'listening')
    assert.equal(await page.locator(item('u2')).count(), 0)
    await close()
  })

  it('says what the server found wrong, and lives on', async () => {
    const { page, close } = await talk()
    await peer.send({ type: 'error', error: { type: 'server_error', message: 'The voice is not installed.' } })
    await page.getByText('The voice is not installed.').waitFor()
    await shot(page, 'notice')
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.getByText('The voice is not installed.').waitFor({ state: 'detached' })
    await state(page, 'listening')
    await close()
  })

  it('connects again when the server has gone and come back', async () => {
    const { page, close } = await talk()
    await peer.send(...ask, ...asked)
    await state(page, 'thinking')
    await peer.vanish()
    await state(page, 'waiting')
    await page.getByText('The connection was lost').waitFor()
    await page.getByText('The Parley server does not answer').waitFor()
    await page.getByText(/Reconnecting in \d+ s/).waitFor()
    await shot(page, 'gone')
    await peer.listen()
    await state(page, 'listening')
    await page.getByText('New conversation').waitFor()
    assert.equal(await text(page, 'u1'), 'What is seventeen times 23?')
    await until('the server hears the microphone', async () => (await peer.heard()) > 0)
    await close()
  })

  it('can be stopped while it waits for the server', async () => {
    const { page, close } = await talk()
    await peer.vanish()
    await state(page, 'waiting')
    await page.getByRole('button', { name: 'Stop' }).click()
    await state(page, 'idle')
    await peer.listen()
    const calls = peer.calls
    await page.waitForTimeout(2500)
    assert.equal(peer.calls, calls, 'it called although it was stopped')
    await page.getByRole('button', { name: 'Start talking' }).click()
    await state(page, 'listening')
    await close()
  })

  it('waits for its turn when the server is full', async () => {
    peer.refusal = { status: 429, message: 'All 4 conversations are taken.' }
    const { page, close } = await open(browser, peer.url)
    await page.getByRole('button', { name: 'Start talking' }).click()
    await page.getByText('All 4 conversations are taken.').waitFor()
    await shot(page, 'full')
    peer.refusal = null
    await state(page, 'listening')
    await close()
  })

  it('gives up, and says why, when the server refuses for good', async () => {
    peer.refusal = { status: 400, message: 'The offer has no audio.' }
    const { page, close } = await open(browser, peer.url)
    await page.getByRole('button', { name: 'Start talking' }).click()
    await page.getByText('The offer has no audio.').waitFor()
    await page.getByRole('button', { name: 'Start talking' }).waitFor()
    peer.refusal = null
    await close()
  })

  it('is worked by keyboard, and its focus is seen', async () => {
    const { page, close } = await open(browser, peer.url)
    await page.keyboard.press('Tab')
    const button = page.getByRole('button', { name: 'Start talking' })
    assert.ok(await button.evaluate((x) => x === document.activeElement && x.matches(':focus-visible')))
    await shot(page, 'focus')
    await page.keyboard.press('Enter')
    await state(page, 'listening')
    await page.keyboard.press('Space')
    await state(page, 'idle')
    await close()
  })

  for (const [name, options] of Object.entries({
    phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true },
    'phone-dark': { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: 'dark' },
    narrow: { viewport: { width: 320, height: 480 } },
    sideways: { viewport: { width: 740, height: 360 } },
    dark: { colorScheme: 'dark', reducedMotion: 'reduce' },
  })) {
    it(`fits and shows its button: ${name}`, async () => {
      const { page, close } = await open(browser, peer.url, options)
      await shot(page, `${name}-ready`)
      await page.getByRole('button', { name: 'Start talking' }).click()
      await state(page, 'listening')
      await peer.send(
        ...ask, ...asked, { type: 'response.created', response: { id: 'r1' } }, ...answer,
        { type: 'output_audio_buffer.started', response_id: 'r1' },
      )
      await state(page, 'speaking')
      await shot(page, name)
      await peer.send(trace)
      await page.getByText('0.61 s').click()
      await state(page, 'listening')
      await shot(page, `${name}-latency`)
      const { wide, button } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - innerWidth,
        button: document.querySelector('.talk').getBoundingClientRect().toJSON(),
      }))
      assert.ok(wide <= 0, `it is ${wide} pixels too wide`)
      assert.ok(button.top >= 0 && button.bottom <= options.viewport?.height || name === 'dark')
      await close()
    })
  }
})

describe('the microphone', { timeout: 60_000 }, () => {
  for (const [name, options, problem, advice] of [
    ['is refused', { allow: false }, 'microphone-refused', /Allow the microphone/],
    ['is missing', { microphone: false }, 'microphone-missing', /Plug one in/],
  ]) {
    it(`${name}: the page says what to do`, async () => {
      const browser = await launch(options)
      const peer = await Peer.start(browser)
      try {
        const { page } = await open(browser, peer.url)
        await page.getByRole('button', { name: 'Start talking' }).click()
        await page.locator(`[data-problem="${problem}"]`).waitFor()
        assert.match(await page.getByRole('alert').innerText(), advice)
        await page.getByRole('button', { name: 'Start talking' }).waitFor()
        await shot(page, problem)
        assert.equal(peer.calls, 0)
      } finally {
        await peer.close()
        await browser.close()
      }
    })
  }

  it('is asked for on secure addresses alone', async () => {
    const browser = await launch()
    const peer = await Peer.start(browser)
    try {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.addInitScript(() => Object.defineProperty(window, 'isSecureContext', { value: false }))
      await page.goto(peer.url)
      await page.getByRole('button', { name: 'Start talking' }).click()
      await page.locator('[data-problem="insecure"]').waitFor()
    } finally {
      await peer.close()
      await browser.close()
    }
  })
})
