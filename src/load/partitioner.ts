// Chooses partitions as Java's default partitioner does: keys by murmur2, keyless records stay until a batch's worth went to one partition.
import { hash32 } from '../core/random.ts'
import { type KeyDraw, keyDraw, partitionOfKey } from '../record/keys.ts'
import type { ProducerWorkerSpec } from './messages.ts'

const UNKNOWN = -1
const MOST_REMEMBERED = 1 << 20

type Sticky = { partition: number; bytes: number; turn: number }

export class Partitioner {
  private readonly draw: KeyDraw | undefined
  private readonly places: Int32Array[]
  private readonly counts: number[]
  private readonly sticky: Sticky[]
  private readonly keyBytes: (key: number) => Buffer
  private readonly ignoreKeys: boolean
  private readonly batchSizeBytes: number
  private readonly seeds: { seed: number; producer: number }

  constructor(
    spec: Pick<ProducerWorkerSpec, 'keys' | 'seed' | 'producerIndex' | 'topics' | 'settings'>,
    batchSizeBytes: number,
    keyBytes: (key: number) => Buffer,
  ) {
    this.draw = spec.keys === 'none' ? undefined : keyDraw(spec.keys, spec.seed)
    this.counts = spec.topics.map(topic => topic.partitions)
    const remembered = spec.keys === 'none' ? 0 : Math.min(MOST_REMEMBERED, Math.ceil(spec.keys.cardinality))
    this.places = this.counts.map(() => new Int32Array(remembered).fill(UNKNOWN))
    this.seeds = { seed: spec.seed, producer: spec.producerIndex }
    this.sticky = this.counts.map((count, topic) => ({
      partition: hash32(spec.seed, spec.producerIndex, topic) % count,
      bytes: 0,
      turn: 0,
    }))
    this.keyBytes = keyBytes
    this.ignoreKeys = spec.settings['partitioner.ignore.keys'] === true
    this.batchSizeBytes = batchSizeBytes
  }

  /** The key of arrival `index`, or undefined without keys. */
  keyOf(index: number): number | undefined {
    return this.draw?.(index)
  }

  partitionOf(topic: number, key: number | undefined): number {
    if (key !== undefined && !this.ignoreKeys) return this.placeOf(topic, key)
    return this.sticky[topic]?.partition ?? 0
  }

  /** A key's partition, computed once for as many keys as are worth remembering. */
  private placeOf(topic: number, key: number): number {
    const known = this.places[topic]
    const place = known?.[key] ?? UNKNOWN
    if (place !== UNKNOWN) return place
    const computed = partitionOfKey(this.keyBytes(key), this.counts[topic] ?? 1)
    if (known && key < known.length) known[key] = computed
    return computed
  }

  /** Notes bytes given to the current partition of a topic; true once a batch's worth went there, so that it may move on. */
  spent(topic: number, bytes: number): boolean {
    const state = this.sticky[topic]
    if (!state) return false
    state.bytes += bytes
    return state.bytes >= this.batchSizeBytes
  }

  /** Moves on where the partition's batch is full; one that is not may take up to a second one's worth, so that no fraction of a batch is left behind. */
  moveOn(topic: number, isBatchFull: boolean): void {
    const state = this.sticky[topic]
    if (!state || (!isBatchFull && state.bytes < 2 * this.batchSizeBytes)) return
    state.bytes = 0
    state.turn++
    state.partition = hash32(this.seeds.seed, this.seeds.producer, topic, state.turn) % (this.counts[topic] ?? 1)
  }
}
