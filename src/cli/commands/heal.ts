// gauntlet heal: lists the faults that runs left acting, then ends them and reads each one back; the clusters themselves stay.
import { type FaultyRun, findFaults, healFaults } from '../../cluster/heal.ts'
import { type JournalFile, listJournals } from '../../cluster/journal-file.ts'
import { EXIT, HarnessError } from '../../core/errors.ts'
import type { CommandInput } from '../commands.ts'
import { isConfirmed } from '../shared/confirm.ts'

/** Exit 0 where no fault remains or none was to be ended, 8 where one could not be. */
export async function execute({ io, options, positionals }: CommandInput): Promise<number> {
  const named = chosen(await listJournals(), positionals[0])
  const isOurs = ({ owner }: JournalFile): boolean =>
    owner === 'dead' || owner === 'detached' || (owner === 'alive' && options.force === true)
  const runs = await findFaults(named.filter(isOurs))
  const spared = named.filter(journal => !isOurs(journal) && hasFaults(journal))
  const isWorthAsking = runs.some(run => run.faults.some(({ finding }) => finding.is !== 'over'))
  if (options.json) return healAsJson(runs, spared, options.yes === true, text => io.line(text))
  for (const run of runs) for (const line of describeRun(run)) io.line(line)
  for (const journal of spared) io.line(io.style('dim', describeSpared(journal)))
  if (!isWorthAsking) {
    await healFaults(runs)
    io.line('no fault is left to heal')
    return EXIT.pass
  }
  if (!options.yes && !(await isConfirmed('Heal all of it?', io.tty))) {
    io.line('nothing was healed; gauntlet heal --yes heals it')
    return EXIT.pass
  }
  const healed = await healFaults(runs)
  io.line(`healed and read back: ${healed} ${healed === 1 ? 'fault' : 'faults'}`)
  return EXIT.pass
}

function chosen(journals: readonly JournalFile[], runId: string | undefined): readonly JournalFile[] {
  if (runId === undefined) return journals
  const found = journals.filter(journal => journal.runId === runId)
  if (found.length > 0) return found
  const ids = journals.map(journal => journal.runId)
  throw new HarnessError({
    code: 'E201',
    message: `no journal of a run ${runId}: it is over and healed, or it never was`,
    hint: ids.length > 0 ? `gauntlet heal ${ids.join(' | ')}` : 'no run has left a journal',
  })
}

function hasFaults({ open }: JournalFile): boolean {
  return [...open.values()].some(entry => entry.kind === 'fault')
}

async function healAsJson(
  runs: readonly FaultyRun[],
  spared: readonly JournalFile[],
  isWanted: boolean,
  line: (text: string) => void,
): Promise<number> {
  if (isWanted) await healFaults(runs)
  const found = runs.map(({ journal, faults }) => ({
    runId: journal.runId,
    owner: journal.owner,
    faults: faults.map(({ entry, finding }) => ({
      name: entry.name,
      state: finding.is,
      found: finding.text,
      heal: entry.heal,
    })),
  }))
  const kept = spared.map(({ runId, owner }) => ({ runId, owner }))
  line(JSON.stringify({ healed: isWanted, runs: found, spared: kept }, null, 2))
  return EXIT.pass
}

function describeRun({ journal, faults }: FaultyRun): string[] {
  const { runId, lease, owner } = journal
  const whose = owner === 'alive' ? `process ${lease?.pid} lives` : `process ${lease?.pid} is gone`
  const lines = faults.map(({ entry, finding }) => `  ${entry.name}: ${finding.text}`)
  return [`run ${runId}  started ${lease?.startedAt ?? 'at an unknown time'}  ${whose}`, ...lines]
}

function describeSpared({ runId, owner, lease }: JournalFile): string {
  if (owner === 'alive') return `run ${runId} lives (process ${lease?.pid}) and heals by itself; --force does it now`
  return `run ${runId} belongs to ${lease?.host ?? 'nobody known'}, or to another container: left alone`
}
