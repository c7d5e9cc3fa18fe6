// One voice connection to a Parley server: WebRTC for the sound, the data
// channel "oai-events" for the events of the OpenAI Realtime protocol. It knows
// nothing of the page. The server's answer carries its candidates, so the offer
// is posted at once and nothing is trickled.

import { parseEvent, type ServerEvent } from './events.ts'

/** Why there is no connection. */
export type Problem =
  | { code: 'insecure' } // the browser gives microphones to https and localhost alone
  | { code: 'microphone-refused' }
  | { code: 'microphone-missing' }
  | { code: 'microphone-busy' }
  | { code: 'microphone-lost' } // unplugged or taken away in mid-conversation
  | { code: 'unreachable' } // no answer from the server
  | { code: 'busy'; message: string } // the server cannot take the call now
  | { code: 'refused'; message: string } // the server said no, and would again
  | { code: 'no-path' } // the server answered, but no sound gets through
  | { code: 'lost' } // an open connection broke

/** Where the connection stands. */
export type Phase =
  | { name: 'idle' }
  | { name: 'microphone' } // the person is being asked for it
  | { name: 'connecting' }
  | { name: 'open' }
  | { name: 'waiting'; problem: Problem; delay: number } // ms until the next try
  | { name: 'failed'; problem: Problem } // only the person can mend it

/** What a Realtime tells its owner. */
export interface Listener {
  phase(phase: Phase): void
  event(event: ServerEvent): void
  /** The person's sound, or null once it is released. */
  microphone(stream: MediaStream | null): void
  /** The server's sound, or null once it is gone. */
  remote(stream: MediaStream | null): void
}

/** What a Realtime needs of the browser; tests put their own in its place. */
export interface Platform {
  secure(): boolean
  microphone(): Promise<MediaStream>
  post(url: string, sdp: string, signal: AbortSignal): Promise<Response>
  peer(): RTCPeerConnection
}

/** Times in milliseconds. */
export const timing = {
  /** The first wait before another try; each one after is twice as long … */
  backoff: 1_000,
  /** … but no longer than this, unless the server asks for it. */
  backoffMax: 15_000,
  /** How long a server may take to answer, and then its sound to get through. */
  patience: 10_000,
  /** How long the network may be silent before the connection counts as lost. */
  grace: 1_500,
}

export const browser: Platform = {
  secure: () => window.isSecureContext && navigator.mediaDevices !== undefined,
  microphone: () =>
    navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
      },
    }),
  post: (url, sdp, signal) =>
    fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: sdp,
      signal,
    }),
  peer: () => new RTCPeerConnection(),
}

/** Failure carries a Problem, and how long the server asked to be left alone. */
class Failure extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfter = 0,
  ) {
    super(problem.code)
  }
}

/**
 * A connection that is kept up from start to stop: after a failure that may
 * pass it tries again, at growing distances. start and stop may be called at
 * any time; what belongs to an earlier start is dropped.
 */
