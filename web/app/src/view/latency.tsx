import type { TurnTrace } from '../events.ts'
import { stageNames } from './words.ts'

/** How long the reply took, and, opened, which stage took how much of it. */
export function Latency({ trace }: { trace: TurnTrace }) {
  const total = trace.voice_to_voice_ms
  if (total === null || total === undefined) return null
  const stages = (trace.stages ?? []).filter((x) => x.took_ms !== null)
  const longest = Math.max(...stages.map((x) => Math.max(x.took_ms ?? 0, x.budget_ms ?? 0)), 1)
  const share = (ms: number) => `${(100 * ms) / longest}%`
  return (
    <details
      class="latency"
      onToggle={(e) => e.currentTarget.scrollIntoView({ block: 'nearest' })}
    >
      <summary>
        <span class="badge" title="From the end of your words to the reply’s first sound">
          {seconds(total)}
        </span>
      </summary>
      <table>
        <caption>From the end of your words to the reply’s first sound</caption>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" aria-hidden="true" />
            <th scope="col">Took</th>
            <th scope="col">Budget</th>
          </tr>
        </thead>
        <tbody>
          {stages.map((x) => {
            const took = x.took_ms ?? 0
            const over = x.budget_ms !== null && took > x.budget_ms
            return (
              <tr key={x.stage} class={over ? 'over' : ''}>
                <th scope="row">{stageNames[x.stage] ?? x.stage}</th>
                <td class="bar" aria-hidden="true">
                  {x.budget_ms !== null && <i class="budget" style={{ width: share(x.budget_ms) }} />}
                  <i class="took" style={{ width: share(took) }} />
                </td>
                <td>{Math.round(took)} ms</td>
                <td>{x.budget_ms === null ? '–' : `${Math.round(x.budget_ms)} ms`}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </details>
  )
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
