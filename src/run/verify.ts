// Opens the ledgers and the truth of every recorded trial for the checks; they are read from disk as they are walked.
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Verification } from '../analysis/verification.ts'
import type { ClientAccount, EventBody, SampleBody, TrialRecord } from '../recording/format.ts'
import { groupDirectory, ledgerDirectory, lifeOf, truthDirectory } from '../recording/places.ts'
import type { Recording } from '../recording/read.ts'
import { RunFile } from '../recording/run-reader.ts'
import type { RunKind } from '../recording/runs.ts'
import type { GroupHistory, History, RunSource, TopicFacts, TransformFacts } from '../verify/history.ts'
import { timesBelowMinIsr } from '../verify/isr.ts'
import { endsOfWorkers } from '../verify/struck-workers.ts'
import { readerClient, readsCommitted } from '../verify/terms.ts'
import { verifyHistory } from '../verify/verify.ts'

/** What ledgers and truth gave, by the number of the trial; trials that were not read back are left out. */
export async function verifyRecording(recording: Recording): Promise<Map<number, Verification>> {
  const found = new Map<number, Verification>()
  for (const { number, record, samples, events } of recording.trials) {
    if (!record?.truth || 'skipped' in record.truth) continue
    const opened = await openHistory(recording.directory, number, topicsOf(record))
    const history = { ...opened, ...(await contextOf(recording.directory, record, samples, events)) }
    const verification = await verifyHistory(history)
    const writers = record.clients.filter(client => client.role === 'producer')
    const expected = writers.reduce((sum, client) => sum + client.workers, 0)
    const missing = expected - history.ledgers.length
    const members = record.readers.reduce((sum, reader) => sum + (reader.members ?? 0), 0)
    const present = (history.groups ?? []).reduce((sum, group) => sum + memberCount(group.members), 0)
    const notes = [
      ...record.truth.notes,
      ...(missing > 0 ? [`${missing} of ${expected} ledgers are missing`] : []),
      ...(present < members ? [`${members - present} of ${members} histories of group members are missing`] : []),
    ]
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

/** Members of one group, however often each was started. */
const memberCount = (own: readonly RunSource[]): number => new Set(own.map(({ head }) => head.number)).size

/** What the members of all groups of a trial did; the lives that faults ended know when. */
export async function openMembers(
  directory: string,
  trial: number,
  events: readonly EventBody[] = [],
): Promise<RunSource[]> {
  const ends = endsOfWorkers(events)
  const sources = await sourcesIn(groupDirectory(directory, trial), 'group')
  return sources.map(source => {
    const { worker, life } = lifeOf(basename(source.name))
    const endedUs = ends.get(worker)?.[life - 1]
    return endedUs === undefined ? source : { ...source, endedUs }
  })
}

/** Which groups read, which producers asked for acks=all, and when too few replicas were in sync. */
async function contextOf(
  directory: string,
  record: TrialRecord,
  samples: readonly SampleBody[],
  events: readonly EventBody[],
): Promise<Pick<History, 'groups' | 'transforms' | 'acksAll' | 'belowMinIsr'>> {
  const members = await openMembers(directory, record.number, events)
  const value = (client: ClientAccount | undefined, name: string) =>
    client?.settings.find(row => row.name === name)?.value
  const groups = record.readers.map((reader, number): GroupHistory => {
    const client = readerClient(record.clients, reader.group)
    const own = members.filter(({ head }) => head.partition === number)
    return {
      number,
      topics: reader.topics.map(name => record.topics.findIndex(topic => topic.name === name)),
      readsCommitted: client !== undefined && readsCommitted(client),
      reachedEnd: reader.reached,
      isWhole: memberCount(own) >= (reader.members ?? 0),
      members: own,
    }
  })
  const numberOf = (name: string): number => record.topics.findIndex(topic => topic.name === name)
  const transforms = record.readers.flatMap(({ transform, topics, reached }, group): TransformFacts[] =>
    transform
      ? [
          {
            ...{ group, reachedEnd: reached, firstNumber: transform.firstNumber },
            ...{ inputs: topics.map(numberOf), target: numberOf(transform.to) },
          },
        ]
      : [],
  )
  const acks = record.clients
    .filter(client => client.role === 'producer')
    .flatMap(client => Array<string | undefined>(client.numbers ?? client.workers).fill(value(client, 'acks')))
  return {
    groups: groups.filter(group => group.members.length > 0),
    transforms,
    acksAll: producer => ['all', '-1'].includes(acks[producer] ?? ''),
    belowMinIsr: timesBelowMinIsr(record, samples),
  }
}

function topicsOf({ topics }: TrialRecord): TopicFacts[] {
  return topics.map(({ partitions, settings, beginOffsets }, number) => ({
    number,
    partitions,
    beginOffsets,
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
