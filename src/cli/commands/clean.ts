// gauntlet clean: lists what dead runs left behind, then removes it, and nothing else.
import { type JournalFile, listJournals } from '../../cluster/journal-file.ts'
import { type DeadRun, describeThing, findLeftovers } from '../../cluster/reap.ts'
import { removeLeftovers } from '../../cluster/reap-remove.ts'
import { EXIT } from '../../core/errors.ts'
import type { CommandInput } from '../commands.ts'
import { isConfirmed } from '../shared/confirm.ts'
import { countThings } from '../shared/sweep.ts'

/** Exit 0 where nothing remains or nothing was to be removed, 8 where something could not be. */
export async function execute({ io, options }: CommandInput): Promise<number> {
  const runs = await findLeftovers()
  const spared = (await listJournals()).filter(journal => journal.owner !== 'dead')
  const isWorthAsking = runs.some(run => run.things.length + run.unseen.length > 0)
  if (options.json) return cleanAsJson(runs, spared, Boolean(options.yes), text => io.line(text))
  for (const run of runs) for (const line of describeRun(run)) io.line(line)
  for (const journal of spared) io.line(io.style('dim', describeSpared(journal)))
  if (!isWorthAsking) {
    await removeLeftovers(runs)
    io.line('nothing is left of dead runs')
    return EXIT.pass
  }
  if (!options.yes && !(await isConfirmed('Remove all of it?', io.tty))) {
    io.line('nothing was removed; gauntlet clean --yes removes it')
    return EXIT.pass
  }
  await removeLeftovers(runs)
  io.line(`removed: ${countThings(runs.flatMap(run => run.things))}`)
  return EXIT.pass
}

async function cleanAsJson(
  runs: readonly DeadRun[],
  spared: readonly JournalFile[],
  isWanted: boolean,
  line: (text: string) => void,
): Promise<number> {
  if (isWanted) await removeLeftovers(runs)
  const found = runs.map(({ journal, things, unseen }) => ({
    runId: journal.runId,
    startedAt: journal.lease?.startedAt,
    things,
    unseen: unseen.map(({ entry, reason }) => ({ ...entry, reason })),
  }))
  const kept = spared.map(({ runId, owner }) => ({ runId, owner }))
  line(JSON.stringify({ removed: isWanted, runs: found, spared: kept }, null, 2))
  return EXIT.pass
}

function describeRun({ journal, things, unseen }: DeadRun): string[] {
  const owner = journal.lease ? `process ${journal.lease.pid} is gone` : 'its owner is gone'
  const lines = [`run ${journal.runId}  started ${journal.lease?.startedAt ?? 'at an unknown time'}  ${owner}`]
  for (const thing of things) lines.push(`  ${describeThing(thing)}`)
  for (const { entry, reason } of unseen) lines.push(`  ${describeThing(entry)}: ${reason}`)
  if (things.length + unseen.length === 0) lines.push('  nothing but its journal')
  return lines
}

function describeSpared({ runId, owner, lease, path }: JournalFile): string {
  if (owner === 'alive') return `run ${runId} lives (process ${lease?.pid}): left alone`
  if (owner === 'detached') return `cluster ${runId} was started to stay: left alone; gauntlet cluster down removes it`
  if (lease) return `run ${runId} belongs to ${lease.host}, or to another container: left alone`
  return `${path} cannot be read: left alone`
}
