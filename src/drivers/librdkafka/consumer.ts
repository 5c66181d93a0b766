// librdkafka as a group member: flowing as its users run it, or pulled batch by batch where handling takes time.
import type { ConsumerOptions, GroupConsumer, ReceivedRecord } from '../driver.ts'
import { processing } from '../processing.ts'
import {
  connect,
  disconnect,
  loadRdkafka,
  type Message,
  type Place,
  type RdConsumer,
  type RdError,
  Totals,
} from './client.ts'
import { consumerConfig } from './settings.ts'

const PULL_TIMEOUT_MS = 100
const ASSIGN = -175

export class RdkafkaConsumer implements GroupConsumer {
  private readonly options: ConsumerOptions
  private readonly client: RdConsumer
  private readonly totals = new Totals()
  private readonly index: Map<string, number>
  private readonly slice: number
  private gathered: Message[] = []
  private closing = false
  private pulled: Promise<void> | undefined

  constructor(options: ConsumerOptions) {
    this.options = options
    this.index = new Map(options.topics.map((topic, position) => [topic.name, position]))
    this.slice = options.handling === 'message' ? 1 : Number(options.settings['max.poll.records'])
    const { KafkaConsumer } = loadRdkafka()
    const { client, topic } = consumerConfig(options)
    this.client = new KafkaConsumer(client, topic)
    this.client.on('event.stats', (event: { message: string }) => this.totals.take(event.message))
    this.client.on('event.error', (error: RdError) => {
      if (!this.closing) options.onError(`rdkafka ${error.code}`, error.message, error.isFatal === true)
    })
    this.client.on('rebalance', (error: RdError, places: Place[]) => this.rebalanced(error.code, places))
    // It tells of commits by hand, too, when later ones have been answered already.
    if (options.commit === 'auto')
      this.client.on('offset.commit', (error: RdError | null, places: Place[]) => {
        for (const place of places) if ((place.offset ?? -1) >= 0) this.tell(place, !error)
      })
    // Pulled messages are told as events, too.
    if (options.delayMs === 0) this.client.on('data', (message: Message) => this.gather(message))
  }

  async open(): Promise<void> {
    await connect(this.client)
    this.client.setDefaultConsumeTimeout(PULL_TIMEOUT_MS)
    this.client.subscribe(this.options.topics.map(topic => topic.name))
    if (this.options.delayMs > 0) this.pulled = this.pull()
    else this.client.consume()
  }

  counters() {
    return { wireBytes: this.totals.readBytes, requests: this.totals.requestsOf('Fetch') }
  }

  async close(): Promise<void> {
    this.closing = true
    await this.pulled
    await disconnect(this.client)
  }

  private rebalanced(code: number, moved: readonly Place[]): void {
    if (code !== ASSIGN) this.options.onRevoked(moved.map(place => this.numbered(place)))
    this.options.onEvent(code === ASSIGN ? 'group.join' : 'group.rebalancing', { groupId: this.options.groupId })
    // node-rdkafka takes the assignment right after it has told of it.
    setImmediate(() => {
      if (this.closing) return
      const places = this.client.assignments()
      this.options.onAssigned(places.map(place => this.numbered(place)))
    })
  }

  private numbered({ topic, partition }: Place): { topic: number; partition: number } {
    return { topic: this.index.get(topic) ?? -1, partition }
  }

  private tell(place: Place, isDone: boolean, askedUs = this.options.nowUs()): void {
    this.options.onCommit({ ...this.numbered(place), offset: place.offset ?? 0, askedUs, isDone })
  }

  /** What comes in one turn of the event loop is handled together. */
  private gather(message: Message): void {
    if (this.gathered.length === 0) setImmediate(() => this.handleGathered())
    this.gathered.push(message)
  }

  private handleGathered(): void {
    const messages = this.gathered
    this.gathered = []
    for (const handling of this.handlings(messages)) this.handle(handling)
  }

  private async pull(): Promise<void> {
    while (!this.closing) {
      const messages = await new Promise<Message[]>(resolve =>
        this.client.consume(this.slice, (_error, batch) => resolve(batch ?? [])),
      )
      for (const handling of this.handlings(messages)) {
        this.handOver(handling)
        await processing(this.options.delayMs)
        this.commit(handling)
      }
    }
  }

  /** Messages by partition, cut to what one handling takes. */
  private handlings(messages: readonly Message[]): Message[][] {
    const places = Map.groupBy(messages, message => `${message.topic}:${message.partition}`)
    return [...places.values()].flatMap(list =>
      Array.from({ length: Math.ceil(list.length / this.slice) }, (_, i) =>
        list.slice(i * this.slice, (i + 1) * this.slice),
      ),
    )
  }

  private handle(handling: Message[]): void {
    this.handOver(handling)
    this.commit(handling)
  }

  private handOver(handling: Message[]): void {
    const [first] = handling
    if (!first) return
    const topic = this.index.get(first.topic) ?? -1
    this.options.onRecords(topic, first.partition, handling.map(received), this.options.nowUs())
  }

  private commit(handling: Message[]): void {
    const last = handling.at(-1)
    if (!last || this.options.commit !== 'manual') return
    const place = { topic: last.topic, partition: last.partition, offset: last.offset + 1 }
    const askedUs = this.options.nowUs()
    try {
      this.client.commitSync([place])
      this.tell(place, true, askedUs)
    } catch (error) {
      this.tell(place, false, askedUs)
      const { code, message } = error as RdError
      if (!this.closing) this.options.onError(`rdkafka ${code}`, message, false)
    }
  }
}

function received({ value, headers, offset }: Message): ReceivedRecord {
  return { value, headers: headers ? (Object.assign({}, ...headers) as Record<string, Buffer>) : undefined, offset }
}
