// The page against a real server, as a person would use it: Chromium's
// microphone plays a spoken question, and the answer must come back as words
// and as sound.
//
// PARLEY_URL           where the server's page is, e.g. http://127.0.0.1:8080
// PARLEY_QUESTION_WAV  the question, 48 kHz mono
// PARLEY_ANSWER        a regular expression that the reply must match
// PARLEY_QUESTION      one that the person's transcript must match (optional)

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { energy, launch, open, state, until } from './support/browser.mjs'

const { PARLEY_URL, PARLEY_QUESTION_WAV, PARLEY_ANSWER, PARLEY_QUESTION = '\\w' } = process.env
const skip = !PARLEY_URL && 'PARLEY_URL names no server to test'

describe('talking to Parley', { timeout: 180_000, skip }, () => {
  /** Runs a test with the page open and the microphone playing the question once. */
  async function talk(test) {
    assert.ok(PARLEY_QUESTION_WAV, 'PARLEY_QUESTION_WAV names no question')
    const browser = await launch({ microphone: `${PARLEY_QUESTION_WAV}%noloop` })
    try {
      const tab = await open(browser, PARLEY_URL)
      await test(tab)
      assert.deepEqual(tab.errors, [])
    } finally {
      await browser.close()
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
      const gone = (route) => route.abort('connectionrefused')
      await page.getByRole('button', { name: 'Start talking' }).click()
      await state(page, 'listening', 'hearing')
      await page.route('**/v1/realtime/calls', gone)
      await page.evaluate(() => {
        // As if the network were cut: nothing of this connection comes through.
        const pc = window.connections.at(-1)
        Object.defineProperty(pc, 'connectionState', { value: 'failed' })
        pc.dispatchEvent(new Event('connectionstatechange'))
      })
      await state(page, 'waiting')
      await page.getByText('does not answer').waitFor()
      await page.unroute('**/v1/realtime/calls', gone)
      await state(page, 'listening', 'hearing', 'thinking', 'speaking')
      errors.length = 0 // the browser logs every request that failed
    })
  })
})
