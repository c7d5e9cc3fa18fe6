// The page against a real server, as a person would use it: Chromium's
// microphone plays a spoken question, and the answer must come back as words
// and as sound.
//
// PARLEY_URL           where the server's page is, e.g. http://127.0.0.1:8080
// PARLEY_QUESTION_WAV  the question, 16-bit mono, best at 48 kHz
// PARLEY_ANSWER        a regular expression that the reply must match
// PARLEY_QUESTION      one that the person's transcript must match (optional)

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { energy, launch, open, state, until } from './support/browser.mjs'

const { PARLEY_URL, PARLEY_QUESTION_WAV, PARLEY_ANSWER, PARLEY_QUESTION = '\\w' } = process.env
const skip = !PARLEY_URL && 'PARLEY_URL names no server to test'

/**
 * Writes a WAV file again with silence around its sound, in seconds: the
 * microphone runs before the call is connected, and on after the question.
 */
function pad(from, to, before, after) {
  const wav = readFileSync(from)
  assert.equal(wav.toString('latin1', 0, 4), 'RIFF', `${from} is no WAV file`)
  let at = 12
  let rate = 0
  while (wav.toString('latin1', at, at + 4) !== 'data') {
    assert.ok(at + 8 < wav.length, `${from} has no sound`)
    if (wav.toString('latin1', at, at + 4) === 'fmt ') rate = wav.readUInt32LE(at + 16) // bytes a second
    at += 8 + wav.readUInt32LE(at + 4)
  }
  const header = Buffer.from(wav.subarray(0, at + 8))
  const sound = wav.subarray(at + 8, at + 8 + Math.min(wav.readUInt32LE(at + 4), wav.length - at - 8))
  const data = Buffer.concat([Buffer.alloc(before * rate), sound, Buffer.alloc(after * rate)])
  header.writeUInt32LE(header.length - 8 + data.length, 4)
  header.writeUInt32LE(data.length, at + 4)
  writeFileSync(to, Buffer.concat([header, data]))
}

describe('talking to Parley', { timeout: 180_000, skip }, () => {
  /** Runs a test with the page open and the microphone playing the question once. */
  async function talk(test) {
    assert.ok(PARLEY_QUESTION_WAV, 'PARLEY_QUESTION_WAV names no question')
    const folder = mkdtempSync(join(tmpdir(), 'parley-'))
    const question = join(folder, 'question.wav')
    pad(PARLEY_QUESTION_WAV, question, 4, 60)
    const browser = await launch({ microphone: `${question}%noloop` })
    try {
      const tab = await open(browser, PARLEY_URL)
      await test(tab)
      assert.deepEqual(tab.errors, [])
    } finally {
      await browser.close()
      rmSync(folder, { recursive: true })
    }
  }

  it('answers a spoken question in words and in sound', async () => {
    assert.ok(PARLEY_ANSWER, 'PARLEY_ANSWER says nothing to expect')
    await talk(async ({ page }) => {
      await page.getByRole('button', { name: 'Start talking' }).click()
      await state(page, 'listening', 'hearing')

      const question = page.locator('.person[data-final="true"] p').first()
      await question.waitFor({ timeout: 60_000 })
      assert.match(await question.innerText(), new RegExp(PARLEY_QUESTION, 'i'))

      const reply = page.locator('.reply p').first()
      await until(
        `the reply matches ${PARLEY_ANSWER}`,
        async () =>
          (await reply.count()) > 0 && new RegExp(PARLEY_ANSWER, 'i').test(await reply.innerText()),
        60_000,
      )
      await until('the reply is heard', async () => (await energy(page)) > 1e-4)
      await state(page, 'listening')
      // Its time is told once the turn is over.
      await page.locator('.reply .badge').first().waitFor({ timeout: 30_000 })
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.getByRole('button', { name: 'Start talking' }).waitFor()
    })
  })

  it('comes back when the server hung up and did not answer for a while', async () => {
    await talk(async ({ page, errors }) => {
      const calls = '**/v1/realtime/calls'
      const gone = (route) => route.abort('connectionrefused')
      const [answer] = await Promise.all([
        page.waitForResponse(calls),
        page.getByRole('button', { name: 'Start talking' }).click(),
      ])
      await state(page, 'listening', 'hearing')
      await page.route(calls, gone)
      const call = new URL(await answer.headerValue('Location'), PARLEY_URL)
      const hungUp = await fetch(`${call}/hangup`, { method: 'POST' })
      assert.equal(hungUp.status, 200)
      await state(page, 'waiting')
      await page.getByText('does not answer').waitFor()
      await page.unroute(calls, gone)
      await state(page, 'listening', 'hearing', 'thinking', 'speaking')
      errors.length = 0 // the browser logs every request that failed
    })
  })
})
