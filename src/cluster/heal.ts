// Heals from the journals what runs left acting: the last fault first, each heal read back; what remains is named with its command.
import { HarnessError, messageOf } from '../core/errors.ts'
import type { Finding } from './heal-finding.ts'
import { type ContainerReviver, type FaultEntry, lookAtFault } from './heal-look.ts'
import { type JournalFile, settleJournal } from './journal-file.ts'
import type { DockerReaper } from './providers/docker/remove.ts'
import { type DeadRun, lookAtRuns } from './reap.ts'

/** One fault that its journal does not call healed. */
export type OpenFault = { entryNumber: number; entry: FaultEntry; finding: Finding }
/** The faults of one run, the last one first. */
export type FaultyRun = { journal: JournalFile; faults: OpenFault[]; look: (entry: FaultEntry) => Promise<Finding> }

/** The local engine where it is left out; opened only when a journal names a container. */
export type HealOptions = { docker?: DockerReaper & ContainerReviver }

/** What the faults of these runs still do. */
export async function findFaults(journals: readonly JournalFile[], { docker }: HealOptions = {}): Promise<FaultyRun[]> {
  const wanted = journals.filter(({ open }) => [...open.values()].some(entry => entry.kind === 'fault'))
  const engine = lazyReviver(docker)
  const runs = await lookAtRuns(wanted, docker)
  return Promise.all(runs.map(run => faultsOf(run, engine)))
}

function lazyReviver(given: ContainerReviver | undefined): () => Promise<ContainerReviver> {
  let opened: Promise<ContainerReviver> | undefined
  return () => {
    opened ??= given ? Promise.resolve(given) : openReviver()
    return opened
  }
}

async function openReviver(): Promise<ContainerReviver> {
  const { openDocker } = await import('./providers/docker/client.ts')
  const { dockerReviver } = await import('./providers/docker/revive.ts')
  return dockerReviver(openDocker())
}

async function faultsOf(run: DeadRun, engine: () => Promise<ContainerReviver>): Promise<FaultyRun> {
  const look = (entry: FaultEntry): Promise<Finding> => lookAtFault(run, entry, engine)
  const open = [...run.journal.open].toReversed()
  const faults = await Promise.all(
    open.flatMap(([entryNumber, entry]) =>
      entry.kind === 'fault' ? [look(entry).then((finding): OpenFault => ({ entryNumber, entry, finding }))] : [],
    ),
  )
  return { journal: run.journal, faults, look }
}

/** Ends every fault that can be ended, strikes out what is over, and returns how many were ended; E702 names what remains. */
export async function healFaults(runs: readonly FaultyRun[]): Promise<number> {
  const results = await Promise.all(runs.map(healRun))
  const remaining = results.flatMap(result => result.remaining)
  if (remaining.length === 0) return results.reduce((sum, { healed }) => sum + healed, 0)
  throw new HarnessError({
    code: 'E702',
    message: `not healed: ${remaining.map(({ name, reason }) => `${name} (${reason})`).join('; ')}`,
    hint: `gauntlet heal --yes, or by hand: ${[...new Set(remaining.map(({ command }) => command))].join('; ')}`,
  })
}

type Remaining = { name: string; reason: string; command: string }

/** One after the other, since the last fault may hide what an earlier one did. */
async function healRun({ journal, faults, look }: FaultyRun): Promise<{ healed: number; remaining: Remaining[] }> {
  const over: number[] = []
  const remaining: Remaining[] = []
  let healed = 0
  for (const { entryNumber, entry, finding } of faults) {
    const after = finding.is === 'acting' ? await ended(entry, finding, look) : finding
    if (after.is === 'over') {
      over.push(entryNumber)
      if (finding.is === 'acting') healed++
      continue
    }
    const command = (after.is === 'stuck' ? after.command : undefined) ?? entry.heal
    remaining.push({ name: entry.name, reason: after.text, command })
  }
  // The journal of a run that lives is its own to remove.
  const isEmpty = over.length === journal.open.size && journal.owner === 'dead'
  if (over.length > 0) await settleJournal(journal.path, over, isEmpty)
  return { healed, remaining }
}

async function ended(
  entry: FaultEntry,
  finding: Extract<Finding, { is: 'acting' }>,
  look: FaultyRun['look'],
): Promise<Finding> {
  try {
    await finding.end()
  } catch (error) {
    return { is: 'stuck', text: messageOf(error) }
  }
  return look(entry)
}
