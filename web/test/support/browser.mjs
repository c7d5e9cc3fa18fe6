// Chromium for the tests, with a fresh profile each time.

import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const executablePath =
  process.env.PARLEY_CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/**
 * Starts Chromium. microphone: a WAV file to hear, true for beeps, false for
 * none at all; without allow, whoever asks for it is refused.
 */
export function launch({ microphone = true, allow = true } = {}) {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--autoplay-policy=no-user-gesture-required',
    // The stand-in server's tab has no microphone and so would hide its address.
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    allow ? '--use-fake-ui-for-media-stream' : '--deny-permission-prompts',
  ]
  if (microphone) args.push('--use-fake-device-for-media-stream')
  if (typeof microphone === 'string') args.push(`--use-file-for-fake-audio-capture=${microphone}`)
  return chromium.launch({ executablePath, headless: true, args })
}

/** Opens the page; what it logs as an error, or fails to load, is in errors. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const errors = []
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()))
  page.on('pageerror', (err) => errors.push(String(err)))
  await page.addInitScript(() => {
    // Keeps the page's connections, to ask them for statistics.
    window.connections = []
    window.RTCPeerConnection = class extends window.RTCPeerConnection {
      constructor(...args) {
        super(...args)
        window.connections.push(this)
      }
    }
  })
  await page.goto(url)
  return { page, errors, close: () => context.close() }
}

/** Waits until the page shows this state, or one of these. */
export function state(page, ...names) {
  const any = names.map((x) => `.dock[data-state="${x}"]`).join()
  return page.locator(any).waitFor({ timeout: 30_000 })
}

/** The energy of the sound that has come over the page's latest connection. */
export function energy(page) {
  return page.evaluate(async () => {
    const stats = (await window.connections.at(-1)?.getStats()) ?? new Map()
    let sum = 0
    for (const s of stats.values())
      if (s.type === 'inbound-rtp' && s.kind === 'audio') sum += s.totalAudioEnergy ?? 0
    return sum
  })
}

/** Asks again until the answer is yes. */
export async function until(what, ask, timeout = 30_000) {
  const end = Date.now() + timeout
  for (;;) {
    if (await ask()) return
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise((wake) => setTimeout(wake, 100))
  }
}
