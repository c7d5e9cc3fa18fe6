import { useLayoutEffect, useRef } from 'preact/hooks'

import type { Entry, PersonEntry, ReplyEntry, State } from '../store.ts'
import { heardParts } from '../store.ts'
import { Latency } from './latency.tsx'
import { examples } from './words.ts'

/** The conversation in writing, or what to do if there is none yet. */
export function Transcript({ state }: { state: State }) {
  const box = useRef<HTMLElement>(null)
  const atEnd = useRef(true)

  // Follows the conversation unless the person has scrolled back in it.
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight
  }, [state.entries, state.phase])

  const scrolled = () => {
    const b = box.current
    if (b) atEnd.current = b.scrollHeight - b.scrollTop - b.clientHeight < 48
  }

  return (
    <main
      class="conversation"
      ref={box}
      onScroll={scrolled}
      tabIndex={state.entries.length > 0 ? 0 : -1}
      aria-label="Conversation"
    >
      {state.entries.length === 0 && <Welcome open={state.phase.name === 'open'} />}
      <div class="entries" role="log" aria-live="polite" aria-label="Transcript">
        {state.entries.map((x) => (
          <Line key={x.id} entry={x} />
        ))}
      </div>
    </main>
  )
}

function Welcome({ open }: { open: boolean }) {
  return (
    <section class="welcome">
      <h2>{open ? 'Go ahead, ask.' : 'Ask aloud, hear the answer.'}</h2>
      <p>
        {open
          ? 'Parley is listening. You can interrupt it whenever you like.'
          : 'Press the button, allow the microphone, and speak as you would to a person.'}
      </p>
      <ul aria-label="For example">
        {examples.map((x) => (
          <li key={x}>{x}</li>
        ))}
      </ul>
    </section>
  )
}

function Line({ entry }: { entry: Entry }) {
  switch (entry.kind) {
    case 'person':
      return <Person entry={entry} />
    case 'reply':
      return <Reply entry={entry} />
    case 'note':
      return <p class="note">{entry.text}</p>
  }
}

function Person({ entry }: { entry: PersonEntry }) {
  // Words that may still change are for the eye alone: a screen reader would
  // read out every change, over the person's own voice.
  return (
    <article class="line person" data-item={entry.id} data-final={entry.final}>
      <h2>You</h2>
      <p>
        {entry.final ? (
          <span key="final">{entry.text}</span>
        ) : (
          <span key="live" aria-hidden="true">
            {entry.text}
            <span class="partial">{unsettled(entry) || <Dots />}</span>
          </span>
        )}
        {entry.failed && <span class="partial">Your words could not be made out.</span>}
      </p>
    </article>
  )
}

/** What of the live text goes beyond the words that are already certain. */
function unsettled({ text, partial }: PersonEntry): string {
  return partial.startsWith(text) ? partial.slice(text.length) : text ? '' : partial
}

function Reply({ entry }: { entry: ReplyEntry }) {
  const { heard, unheard } = heardParts(entry)
  return (
    <article class="line reply" data-item={entry.id} data-done={entry.done}>
      <h2>Parley</h2>
      <p>
        {entry.heard === undefined ? (
          // A piece is never changed, so that a screen reader reads each once.
          entry.pieces.map((piece, i) => <span key={i}>{piece}</span>)
        ) : (
          <>
            <span>{heard}</span>
            <s aria-hidden="true">{unheard}</s>
            <span class="cut"> interrupted</span>
          </>
        )}
      </p>
      {entry.trace && <Latency trace={entry.trace} />}
    </article>
  )
}

const Dots = () => (
  <span class="dots">
    <i />
    <i />
    <i />
  </span>
)
