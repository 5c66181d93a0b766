// The truth read: every partition of a trial from its first offset to the end offset that stood when the load was over, on OBSERVER addresses.
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import type { Security } from '../drivers/driver.ts'
import { ClusterClient } from '../protocol/cluster.ts'
import { CODES } from '../protocol/error-codes.ts'
import { throwIfError } from '../protocol/errors.ts'
import { type FetchedPartition, fetchV11 } from '../protocol/requests/fetch.ts'
import type { TruthAccount } from '../recording/format.ts'
import { truthDirectory, truthPath } from '../recording/places.ts'
import { TruthWriter } from '../recording/truth.ts'
import { TruthWalk, type WalkSpec } from './truth-walk.ts'

export type TruthTopic = Omit<WalkSpec, 'envelopeRun' | 'partition' | 'topic'> & {
  name: string
  number: number
  /** Of each partition: the first offset of the trial, the first that is still there, and the end. */
  partitions: readonly { begin: number; earliest: number; end: number }[]
}

export type TruthRequest = {
  bootstrap: readonly string[]
  security?: Security
  envelopeRun: number
  topics: readonly TruthTopic[]
  /** The run's directory and the trial's number. */
  directory: string
  trial: number
}

type ReadAccount = Exclude<TruthAccount, { skipped: string }>

/** Partitions read at the same time: while one is walked, the others' answers are on their way. */
const READERS = 4
const FETCH_BYTES = 4 * 1024 * 1024
const MAX_WAIT_MS = 500
const RETRY_MS = 100
/** Longest time in which a partition may give nothing. */
const STALL_MS = 30_000

type Job = { topic: TruthTopic; partition: number }

export async function readTruth(request: TruthRequest): Promise<ReadAccount> {
  const account: ReadAccount = { records: 0, bytes: 0, durationMs: 0, cpuMs: 0, notes: [] }
  const startedMs = performance.now()
  const cpuBefore = process.cpuUsage()
  await mkdir(truthDirectory(request.directory, request.trial), { recursive: true })
  const client = await ClusterClient.connect({
    bootstrap: request.bootstrap,
    clientId: 'gauntlet-truth',
    topics: request.topics.map(topic => topic.name),
    ...(request.security ? { security: request.security } : {}),
  })
  try {
    const jobs = request.topics.flatMap(topic => topic.partitions.map((_, partition): Job => ({ topic, partition })))
    const reader = async (): Promise<void> => {
      for (let job = jobs.shift(); job; job = jobs.shift()) await readPartition(client, request, job, account)
    }
    await Promise.all(Array.from({ length: READERS }, reader))
    account.bytes = client.bytesRead
  } finally {
    await client.close()
  }
  const cpu = process.cpuUsage(cpuBefore)
  account.durationMs = Math.round(performance.now() - startedMs)
  account.cpuMs = Math.round((cpu.user + cpu.system) / 1000)
  return account
}

/** Reads one partition; where it cannot be read to its end its file has no end mark, and the account says why. */
async function readPartition(
  client: ClusterClient,
  request: TruthRequest,
  job: Job,
  account: ReadAccount,
): Promise<void> {
  const { topic, partition } = job
  const { begin = 0, earliest = 0, end = 0 } = topic.partitions[partition] ?? {}
  const { envelopeRun, directory, trial } = request
  const head = { envelopeRun, number: topic.number, partition, beginOffset: Math.max(begin, earliest), endOffset: end }
  const truth = new TruthWriter(truthPath(directory, trial, topic.number, partition), head)
  let isWhole = false
  try {
    const spec = { envelopeRun, topic: topic.number, partition, inHeaders: topic.inHeaders, isCounted: topic.isCounted }
    await readToEnd(client, { ...job, from: head.beginOffset, end }, new TruthWalk(spec, truth), truth)
    isWhole = true
  } catch (error) {
    account.notes.push(`${topic.name}-${partition} could not be read to its end: ${messageOf(error)}`)
  } finally {
    await truth.close(isWhole)
    account.records += truth.records
    if (truth.markers + truth.hidden > 0) addTransacted(account, topic.number, truth)
  }
}

function addTransacted(account: ReadAccount, topic: number, { markers, hidden }: TruthWriter): void {
  const all = (account.transacted ??= [])
  const known = all.find(one => one.topic === topic)
  if (!known) all.push({ topic, markers, hidden })
  else {
    known.markers += markers
    known.hidden += hidden
  }
}

async function readToEnd(
  client: ClusterClient,
  { topic, partition, from, end }: Job & { from: number; end: number },
  walk: TruthWalk,
  truth: TruthWriter,
): Promise<void> {
  let offset = from
  // What is decided comes with the list of aborted transactions; only what lies behind it is read without.
  let isDecided = true
  let movedMs = performance.now()
  while (offset < end) {
    try {
      const fetched = await fetchOnce(client, topic.name, partition, offset, isDecided)
      const next = walk.take(fetched, offset, end, isDecided)
      if (next > offset) movedMs = performance.now()
      else if (isDecided && offset >= fetched.lastStableOffset) isDecided = false
      else if (performance.now() - movedMs > STALL_MS)
        throw new Error(
          `nothing at offset ${offset} within ${STALL_MS / 1000} s, the log ends at ${fetched.highWatermark}`,
        )
      offset = next
      await truth.flush()
    } catch (error) {
      if (performance.now() - movedMs > STALL_MS) throw error
      await client.refresh().catch(() => undefined) // the next attempt tells
      await sleep(RETRY_MS)
    }
  }
}

/** One fetch from a partition's leader. */
export async function fetchOnce(
  client: ClusterClient,
  name: string,
  partition: number,
  fetchOffset: number,
  readCommitted: boolean,
  maxBytes = FETCH_BYTES,
): Promise<FetchedPartition> {
  const leader = client.leaderOf(name, partition)
  throwIfError(leader ? 0 : CODES.LEADER_NOT_AVAILABLE, `${name}-${partition}`)
  const connection = await client.connection(leader?.broker ?? -1, 'fetch')
  const answer = await connection.request(fetchV11, {
    ...{ maxWaitMs: MAX_WAIT_MS, minBytes: 1, maxBytes, readCommitted, sessionId: 0, sessionEpoch: -1 },
    ...{ forgotten: [], rackId: '' },
    topics: [{ name, partitions: [{ partition, leaderEpoch: -1, fetchOffset, maxBytes }] }],
  })
  throwIfError(answer.errorCode, `fetch of ${name}-${partition}`)
  const fetched = answer.topics[0]?.partitions[0]
  throwIfError(fetched?.errorCode ?? CODES.UNKNOWN_TOPIC_OR_PARTITION, `fetch of ${name}-${partition}`)
  return fetched as FetchedPartition
}
