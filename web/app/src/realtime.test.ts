// The connection's life against a fake browser, with the clock turned by hand.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'

import { Realtime, timing, type Phase, type Platform } from './realtime.ts'

class Track extends EventTarget {
  stopped = false
  stop() {
    this.stopped = true
  }
}

class Stream {
  track = new Track()
  getTracks = () => [this.track]
  getAudioTracks = () => [this.track]
}

class Channel extends EventTarget {
  readyState = 'connecting'
  sent: string[] = []
  send(text: string) {
    this.sent.push(text)
  }
}

class Connection extends EventTarget {
  connectionState = 'new'
  localDescription: { sdp: string } | null = null
  answer = ''
  closed = false
  channel = new Channel()
  addTrack() {}
  createDataChannel = () => this.channel
  createOffer = async () => ({ sdp: 'offer' })
  async setLocalDescription(d: { sdp: string }) {
    this.localDescription = d
  }
  async setRemoteDescription(d: { sdp: string }) {
    this.answer = d.sdp
  }
  close() {
    this.closed = true
  }
  become(state: string) {
    this.connectionState = state
    this.dispatchEvent(new Event('connectionstatechange'))
  }
  open() {
    this.channel.readyState = 'open'
    this.channel.dispatchEvent(new Event('open'))
  }
}

function rig() {
  const phases: Phase[] = []
  const events: string[] = []
  const connections: Connection[] = []
  const stream = new Stream()
  const state = {
    secure: true,
    microphone: async () => stream,
    post: async (_signal: AbortSignal) => new Response('answer', { status: 201 }),
  }
  const platform = {
    secure: () => state.secure,
    microphone: () => state.microphone(),
    post: (_url: string, _sdp: string, signal: AbortSignal) => state.post(signal),
    peer: () => {
      const pc = new Connection()
      connections.push(pc)
      return pc
    },
  } as unknown as Platform
  const realtime = new Realtime(
    '/calls',
    {
      phase: (x) => phases.push(x),
      event: (x) => events.push(x.type),
      microphone: () => {},
      remote: () => {},
    },
    platform,
  )
  return { realtime, phases, events, connections, stream, state }
}

