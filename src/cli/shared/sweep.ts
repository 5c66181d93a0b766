// Clears away what dead runs left before a new one starts, in one line; costs nothing where there is nothing.
import { listJournals } from '../../cluster/journal-file.ts'
import type { DeadRun, Leftover } from '../../cluster/reap.ts'
import { HarnessError } from '../../core/errors.ts'

/** Removes what dead runs left on this machine and says so; never stops the run that asked for it. */
export async function sweepDeadRuns(say: (text: string) => void): Promise<void> {
  if (!(await listJournals()).some(journal => journal.owner === 'dead')) return
  const { findLeftovers } = await import('../../cluster/reap.ts')
  const { removeLeftovers } = await import('../../cluster/reap-remove.ts')
  const runs = await findLeftovers()
  const things = runs.flatMap(run => run.things)
  const [topics, here] = [things.filter(isTopic), things.filter(thing => !isTopic(thing))]
  try {
    await removeLeftovers(runs, { leaveTopics: true })
    if (here.length > 0) say(`removed what ${namesOf(runs)} left: ${countThings(here)}`)
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error
    say(`warning: ${namesOf(runs)} left something that could not be removed: ${error.message}`)
    say('    → gauntlet clean tries again and says what is needed')
  }
  if (topics.length > 0)
    say(`warning: a dead run left ${countThings(topics)} on somebody else’s brokers → gauntlet clean`)
}

const isTopic = (thing: Leftover): boolean => thing.kind === 'topic'

function namesOf(runs: readonly DeadRun[]): string {
  const [first] = runs
  return runs.length === 1 && first ? `the dead run ${first.journal.runId}` : `${runs.length} dead runs`
}

const PLURALS: Readonly<Record<Leftover['kind'], [one: string, many: string]>> = {
  process: ['process', 'processes'],
  container: ['container', 'containers'],
  volume: ['volume', 'volumes'],
  network: ['network', 'networks'],
  group: ['control group', 'control groups'],
  mount: ['mounted file system', 'mounted file systems'],
  directory: ['directory', 'directories'],
  topic: ['topic', 'topics'],
}

/** "1 process, 3 volumes". */
export function countThings(things: readonly Leftover[]): string {
  const counts = new Map<Leftover['kind'], number>()
  for (const { kind } of things) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} ${PLURALS[kind][count === 1 ? 0 : 1]}`).join(', ')
}
