// What a trial's settings allow: an anomaly that they do is reported, and fails nothing.
import type { TrialAnalysis } from '../analysis/analysis.ts'

/** Why so many records of an anomaly are allowed, or undefined where they are a violation. */
export function allowanceOf(anomaly: string, count: number, trial: TrialAnalysis): string | undefined {
  const { maybeDuplicated = 0 } = trial.accounting
  if (anomaly === 'duplicated' && count <= maybeDuplicated)
    return `without idempotence ${maybeDuplicated} records were sent again after an open outcome`
  if (anomaly === 'reordered' && trial.accounting.retries > 0 && !isOrdered(trial))
    return 'without idempotence retries may pass each other'
  return undefined
}

/** Every producer keeps its order even where it sends again. */
function isOrdered(trial: TrialAnalysis): boolean {
  return trial.clients
    .filter(client => client.role === 'producer')
    .every(({ settings }) => {
      const value = (name: string): string | undefined => settings.find(row => row.name === name)?.value
      return value('enable.idempotence') === 'true' || value('max.in.flight.requests.per.connection') === '1'
    })
}
