import { useEffect, useState } from 'preact/hooks'

import type { State } from '../store.ts'
import { advice } from './words.ts'

/** What went wrong and what to do, while it matters. */
export function Trouble({ state, dismiss }: { state: State; dismiss(): void }) {
  const { phase, notice } = state
  return (
    <div class="troubles">
      <div role="alert">
        {(phase.name === 'failed' || phase.name === 'waiting') && (
          <div class="trouble" data-problem={phase.problem.code}>
            <strong>{advice(phase.problem).title}</strong>
            <p>{advice(phase.problem).text}</p>
          </div>
        )}
      </div>
      {phase.name === 'waiting' && <Countdown key={phase} delay={phase.delay} />}
      <div role="status">
        {notice !== null && (
          <div class="notice">
            <p>{notice}</p>
            <button type="button" aria-label="Dismiss" onClick={dismiss}>
              ×
            </button>
          </div>
        )}
      </div>
    </div>
  )
}

function Countdown({ delay }: { delay: number }) {
  const [left, setLeft] = useState(Math.ceil(delay / 1000))
  useEffect(() => {
    const end = performance.now() + delay
    const timer = setInterval(() => {
      setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)))
    }, 250)
    return () => clearInterval(timer)
  }, [delay])
  return (
    <p class="countdown">
      Reconnecting<span aria-hidden="true">{left > 0 ? ` in ${left} s` : ' …'}</span>
    </p>
  )
}