export class Realtime {
  #run: AbortController | null = null
  #channel: RTCDataChannel | null = null

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
    private readonly platform: Platform = browser,
  ) {}

  /** Asks for the microphone and connects. Call it from a click or key press. */
  start(): void {
    if (this.#run) return
    const run = new AbortController()
    this.#run = run
    void this.#keepUp(run.signal).catch((err: unknown) => {
      if (run.signal.aborted) return
      this.#run = null
      if (!(err instanceof Failure)) console.error(err)
      const problem: Problem =
        err instanceof Failure ? err.problem : { code: 'refused', message: String(err) }
      this.listener.phase({ name: 'failed', problem })
    })
  }

  /** Hangs up and releases the microphone. */
  stop(): void {
    if (!this.#run) return
    this.#run.abort()
    this.#run = null
    this.listener.phase({ name: 'idle' })
  }

  /** Sends a client event; false if there is no connection to take it. */
  send(event: { type: string } & Record<string, unknown>): boolean {
    if (this.#channel?.readyState !== 'open') return false
    this.#channel.send(JSON.stringify(event))
    return true
  }

  /** Holds the microphone and connects again and again until it is of no use. */
  async #keepUp(signal: AbortSignal): Promise<never> {
    const mic = await this.#openMicrophone(signal)
    const ended = new Promise<never>((_, reject) => {
      for (const track of mic.getTracks())
        track.addEventListener('ended', () => reject(new Failure({ code: 'microphone-lost' })))
    })
    ended.catch(() => undefined)
    this.listener.microphone(mic)
    try {
      for (let wait = timing.backoff; ; ) {
        const failure = await this.#attempt(mic, ended, signal, () => (wait = timing.backoff))
        const { problem, retryAfter } = failure
        if (problem.code === 'refused' || problem.code === 'microphone-lost') throw failure
        const delay = Math.max(wait, retryAfter)
        this.listener.phase({ name: 'waiting', problem, delay })
        await Promise.race([pause(delay, signal), ended])
        wait = Math.min(wait * 2, timing.backoffMax)
      }
    } finally {
      for (const track of mic.getTracks()) track.stop()
      this.listener.microphone(null)
    }
  }

  async #openMicrophone(signal: AbortSignal): Promise<MediaStream> {
    if (!this.platform.secure()) throw new Failure({ code: 'insecure' })
    this.listener.phase({ name: 'microphone' })
    const mic = await this.platform.microphone().catch((err: unknown) => {
      throw new Failure({ code: microphoneProblem(err) })
    })
    if (signal.aborted) for (const track of mic.getTracks()) track.stop()
    signal.throwIfAborted()
    return mic
  }

  /** Connects once, stays while it lasts, and returns what ended it. */
  async #attempt(
    mic: MediaStream,
    ended: Promise<never>,
    signal: AbortSignal,
    opened: () => void,
  ): Promise<Failure> {
    const pc = this.platform.peer()
    const attempt = new AbortController()
    const drop = () => attempt.abort()
    signal.addEventListener('abort', drop)
    try {
      this.listener.phase({ name: 'connecting' })
      pc.addEventListener('track', ({ track, streams }) => {
        if (!attempt.signal.aborted) this.listener.remote(streams[0] ?? new MediaStream([track]))
      })
      for (const track of mic.getAudioTracks()) pc.addTrack(track, mic)
      const channel = pc.createDataChannel('oai-events')
      channel.addEventListener('message', ({ data }) => {
        const event = parseEvent(data)
        if (event && !attempt.signal.aborted) this.listener.event(event)
      })
      const lost = watch(pc, channel, attempt.signal)
      lost.catch(() => undefined)

      await this.#negotiate(pc, attempt.signal)
      await Promise.race([
        once(channel, 'open', attempt.signal),
        lost,
        ended,
        fail(timing.patience, { code: 'no-path' }, attempt.signal),
      ])
      this.#channel = channel
      opened()
      this.listener.phase({ name: 'open' })
      return await Promise.race([lost, ended])
    } catch (err) {
      signal.throwIfAborted()
      if (err instanceof Failure) return err
      throw err
    } finally {
      signal.removeEventListener('abort', drop)
      attempt.abort()
      this.#channel = null
      pc.close()
      this.listener.remote(null)
    }
  }

  async #negotiate(pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
    await pc.setLocalDescription(await pc.createOffer())
    const offer = pc.localDescription?.sdp ?? ''
    const answer = await Promise.race([
      this.#post(offer, signal),
      fail(timing.patience, { code: 'unreachable' }, signal),
    ])
    signal.throwIfAborted()
    await pc.setRemoteDescription({ type: 'answer', sdp: answer })
  }

  async #post(offer: string, signal: AbortSignal): Promise<string> {
    let response: Response
    let body: string
    try {
      response = await this.platform.post(this.url, offer, signal)
      body = await response.text()
    } catch {
      throw new Failure({ code: 'unreachable' })
    }
    if (response.ok) return body
    const message = errorMessage(body)
    const retryAfter = 1_000 * (Number(response.headers.get('Retry-After')) || 0)
    if (response.status === 429 || response.status === 503)
      throw new Failure({ code: 'busy', message }, Math.min(retryAfter, 60_000))
    // A gateway's 502 or 504 means that the server behind it is away.
    if (response.status === 502 || response.status === 504)
      throw new Failure({ code: 'unreachable' })
    throw new Failure({ code: 'refused', message: message || `HTTP status ${response.status}` })
  }
}

/** Rejects once the connection is of no use any more. */
function watch(
  pc: RTCPeerConnection,
  channel: RTCDataChannel,
  signal: AbortSignal,
): Promise<never> {
  return new Promise((_, reject) => {
    const lost = () => reject(new Failure({ code: 'lost' }))
    let grace: ReturnType<typeof setTimeout> | undefined
    pc.addEventListener('connectionstatechange', () => {
      clearTimeout(grace)
      if (signal.aborted) return
      if (pc.connectionState === 'failed' || pc.connectionState === 'closed') lost()
      // Without an answer for some seconds; a phone that changes its cell
      // comes back from this by itself.
      if (pc.connectionState === 'disconnected') grace = setTimeout(lost, timing.grace)
    })
    channel.addEventListener('close', lost)
    signal.addEventListener('abort', () => {
      clearTimeout(grace)
      reject(signal.reason)
    })
  })
}

/** Waits, or less if the browser says that the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer)
      globalThis.removeEventListener?.('online', done)
      signal.removeEventListener('abort', done)
      if (signal.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(done, ms)
    globalThis.addEventListener?.('online', done)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

function once(target: EventTarget, type: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    target.addEventListener(type, () => resolve(), { once: true })
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

function fail(ms: number, problem: Problem, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Failure(problem)), ms)
    signal.addEventListener('abort', () => clearTimeout(timer))
  })
}

function microphoneProblem(err: unknown) {
  switch (err instanceof Error ? err.name : '') {
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'microphone-missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'microphone-busy'
    default:
      return 'microphone-refused'
  }
}

function errorMessage(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } }
    return typeof error?.message === 'string' ? error.message : ''
  } catch {
    return ''
  }
}
