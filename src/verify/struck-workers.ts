// Which groups of workers were struck by faults, since what a killed worker had not yet told is missing in its counts.
import type { TrialAnalysis } from '../analysis/analysis.ts'

/** True where a proven fault of these kinds struck a worker of such a group. */
export function wasStruck(
  trial: TrialAnalysis,
  kinds: readonly string[],
  isMeant: (group: string, role: 'producer' | 'consumer') => boolean,
): boolean {
  return (trial.recovery?.faults ?? [])
    .filter(({ kind, actedUs }) => kinds.includes(kind) && actedUs !== undefined)
    .some(({ target }) => {
      const group = /^workers? (?:of )?([^/]+)/.exec(target)?.[1] ?? ''
      return trial.clients.some(client => group.startsWith(client.group) && isMeant(group, client.role))
    })
}
