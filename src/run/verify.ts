// Opens the ledgers and the truth of every recorded trial for the checks; they are read from disk as they are walked.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Verification } from '../analysis/verification.ts'
import type { TrialRecord } from '../recording/format.ts'
import { ledgerDirectory, truthDirectory } from '../recording/places.ts'
import type { Recording } from '../recording/read.ts'
import { RunFile } from '../recording/run-reader.ts'
import type { RunKind } from '../recording/runs.ts'
import type { History, RunSource, TopicFacts } from '../verify/history.ts'
import { verifyHistory } from '../verify/verify.ts'

/** What ledgers and truth gave, by the number of the trial; trials that were not read back are left out. */
export async function verifyRecording(recording: Recording): Promise<Map<number, Verification>> {
  const found = new Map<number, Verification>()
  for (const { number, record } of recording.trials) {
    if (!record?.truth || 'skipped' in record.truth) continue
    const history = await openHistory(recording.directory, number, topicsOf(record))
    const verification = await verifyHistory(history)
    const writers = record.clients.filter(client => client.role === 'producer')
    const expected = writers.reduce((sum, client) => sum + client.workers, 0)
    const missing = expected - history.ledgers.length
    const notes = [...record.truth.notes, ...(missing > 0 ? [`${missing} of ${expected} ledgers are missing`] : [])]
    found.set(number, {
      ...verification,
      complete: verification.complete && notes.length === 0,
      notes: [...notes, ...verification.notes],
    })
  }
  return found
}

/** The ledgers and the truth of one trial. */
export async function openHistory(directory: string, trial: number, topics: readonly TopicFacts[]): Promise<History> {
  return {
    topics,
    ledgers: await sourcesIn(ledgerDirectory(directory, trial), 'ledger'),
    truths: await sourcesIn(truthDirectory(directory, trial), 'truth'),
  }
}

function topicsOf({ topics }: TrialRecord): TopicFacts[] {
  return topics.map(({ partitions, settings }, number) => ({
    number,
    partitions,
    isCompacted: settings.some(row => row.name === 'cleanup.policy' && row.value.includes('compact')),
  }))
}

async function sourcesIn(directory: string, kind: RunKind): Promise<RunSource[]> {
  const names = await readdir(directory).catch(() => [])
  return Promise.all(
    names.toSorted((a, b) => a.localeCompare(b)).map(name => sourceOf(join(directory, name), name, kind)),
  )
}

async function sourceOf(path: string, name: string, kind: RunKind): Promise<RunSource> {
  await using file = await RunFile.open(path, kind)
  let isWhole = false
  return {
    name: `${kind}/${name}`,
    head: file.head,
    async *frames() {
      await using opened = await RunFile.open(path, kind)
      yield* opened.frames()
      isWhole = opened.isWhole
    },
    async frameAt(at) {
      await using opened = await RunFile.open(path, kind)
      return await opened.frameAt(at)
    },
    isWhole: () => isWhole,
  }
}
