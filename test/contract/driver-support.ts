// What the contract of drivers needs: batches with known values, answers counted one by one, and the sockets this process holds.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { Times } from '../../src/core/times.ts'
import type {
  BatchProducer,
  BatchResult,
  Driver,
  PendingBatch,
  ProducerOptions,
  Settings,
  TopicHandle,
} from '../../src/drivers/driver.ts'
import type { ConsumerWorkerSpec } from '../../src/load/messages.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../src/scenario/schema/setting-tables.ts'

export const nowUs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000)

/** The value of a record, as text that any tool can show. */
export const valueOf = (batch: Pick<PendingBatch, 'topic' | 'partition' | 'firstSeq'>, at: number): string =>
  `${batch.topic}/${batch.partition}/${batch.firstSeq + at} ${'payload '.repeat(8)}`

/** A batch of `count` records as the accumulator would hand it over for its first attempt. */
export function batchOf(partition: number, firstSeq = 0, count = 1, topic = 0): PendingBatch {
  const atUs = nowUs()
  return {
    topic,
    partition,
    firstSeq,
    count,
    rawBytes: 100 * count,
    intended: Times.of(Array.from({ length: count }, () => atUs)),
    offered: Times.of(Array.from({ length: count }, () => atUs)),
    createdUs: atUs,
    attempts: 1,
    notBeforeUs: 0,
    ambiguous: false,
  }
}

export type ProducerSetup = {
  bootstrap: string[]
  topics: TopicHandle[]
  settings?: Settings
  record?: Partial<ProducerOptions['record']>
}

/** A producer with Java's defaults for everything that is not said, and without idempotence. */
export function makeProducer(driver: Driver, { bootstrap, topics, settings, record }: ProducerSetup): BatchProducer {
  const defaults = Object.fromEntries(
    Object.entries(PRODUCER_SETTINGS).flatMap(([name, setting]) =>
      setting.default === undefined ? [] : [[name, setting.default]],
    ),
  )
  if (!driver.createProducer) throw new Error(`driver ${driver.capabilities.name} takes no batches`)
  return driver.createProducer({
    bootstrap,
    clientId: 'contract',
    settings: { ...defaults, 'enable.idempotence': false, ...settings },
    topics,
    record: {
      value: (batch, at) => Buffer.from(valueOf(batch, at)),
      key: () => null,
      headers: () => undefined,
      ...record,
    },
    nowUs,
  })
}

/** Dispatches a group to the leader of its first batch; fails where answers come twice or not for every batch. */
export async function send(producer: BatchProducer, batches: PendingBatch[]): Promise<BatchResult[]> {
  const [first] = batches
  if (!first) throw new Error('a group needs a batch')
  const answers: BatchResult[][] = []
  await new Promise<void>(resolve => {
    producer.dispatch(producer.leaderOf(first.topic, first.partition), batches, results => {
      answers.push(results)
      resolve()
    })
  })
  // A second answer would come with the next turns of the event loop.
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
  const results = answers.flat()
  if (
    answers.length !== 1 ||
    results.length !== batches.length ||
    batches.some(batch => results.filter(result => result.batch === batch).length !== 1)
  ) {
    throw new Error(`${answers.length} answers with ${results.length} results for ${batches.length} batches`)
  }
  return results
}

/** Sends a group until it is acknowledged, as the accumulator would, with fresh metadata in between. */
export async function sendUntilAcked(
  producer: BatchProducer,
  batch: PendingBatch,
  deadlineMs: number,
): Promise<BatchResult[]> {
  const until = performance.now() + deadlineMs
  const attempts: BatchResult[] = []
  for (;;) {
    producer.refresh()
    if (producer.leaderOf(batch.topic, batch.partition) >= 0) {
      const [result] = await send(producer, [batch])
      if (result) attempts.push(result)
      if (result?.outcome === 'acked') return attempts
    }
    if (performance.now() > until) throw new Error(`not acknowledged: ${JSON.stringify(attempts.at(-1))}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** Sockets this process holds open. */
export function openSockets(): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
}

/** What a reading worker process is told, with Java's defaults. */
export function readerSpec(topic: TopicHandle, bootstrap: string[]): ConsumerWorkerSpec {
  const defaults = Object.entries(CONSUMER_SETTINGS).flatMap(([name, setting]) =>
    setting.default === undefined ? [] : [[name, setting.default] as const],
  )
  return {
    role: 'consumer',
    worker: 'readers-0',
    group: 'readers',
    groupId: 'contract-crew',
    member: 0,
    members: 1,
    start: 'earliest',
    driver: 'kafkajs',
    mode: 'tuned',
    settings: Object.fromEntries(defaults),
    bootstrap,
    topics: [topic],
    anchor: { wallUs: Date.now() * 1000, hrtimeNs: String(process.hrtime.bigint()) },
    runTag: 1,
    segments: [{ phase: 'measure', kind: 'steady', durationMs: 60_000, fromPerSecond: 1, toPerSecond: 1, max: false }],
    processing: { delay: 0, handling: 'batch' },
    commit: 'none',
    verify: false,
    beginOffsets: [Array.from({ length: topic.partitions }, () => 0)],
  }
}

/** Processes of ours that still run this repository's worker. */
export function workerPids(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        const isOurs = command.includes('load/worker.ts') && status.includes(`PPid:\t${process.pid}\n`)
        return isOurs ? [Number(pid)] : []
      } catch {
        return []
      }
    })
}
