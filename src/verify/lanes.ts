// What is known of each producer in each partition: sequences stored, of aborted and open transactions, and told of in ledgers for sure or in doubt.
import { type GapBudget, MAX_GAPS, SeqSet } from './seq-set.ts'

export class Lane {
  readonly stored: SeqSet
  readonly aborted: SeqSet
  readonly pending: SeqSet
  readonly told: SeqSet
  /** Of transactions of which nobody said how they ended. */
  readonly doubted: SeqSet

  constructor(budget: GapBudget) {
    this.stored = new SeqSet(budget)
    this.aborted = new SeqSet(budget)
    this.pending = new SeqSet(budget)
    this.told = new SeqSet(budget)
    this.doubted = new SeqSet(budget)
  }
}

export class Lanes {
  private readonly budget: GapBudget = { left: MAX_GAPS }
  private readonly byPlace = new Map<number, Map<number, Lane>>()
  private lastKey = -1
  private last: Map<number, Lane> | undefined

  of(topic: number, partition: number, producer: number): Lane {
    const lanes = this.at(topic, partition)
    const known = lanes.get(producer)
    if (known) return known
    const made = new Lane(this.budget)
    lanes.set(producer, made)
    return made
  }

  forEach(visit: (lane: Lane, topic: number, partition: number, producer: number) => void): void {
    for (const [key, lanes] of this.byPlace)
      for (const [producer, lane] of lanes) visit(lane, Math.floor(key / 0x1_0000_0000), key % 0x1_0000_0000, producer)
  }

  private at(topic: number, partition: number): Map<number, Lane> {
    const key = topic * 0x1_0000_0000 + partition
    if (key === this.lastKey && this.last) return this.last
    const known = this.byPlace.get(key) ?? new Map<number, Lane>()
    this.byPlace.set(key, known)
    this.lastKey = key
    this.last = known
    return known
  }
}
