// Which groups of workers were struck by faults, since what a killed worker had not yet told is missing in its counts.
import type { TrialAnalysis } from '../analysis/analysis.ts'
import type { EventBody } from '../recording/format.ts'

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

/** When each worker was seen to have been killed by a fault, the first time first: the end of its first life, of its second, and so on. */
export function endsOfWorkers(events: readonly EventBody[]): Map<string, number[]> {
  const ends = new Map<string, number[]>()
  for (const { name, detail = {} } of events) {
    const { kind, actedUs, workers } = detail
    if (name !== 'fault.proven' || kind !== 'worker-kill' || typeof actedUs !== 'number') continue
    for (const worker of Array.isArray(workers) ? workers : []) {
      const known = [...(ends.get(String(worker)) ?? []), actedUs]
      ends.set(
        String(worker),
        known.sort((a, b) => a - b),
      )
    }
  }
  return ends
}
