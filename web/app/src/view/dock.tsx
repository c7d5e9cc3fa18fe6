import { useEffect, useRef } from 'preact/hooks'

import type { State } from '../store.ts'
import { Microphone, Stop } from './icons.tsx'
import type { Levels } from './page.tsx'
import { Waves } from './waves.ts'
import { status } from './words.ts'

interface Props {
  state: State
  start(): void
  stop(): void
  levels(): Levels
}

/** The button, between the person's voice on its left and Parley's on its right. */
export function Dock({ state, start, stop, levels }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { phase } = state
  const live = phase.name === 'open'
  const running = phase.name !== 'idle' && phase.name !== 'failed'
  const { name, text } = status(state)

  useEffect(() => {
    if (!canvas.current) return
    const waves = new Waves(canvas.current, live ? levels : undefined)
    return () => waves.close()
  }, [live])

  return (
    <div class="dock" data-state={name}>
      <div class="stage">
        <canvas ref={canvas} aria-hidden="true" />
        <button type="button" class="talk" onClick={running ? stop : start}>
          {running ? <Stop /> : <Microphone />}
          <span>{running ? 'Stop' : 'Start talking'}</span>
        </button>
      </div>
      <div class="caption">
        <span class="side you" aria-hidden="true">
          You
        </span>
        <p class="status" role="status">
          {text}
        </p>
        <span class="side parley" aria-hidden="true">
          Parley
        </span>
      </div>
    </div>
  )
}
