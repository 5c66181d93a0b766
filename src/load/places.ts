// How far a reader has got in every partition, and which sequence number of each producer comes next there.
import type { Position } from './messages.ts'

const UNKNOWN = -1

/** One partition as its reader sees it. */
export class Place {
  readonly topic: number
  readonly partition: number
  /** First offset of the trial. */
  readonly begin: number
  /** Offset up to which everything was handed over. */
  next: number
  private readonly due = new Map<number, number>()
  private producer = UNKNOWN
  private dueOfProducer = UNKNOWN

  constructor(topic: number, partition: number, begin: number) {
    this.topic = topic
    this.partition = partition
    this.begin = begin
    this.next = begin
  }

  /** 0 where a record is the next of its producer or the first seen, above 0 the number missing before it, -1 where it comes again or late. */
  follow(producer: number, sequence: number): number {
    if (producer !== this.producer) this.turnTo(producer)
    const due = this.dueOfProducer
    if (due !== UNKNOWN && sequence < due) return -1
    this.dueOfProducer = sequence + 1
    return due === UNKNOWN ? 0 : sequence - due
  }

  private turnTo(producer: number): void {
    if (this.producer !== UNKNOWN) this.due.set(this.producer, this.dueOfProducer)
    this.producer = producer
    this.dueOfProducer = this.due.get(producer) ?? UNKNOWN
  }
}

/** The places of one reader, in the order in which they were first seen. */
export class Places {
  private readonly all: Place[] = []
  private readonly byTopic: Place[][] = []
  private readonly beginOffsets: readonly (readonly number[])[]

  constructor(beginOffsets: readonly (readonly number[])[]) {
    this.beginOffsets = beginOffsets
  }

  at(topic: number, partition: number): Place {
    return this.byTopic[topic]?.[partition] ?? this.add(topic, partition)
  }

  positions(): Position[] {
    return this.all.map(({ topic, partition, next }) => ({ topic, partition, next }))
  }

  private add(topic: number, partition: number): Place {
    const place = new Place(topic, partition, this.beginOffsets[topic]?.[partition] ?? 0)
    this.all.push(place)
    const places = this.byTopic[topic] ?? []
    places[partition] = place
    this.byTopic[topic] = places
    return place
  }
}
