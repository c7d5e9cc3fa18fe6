import type { State } from '../store.ts'
import { Dock } from './dock.tsx'
import { Mark } from './icons.tsx'
import { Trouble } from './trouble.tsx'
import { Transcript } from './transcript.tsx'

export interface Levels {
  mine: number
  theirs: number
}

interface Props {
  state: State
  start(): void
  stop(): void
  dismiss(): void
  levels(): Levels
}

export function Page({ state, start, stop, dismiss, levels }: Props) {
  return (
    <>
      <header class="top">
        <Mark />
        <h1>Parley</h1>
      </header>
      <Transcript state={state} />
      <footer class="bottom">
        <Trouble state={state} dismiss={dismiss} />
        <Dock state={state} start={start} stop={stop} levels={levels} />
      </footer>
    </>
  )
}
