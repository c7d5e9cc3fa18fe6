// A stand-in for the server, for what a real one does too seldom to test the
// page with: it serves the built page and takes calls with Chromium's own
// WebRTC in a tab of its own. The test says what it answers and which events
// it sends.

import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

export class Peer {
  /** What a call is refused with: {status, headers, message}; null takes it. */
  refusal = null
  calls = 0
  #tab
  #server
  #port = 0

  static async start(browser) {
    const peer = new Peer()
    peer.#tab = await (await browser.newContext()).newPage()
    await peer.#tab.evaluate(inTab)
    await peer.listen()
    return peer
  }

  get url() {
    return `http://localhost:${this.#port}/`
  }

  /** Begins to serve, at the same address as before. */
  listen() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((err) => {
        response.writeHead(500)
        response.end(String(err))
      })
    })
    return new Promise((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = this.#server.address().port
        resolve()
      })
    })
  }

  /** Goes away as a killed server does. */
  async vanish() {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
    await this.#tab.evaluate(() => window.peer.hangUp())
  }

  async close() {
    await this.vanish()
    await this.#tab.context().close()
  }

  /** Sends events over the latest call. */
  send(...events) {
    return this.#tab.evaluate((list) => window.peer.send(list), events)
  }

  /** The client's events of the latest call. */
  events() {
    return this.#tab.evaluate(() => window.peer.events)
  }

  /** Sets how loud the tone is that it plays, 0 to 1. */
  sound(level) {
    return this.#tab.evaluate((x) => window.peer.sound(x), level)
  }

  /** The energy of the sound that it has heard on the latest call. */
  heard() {
    return this.#tab.evaluate(() => window.peer.heard())
  }

  async #serve(request, response) {
    const { pathname } = new URL(request.url, 'http://localhost')
    if (pathname === '/v1/realtime/calls') return this.#call(request, response)
    const name = pathname === '/' ? 'index.html' : pathname.slice(1)
    const body = await readFile(join(dist, name))
    response.writeHead(200, { 'Content-Type': types[extname(name)] })
    response.end(body)
  }

  async #call(request, response) {
    this.calls++
    let offer = ''
    for await (const piece of request) offer += piece
    if (this.refusal) {
      const { status, headers, message } = this.refusal
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
      response.end(JSON.stringify({ error: { message } }))
      return
    }
    const answer = await this.#tab.evaluate((sdp) => window.peer.answer(sdp), offer)
    response.writeHead(201, { 'Content-Type': 'application/sdp', Location: '/v1/realtime/calls/c1' })
    response.end(answer)
  }
}

/** Runs in the tab. */
function inTab() {
  const context = new AudioContext()
  const tone = new OscillatorNode(context, { frequency: 220 })
  const gain = new GainNode(context, { gain: 0 })
  const out = new MediaStreamAudioDestinationNode(context)
  tone.connect(gain).connect(out)
  tone.start()
  // Sound that nobody plays is not decoded, and so has no energy.
  const speaker = new Audio()
  speaker.autoplay = true
  let pc
  let channel

  window.peer = {
    events: [],
    async answer(sdp) {
      window.peer.events = []
      pc = new RTCPeerConnection()
      pc.addEventListener('track', (e) => (speaker.srcObject = e.streams[0]))
      channel = new Promise((resolve) => {
        pc.addEventListener('datachannel', (e) => {
          e.channel.addEventListener('message', (m) => window.peer.events.push(JSON.parse(m.data)))
          if (e.channel.readyState === 'open') resolve(e.channel)
          else e.channel.addEventListener('open', () => resolve(e.channel))
        })
      })
      await pc.setRemoteDescription({ type: 'offer', sdp })
      pc.addTrack(out.stream.getAudioTracks()[0], out.stream)
      await pc.setLocalDescription(await pc.createAnswer())
      while (pc.iceGatheringState !== 'complete')
        await new Promise((wake) => pc.addEventListener('icegatheringstatechange', wake, { once: true }))
      return pc.localDescription.sdp
    },
    async send(events) {
      const open = await channel
      for (const event of events) open.send(JSON.stringify(event))
    },
    sound(level) {
      gain.gain.value = level
    },
    async heard() {
      let sum = 0
      for (const s of (await pc.getStats()).values())
        if (s.type === 'inbound-rtp') sum += s.totalAudioEnergy ?? 0
      return sum
    },
    hangUp() {
      pc?.close()
    },
  }
}
