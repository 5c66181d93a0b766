// When a cluster may be measured: every broker registered, a controller elected, and a record written and read on every partition.
import { HarnessError, messageOf } from '../core/errors.ts'
import type { Security } from '../drivers/driver.ts'
import { createKafka } from '../drivers/kafkajs/client.ts'
import { ClusterAdmin, type TopicState } from '../protocol/admin.ts'
import { ENVELOPE_BYTES, FLAG_PROBE, writeEnvelope } from '../record/envelope.ts'

const POLL_MS = 100
const PROBE_DEADLINE_MS = 30_000

export type ReadyOptions = {
  brokers: string[]
  expected: number
  deadlineMs: number
  signal?: AbortSignal
  security?: Security /** Rejects or throws when waiting is pointless, as when a node has ended. */
  stillAlive: () => void | Promise<void>
}

/** Waits until all brokers are registered and a controller leads them; returns the cluster's id. */
export async function waitForCluster(options: ReadyOptions): Promise<string> {
  const until = performance.now() + options.deadlineMs
  let last = 'no answer yet'
  for (;;) {
    options.signal?.throwIfAborted()
    await options.stillAlive()
    try {
      const admin = await ClusterAdmin.connect({
        brokers: options.brokers,
        connectionTimeoutMs: 1000,
        retries: 0,
        ...(options.security ? { security: options.security } : {}),
      })
      try {
        const found = await admin.describeCluster()
        if (found.brokers.length >= options.expected && found.controller !== null && found.controller >= 0)
          return found.clusterId
        last = `${found.brokers.length} of ${options.expected} brokers registered`
      } finally {
        await admin.close()
      }
    } catch (error) {
      last = messageOf(error)
    }
    if (performance.now() > until)
      throw new HarnessError({
        code: 'E306',
        message: `the cluster was not ready after ${Math.round(options.deadlineMs / 1000)} s: ${last}`,
        hint: 'see the log lines below; raise cluster.ready.timeout on a slow machine',
      })
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

export type ProbeOptions = {
  bootstrap: string[]
  admin: ClusterAdmin
  topics: string[]
  groupId: string
  security?: Security
}

/** Writes one record to every partition, reads each back, and returns the offsets after them. */
export async function probeTopics(options: ProbeOptions): Promise<Map<string, number[]>> {
  const { kafka } = createKafka({
    brokers: options.bootstrap,
    clientId: 'gauntlet-probe',
    requestTimeoutMs: 10_000,
    ...(options.security ? { security: options.security } : {}),
  })
  const state = await settledMetadata(options)
  const wanted = new Set(state.flatMap(topic => topic.partitions.map(row => `${topic.name}:${row.partition}`)))
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition as number,
    retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 1000 },
  })
  const consumer = kafka.consumer({
    groupId: options.groupId,
    minBytes: 1,
    maxWaitTimeInMs: 100,
    sessionTimeout: 10_000,
    allowAutoTopicCreation: false,
    retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 1000 },
  })
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.all([producer.connect(), consumer.connect()])
    await consumer.subscribe({ topics: options.topics, fromBeginning: true })
    const allRead = new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new HarnessError({
              code: 'E306',
              message: `no record came back from ${[...wanted].slice(0, 5).join(', ')}`,
              hint: 'the brokers accept connections but do not serve these partitions; see their logs',
            }),
          ),
        PROBE_DEADLINE_MS,
      )
      const seen = ({ topic, partition }: { topic: string; partition: number }): void => {
        wanted.delete(`${topic}:${partition}`)
        if (wanted.size > 0) return
        resolve()
      }
      consumer.run({ autoCommit: false, eachMessage: async place => seen(place) }).catch(reject)
    })
    allRead.catch(() => undefined)
    // One call each: where leaders move between two attempts, kafkajs can drop a partition of a shared call, and write another twice.
    const places = state.flatMap(({ name, partitions }) => partitions.map(({ partition }) => ({ name, partition })))
    await Promise.all(
      places.map(({ name, partition }) =>
        producer.send({ topic: name, acks: -1, messages: [{ value: probeValue(partition), partition }] }),
      ),
    )
    await allRead
  } finally {
    clearTimeout(timer)
    await Promise.allSettled([producer.disconnect(), consumer.disconnect()])
  }
  const rows = await Promise.all(
    options.topics.map(async topic => [topic, (await options.admin.offsets(topic)).latest] as const),
  )
  return new Map(rows)
}

/** Metadata once every partition has a leader; a broker may answer before it has heard of a topic made a moment ago. */
async function settledMetadata(options: ProbeOptions): Promise<TopicState[]> {
  const until = performance.now() + PROBE_DEADLINE_MS
  for (;;) {
    const state = await options.admin.metadata(options.topics).catch((error: unknown) => {
      if (performance.now() > until) throw error
      return []
    })
    const whole =
      state.length === options.topics.length && state.every(topic => topic.partitions.every(row => row.leader >= 0))
    if (whole) return state
    if (performance.now() > until)
      throw new HarnessError({
        code: 'E306',
        message: 'partitions of new topics got no leader',
        hint: 'see the brokers’ logs',
      })
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

function probeValue(partition: number): Buffer {
  const value = Buffer.alloc(ENVELOPE_BYTES)
  writeEnvelope(value, 0, { flags: FLAG_PROBE, run: 0, producer: 0, topic: 0, partition, sequence: 0, intendedUs: 0 })
  return value
}