/** Lets everything run that waits for no clock. */
async function settle() {
  for (let i = 0; i < 50; i++) await Promise.resolve()
  await new Promise((done) => setImmediate(done))
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

async function pass(ms: number) {
  mock.timers.tick(ms)
  await settle()
}

const names = (phases: Phase[]) => phases.map((x) => x.name).join(' ')

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
afterEach(() => mock.timers.reset())

/** Starts and connects. */
async function connected() {
  const r = rig()
  r.realtime.start()
  await settle()
  r.connections[0]?.open()
  await settle()
  assert.equal(names(r.phases), 'microphone connecting open')
  return r
}

describe('Realtime', () => {
  it('connects, carries events both ways, and hangs up', async () => {
    const { realtime, events, connections, stream, phases } = await connected()
    const pc = connections[0] as Connection
    assert.equal(pc.answer, 'answer')
    for (const data of ['{"type":"error","error":{}}', 'no json', '"text"', '{"type":7}', 'null', new ArrayBuffer(2)])
      pc.channel.dispatchEvent(new MessageEvent('message', { data }))
    assert.deepEqual(events, ['error'])
    assert.ok(realtime.send({ type: 'response.cancel' }))
    assert.deepEqual(pc.channel.sent, ['{"type":"response.cancel"}'])
    realtime.stop()
    await settle()
    assert.ok(pc.closed)
    assert.ok(stream.track.stopped)
    assert.equal(phases.at(-1)?.name, 'idle')
    assert.ok(!realtime.send({ type: 'response.cancel' }))
  })

  it('is started once, however often the button is pressed', async () => {
    const { realtime, connections } = await connected()
    realtime.start()
    await settle()
    assert.equal(connections.length, 1)
  })

  for (const [name, code] of [
    ['NotAllowedError', 'microphone-refused'],
    ['NotFoundError', 'microphone-missing'],
    ['NotReadableError', 'microphone-busy'],
  ])
    it(`says what is the matter with the microphone: ${name}`, async () => {
      const { realtime, phases, state } = rig()
      state.microphone = async () => {
        throw Object.assign(new Error(), { name })
      }
      realtime.start()
      await settle()
      assert.deepEqual(phases.at(-1), { name: 'failed', problem: { code } })
    })

  it('asks for no microphone where the browser has none to give', async () => {
    const { realtime, phases, state } = rig()
    state.secure = false
    realtime.start()
    await settle()
    assert.deepEqual(phases, [{ name: 'failed', problem: { code: 'insecure' } }])
  })

  it('releases a microphone that comes after it was stopped', async () => {
    const { realtime, connections, state, stream } = rig()
    let give = (_: Stream) => {}
    state.microphone = () => new Promise((resolve) => (give = resolve))
    realtime.start()
    await settle()
    realtime.stop()
    give(stream)
    await settle()
    assert.ok(stream.track.stopped)
    assert.equal(connections.length, 0)
  })

  it('tries again at growing distances while the server is away', async () => {
    const { realtime, phases, state } = rig()
    state.post = async () => {
      throw new TypeError('Failed to fetch')
    }
    realtime.start()
    await settle()
    const delays: number[] = []
    for (let i = 0; i < 7; i++) {
      const last = phases.at(-1)
      assert.ok(last?.name === 'waiting' && last.problem.code === 'unreachable')
      delays.push(last.delay)
      await pass(last.delay)
    }
    assert.deepEqual(delays, [1000, 2000, 4000, 8000, 15000, 15000, 15000])
    realtime.stop()
    const count = phases.length
    await pass(60_000)
    assert.equal(phases.length, count, 'it went on after it was stopped')
  })

  it('comes back after the connection was lost, and waits little at first again', async () => {
    const { phases, connections } = await connected()
    for (let i = 1; i <= 3; i++) {
      connections.at(-1)?.channel.dispatchEvent(new Event('close'))
      await settle()
      assert.deepEqual(phases.at(-1), {
        name: 'waiting', problem: { code: 'lost' }, delay: timing.backoff,
      })
      assert.ok(connections.at(-1)?.closed)
      await pass(timing.backoff)
      connections.at(-1)?.open()
      await settle()
      assert.equal(phases.at(-1)?.name, 'open')
    }
  })

  it('bears a short silence of the network, but no long one', async () => {
    const { phases, connections } = await connected()
    const pc = connections[0] as Connection
    pc.become('disconnected')
    await pass(timing.grace - 1)
    pc.become('connected')
    await pass(timing.grace)
    assert.equal(phases.at(-1)?.name, 'open')
    pc.become('disconnected')
    await pass(timing.grace)
    assert.equal(phases.at(-1)?.name, 'waiting')
  })

  it('waits as long as a busy server asks', async () => {
    const { realtime, phases, state } = rig()
    state.post = async () =>
      Response.json(
        { error: { message: 'All are taken.' } },
        { status: 503, headers: { 'Retry-After': '7' } },
      )
    realtime.start()
    await settle()
    assert.deepEqual(phases.at(-1), {
      name: 'waiting', problem: { code: 'busy', message: 'All are taken.' }, delay: 7000,
    })
    realtime.stop()
  })

  it('gives up when it is refused, and releases the microphone', async () => {
    const { realtime, phases, state, stream } = rig()
    state.post = async () => new Response('no', { status: 400 })
    realtime.start()
    await settle()
    assert.deepEqual(phases.at(-1), {
      name: 'failed', problem: { code: 'refused', message: 'HTTP status 400' },
    })
    assert.ok(stream.track.stopped)
  })

  it('has patience with the server, and with the network, but not for ever', async () => {
    const { realtime, phases, state } = rig()
    state.post = (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    realtime.start()
    await settle()
    await pass(timing.patience)
    assert.deepEqual(phases.at(-1), {
      name: 'waiting', problem: { code: 'unreachable' }, delay: timing.backoff,
    })
    state.post = async () => new Response('answer', { status: 201 })
    await pass(timing.backoff)
    await pass(timing.patience)
    const last = phases.at(-1)
    assert.ok(last?.name === 'waiting' && last.problem.code === 'no-path')
    realtime.stop()
  })

  it('stops when the microphone goes away', async () => {
    const { phases, connections, stream } = await connected()
    stream.track.dispatchEvent(new Event('ended'))
    await settle()
    assert.deepEqual(phases.at(-1), { name: 'failed', problem: { code: 'microphone-lost' } })
    assert.ok(connections[0]?.closed)
  })
})
