// The page: joins the connection, the state and the view.

import { render } from 'preact'

import { Meter } from './meter.ts'
import { Realtime } from './realtime.ts'
import { initial, reduce, type Action, type State } from './store.ts'
import { Page } from './view/page.tsx'
import './style.css'

const root = document.getElementById('page')
if (!root) throw new Error('the page has no #page')

let state: State = initial
let context: AudioContext | undefined
let mine: Meter | undefined
let theirs: Meter | undefined
let frame = 0

// Plays the server's sound. It has no controls, so it is not part of the view.
const speaker = document.body.appendChild(document.createElement('audio'))
speaker.autoplay = true

const realtime = new Realtime('/v1/realtime/calls', {
  phase: (phase) => {
    if (phase.name === 'open') realtime.send({ type: 'session.update', session: session() })
    dispatch({ type: 'phase', phase })
  },
  event: (event) => dispatch({ type: 'event', event }),
  microphone: (stream) => {
    mine = meter(mine, stream)
  },
  remote: (stream) => {
    speaker.srcObject = stream
    theirs = meter(theirs, stream)
  },
})

/** What the page asks of a session: Parley's own events, and the person's time. */
function session() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const known = zone && !zone.startsWith('Etc/Unknown')
  return { type: 'realtime', parley: { events: true, ...(known && { time_zone: zone }) } }
}

function meter(old: Meter | undefined, stream: MediaStream | null): Meter | undefined {
  old?.close()
  try {
    return stream && context ? new Meter(context, stream) : undefined
  } catch (err) {
    // Some browsers meter no stream of a rate other than the speaker's. That is
    // no reason not to talk.
    console.warn('no level meter:', err)
    return undefined
  }
}

function start() {
  // Browsers let sound begin in answer to a click or key press only.
  context ??= new AudioContext()
  void context.resume()
  realtime.start()
}

function dispatch(action: Action) {
  state = reduce(state, action)
  // Events come in bursts; one drawing a frame is enough. A hidden tab gets no
  // frames, and has no need of them.
  frame ||= requestAnimationFrame(draw)
}

function draw() {
  frame = 0
  render(
    <Page
      state={state}
      start={start}
      stop={() => realtime.stop()}
      dismiss={() => dispatch({ type: 'dismiss' })}
      levels={() => ({ mine: mine?.level() ?? 0, theirs: theirs?.level() ?? 0 })}
    />,
    root as HTMLElement,
  )
}

draw()
// Hang up at once rather than leave the server waiting for a page that is gone.
addEventListener('pagehide', () => realtime.stop())
