// Notes latencies one behind the other, counts them by the bucket of the histogram they fall into some thousands at a time, and writes them as that histogram once an interval.
import { encodeCounts } from '../stats/histogram.ts'

/** Buckets as HDR histograms of three digits cut them: single values at first, then half as many to each doubling. */
const HALF_BITS = 10
const HALF = 1 << HALF_BITS
const SINGLES_MASK = 2 * HALF - 1
const MAX_US = 2 ** 31 - 1
const BUCKETS = (31 - HALF_BITS + 1) * HALF
/** Neighbours of a batch fall into buckets far apart, and a process that was just woken finds none of them in its caches. */
const NOTED = 2048

/** False for what lies outside of the buckets, as times below zero do. */
export function hasBucket(wholeUs: number): boolean {
  return wholeUs >= 0 && wholeUs <= MAX_US
}

/** How many low bits of a whole latency its bucket does not tell apart. */
export function bucketBits(wholeUs: number): number {
  return 31 - HALF_BITS - Math.clz32(wholeUs | SINGLES_MASK)
}

export class LatencyStage {
  private readonly counts = new Float64Array(BUCKETS)
  private top = -1
  private readonly notedUs = new Int32Array(NOTED)
  private readonly notedCount = new Float64Array(NOTED)
  private noted = 0

  /** Counts a latency; false where it has no bucket. */
  add(us: number, count: number): boolean {
    const whole = Math.round(us)
    if (!hasBucket(whole)) return false
    if (this.noted === NOTED) this.sort()
    this.notedUs[this.noted] = whole
    this.notedCount[this.noted] = count
    this.noted++
    return true
  }

  /** The bytes of a histogram that counted the same, made without one: a spinning pacer waits meanwhile. Begins anew. */
  encode(): Uint8Array {
    this.sort()
    const { counts } = this
    const bytes = encodeCounts(index => counts[index] as number, this.top + 1, MAX_US)
    counts.fill(0, 0, this.top + 1)
    this.top = -1
    return bytes
  }

  /** Hands over every bucket as its smallest value and how many fell into it, and begins anew. */
  drain(take: (us: number, count: number) => void): void {
    this.sort()
    const { counts } = this
    for (let index = 0; index <= this.top; index++) {
      const count = counts[index] as number
      if (count === 0) continue
      const shift = Math.max(0, (index >>> HALF_BITS) - 1)
      take((index - shift * HALF) * 2 ** shift, count)
      counts[index] = 0
    }
    this.top = -1
  }

  /** What was noted goes into its buckets. */
  private sort(): void {
    const { counts, notedUs, notedCount, noted } = this
    for (let at = 0; at < noted; at++) {
      const us = notedUs[at] as number
      const shift = bucketBits(us)
      const index = shift * HALF + (us >>> shift)
      counts[index] = (counts[index] as number) + (notedCount[at] as number)
      if (index > this.top) this.top = index
    }
    this.noted = 0
  }
}
