// @platformatic/kafka as a group member: its stream of records cut into handlings, commits as the scenario says.
import { setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises'
import type { ConsumerOptions, GroupConsumer, ReceivedRecord } from '../driver.ts'
import { processing } from '../processing.ts'
import { type BufferConsumer, baseOptions, Consumer, type Received, SocketCounts, type Stream } from './client.ts'
import { mapError } from './errors.ts'

const REOPEN_PAUSE_MS = 200
/** The library hands over single records; a handler of many takes what its stream holds, up to this. */
const AT_ONCE_AS_SHIPPED = 500
/** Handling without any pause gives way to heartbeats and fetches after so long. */
const YIELD_AFTER_MS = 10

type Assignment = { topic: string; partitions: number[] }[]

export class PlatformaticConsumer implements GroupConsumer {
  private readonly options: ConsumerOptions
  private readonly client: BufferConsumer
  private readonly sockets: SocketCounts
  private readonly index: Map<string, number>
  private readonly sliceRecords: number
  private held: Received | undefined
  private stream: Stream | undefined
  private wake: () => void = () => undefined
  private assigned = ''
  private requests = 0
  private closing = false
  private reading: Promise<void> = Promise.resolve()

  constructor(options: ConsumerOptions) {
    this.options = options
    this.index = new Map(options.topics.map((topic, position) => [topic.name, position]))
    const atOnce = options.settings['max.poll.records'] ?? AT_ONCE_AS_SHIPPED
    this.sliceRecords = options.handling === 'message' ? 1 : Number(atOnce)
    this.client = makeClient(options)
    this.sockets = new SocketCounts(this.client)
  }

  async open(): Promise<void> {
    const { client, options } = this
    client.on('consumer:group:join', ({ groupId }) => {
      options.onEvent('group.join', { groupId })
      this.noteAssignment(true)
    })
    // The consumer protocol assigns with heartbeats, and tells nobody.
    client.on('consumer:heartbeat:end', () => this.noteAssignment())
    client.on('consumer:group:rebalance', ({ groupId }) => options.onEvent('group.rebalancing', { groupId }))
    client.on('consumer:heartbeat:error', ({ error }) => this.report(error))
    client.on('error', (error: Error) => this.report(error))
    await this.openStream()
    this.reading = this.readAll()
  }

  counters() {
    return { wireBytes: this.sockets.read, requests: this.requests }
  }

  async close(): Promise<void> {
    this.closing = true
    this.wake()
    await this.reading
    await this.client.close(true)
  }

  private report(error: unknown): void {
    if (this.closing) return
    const { errorClass, message } = mapError(error)
    this.options.onError(errorClass, message, false)
  }

  /** After a join, reading begins anew where the group stands. */
  private noteAssignment(isJoin = false): void {
    const assignment: Assignment = this.client.assignments ?? []
    const shown = JSON.stringify(assignment)
    if (this.client.assignments === null || (shown === this.assigned && !isJoin)) return
    this.assigned = shown
    if (isJoin) this.options.onRevoked()
    this.options.onAssigned(
      assignment.flatMap(({ topic, partitions }) =>
        partitions.map(partition => ({ topic: this.index.get(topic) ?? -1, partition })),
      ),
    )
  }

  private async openStream(): Promise<void> {
    const { options } = this
    const stream = await this.client.consume({
      topics: options.topics.map(topic => topic.name),
      // Topics are fresh: a group without commits reads every record of the trial.
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: this.autocommit(),
    })
    stream.on('readable', () => this.wake())
    stream.on('close', () => this.wake())
    stream.on('error', error => this.report(error))
    stream.on('fetch', () => this.requests++)
    stream.on('autocommit', (error, offsets) => {
      if (error) return this.report(error)
      for (const { topic, partition, offset } of this.options.commit === 'auto' ? (offsets ?? []) : [])
        this.tell(topic, partition, Number(offset), true)
    })
    this.held = undefined
    this.stream = stream
  }

  /** An interval; as shipped and without one, after every fetch. */
  private autocommit(): boolean | number {
    const { commit, settings } = this.options
    const intervalMs = settings['auto.commit.interval.ms']
    return commit === 'auto' && (intervalMs === undefined || Number(intervalMs))
  }

  /** Reads until closed; a stream that an error ended is opened again where the group stands. */
  private async readAll(): Promise<void> {
    let sinceMs = performance.now()
    while (!this.closing) {
      const records = this.take()
      const last = records.at(-1)
      if (!last) {
        await this.more()
        sinceMs = performance.now()
        continue
      }
      const topic = this.index.get(last.topic)
      if (topic !== undefined)
        this.options.onRecords(topic, last.partition, records.map(received), this.options.nowUs())
      if (this.options.delayMs > 0) await processing(this.options.delayMs)
      if (this.options.commit === 'manual') await this.commit(last)
      if (performance.now() - sinceMs > YIELD_AFTER_MS) {
        await immediately()
        sinceMs = performance.now()
      }
    }
  }

  /** The next records of one partition, at most as many as one handling may have. */
  private take(): Received[] {
    const records: Received[] = []
    while (records.length < this.sliceRecords) {
      const record = this.held ?? (this.stream?.read() as Received | null | undefined)
      this.held = undefined
      if (!record) break
      const [first] = records
      if (first && (first.partition !== record.partition || first.topic !== record.topic)) {
        this.held = record
        break
      }
      records.push(record)
    }
    return records
  }

  /** Waits until there may be something to read; after the end of a stream, for a new one. */
  private async more(): Promise<void> {
    if (this.stream?.destroyed) {
      await sleep(REOPEN_PAUSE_MS)
      if (!this.closing) await this.openStream().catch((error: unknown) => this.report(error))
      return
    }
    await new Promise<void>(resolve => {
      this.wake = resolve
    })
  }

  private async commit(last: Received): Promise<void> {
    const askedUs = this.options.nowUs()
    try {
      await last.commit()
      this.tell(last.topic, last.partition, Number(last.offset) + 1, true, askedUs)
    } catch (error) {
      this.tell(last.topic, last.partition, Number(last.offset) + 1, false, askedUs)
      this.report(error)
    }
  }

  private tell(name: string, partition: number, offset: number, isDone: boolean, askedUs = this.options.nowUs()): void {
    const topic = this.index.get(name)
    if (topic !== undefined) this.options.onCommit({ topic, partition, offset, askedUs, isDone })
  }
}

function makeClient(options: ConsumerOptions): BufferConsumer {
  const { settings } = options
  const number = (name: string): number => Number(settings[name])
  const common = {
    ...baseOptions(options),
    groupId: options.groupId,
    requestTimeout: number('request.timeout.ms'),
    metadataMaxAge: number('metadata.max.age.ms'),
    minBytes: number('fetch.min.bytes'),
    maxBytes: number('fetch.max.bytes'),
    maxBytesPerPartition: number('max.partition.fetch.bytes'),
    maxWaitTime: number('fetch.max.wait.ms'),
    isolationLevel: settings['isolation.level'] === 'read_committed' ? 1 : 0,
    rebalanceTimeout: number('max.poll.interval.ms'),
    autocreateTopics: false,
    ...(settings['client.rack'] ? { clientRack: String(settings['client.rack']) } : {}),
    ...(settings['group.instance.id'] ? { groupInstanceId: String(settings['group.instance.id']) } : {}),
  }
  if (settings['group.protocol'] === 'consumer') return new Consumer({ ...common, groupProtocol: 'consumer' })
  return new Consumer({
    ...common,
    sessionTimeout: number('session.timeout.ms'),
    heartbeatInterval: number('heartbeat.interval.ms'),
  })
}

function received(message: Received): ReceivedRecord {
  const entries = message.headerEntries
  return {
    value: message.value ?? null,
    headers:
      entries.length === 0 ? undefined : Object.fromEntries(entries.map(([name, value]) => [String(name), value])),
    offset: Number(message.offset),
  }
}
