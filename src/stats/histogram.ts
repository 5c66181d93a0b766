// The one door to hdr-histogram-js: latencies in µs at three significant digits, with an encoder that other HDR readers accept.
import { build, type JsHistogram } from 'hdr-histogram-js'

const SIGNIFICANT_DIGITS = 3
const DAY_US = 86_400_000_000
/** Cookie of the V2 encoding, word size TLZE. */
const V2_COOKIE = 0x1c849303 | 0x10
const HEADER_BYTES = 40
/** Of a count below 2^53 as a zigzag number. */
const MAX_WORD_BYTES = 8
/** Several roundings of a product of two doubles, and far less than one record of any count that fits. */
const ROUNDING_SHARE = 2 ** -50

/** A point of a percentile curve. */
export type CurvePoint = { q: number; us: number }

/**
 * A latency distribution; `wide` counts in 64 bits, for merges.
 * Nothing is dropped: values below zero count as zero and values above a day as a day, and both are told apart.
 */
export class LatencyHistogram {
  private readonly counts: JsHistogram
  private below = 0
  private beyond = 0

  constructor(options: { wide?: boolean } = {}) {
    this.counts = build({
      bitBucketSize: options.wide ? 64 : 32,
      autoResize: true,
      lowestDiscernibleValue: 1,
      highestTrackableValue: 60_000_000,
      numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
    }) as JsHistogram
  }

  /** Counts one value `count` times. */
  record(us: number, count = 1): void {
    if (Number.isNaN(us)) throw new RangeError('a latency that is not a number cannot be counted')
    if (us < 0) this.below += count
    if (us > DAY_US) this.beyond += count
    this.counts.recordValueWithCount(Math.round(Math.min(DAY_US, Math.max(0, us))), count)
  }

  add(other: LatencyHistogram): void {
    if (other.count === 0) return
    this.counts.add(other.counts)
    this.below += other.below
    this.beyond += other.beyond
  }

  /** Takes out what another histogram counted, every value of which was counted here too. */
  subtract(other: LatencyHistogram): void {
    if (other.count === 0) return
    this.counts.subtract(other.counts)
    this.below -= other.below
    this.beyond -= other.beyond
  }

  reset(): void {
    this.counts.reset()
    this.below = 0
    this.beyond = 0
  }

  get count(): number {
    return this.counts.totalCount
  }

  /** Values below zero among them. */
  get negative(): number {
    return this.below
  }

  /** Values above a day among them. */
  get above(): number {
    return this.beyond
  }

  get meanUs(): number {
    return this.count === 0 ? Number.NaN : this.counts.mean
  }

  /** The top of the largest value's bucket, as quantiles are, so that none of them lies above it. */
  get maxUs(): number {
    return this.count === 0 ? Number.NaN : this.counts.highestEquivalentValue(this.counts.maxValue)
  }

  get minUs(): number {
    return this.count === 0 ? Number.NaN : this.counts.getValueAtPercentile(0)
  }

  /** Every value that occurs, as the top of its bucket, with how often it was counted. */
  buckets(): { us: number; count: number }[] {
    if (this.count === 0) return []
    const found: { us: number; count: number }[] = []
    const last = this.counts.countsArrayIndex(this.counts.maxValue)
    for (let index = 0; index <= last; index++) {
      const count = this.counts.getCountAtIndex(index)
      if (count > 0) found.push({ us: this.counts.highestEquivalentValue(this.counts.valueFromIndex(index)), count })
    }
    return found
  }

  /** How many values lie at or below a bound, to the width of its bucket. */
  countWithin(us: number): number {
    if (this.count === 0) return 0
    const last = Math.min(
      this.counts.countsArrayIndex(Math.floor(us)),
      this.counts.countsArrayIndex(this.counts.maxValue),
    )
    let within = 0
    for (let index = 0; index <= last; index++) within += this.counts.getCountAtIndex(index)
    return within
  }

  /** The value below or at which a share q of all values lie: the top of its bucket, and the bottom of the first for q = 0. */
  quantileUs(q: number): number {
    const { count, counts } = this
    if (count === 0) return Number.NaN
    if (q <= 0) return counts.getValueAtPercentile(0)
    // Shares such as 0.999 are no exact binary numbers: without the allowance, 999 of 1,000 would ask for the 1,000th.
    const wanted = Math.max(1, Math.ceil(Math.min(1, q) * count * (1 - ROUNDING_SHARE)))
    const last = counts.countsArrayIndex(counts.maxValue)
    let reached = 0
    for (let index = 0; index <= last; index++) {
      reached += counts.getCountAtIndex(index)
      if (reached >= wanted) return counts.highestEquivalentValue(counts.valueFromIndex(index))
    }
    return this.maxUs
  }

  /** Points on the HDR axis: five per halving of 1 − q, up to the last one the count can tell apart. */
  curve(): CurvePoint[] {
    if (this.count === 0) return []
    const points: CurvePoint[] = []
    for (let step = 0; ; step++) {
      const q = 1 - 2 ** (-step / 5)
      points.push({ q, us: this.quantileUs(q) })
      if ((1 - q) * this.count < 1) return points
    }
  }

  /** The V2 bytes, not compressed. */
  encode(): Uint8Array {
    const { counts } = this
    const length = this.count === 0 ? 0 : counts.countsArrayIndex(counts.maxValue) + 1
    return encodeCounts(index => counts.getCountAtIndex(index), length, Math.round(counts.highestTrackableValue))
  }

  /** Reads V2 bytes as written by `encode`. */
  static decode(bytes: Uint8Array): LatencyHistogram {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (bytes.byteLength < HEADER_BYTES || view.getInt32(0) !== V2_COOKIE)
      throw new RangeError('not an HDR V2 histogram')
    const end = HEADER_BYTES + view.getInt32(4)
    if (end > bytes.byteLength || view.getInt32(12) !== SIGNIFICANT_DIGITS)
      throw new RangeError('HDR histogram is truncated or of another precision')
    const histogram = new LatencyHistogram({ wide: true })
    let index = 0
    for (let at = HEADER_BYTES; at < end; ) {
      const { value, next } = readZigZag(bytes, at)
      at = next
      if (value > 0) histogram.counts.recordValueWithCount(histogram.counts.valueFromIndex(index), value)
      index += value < 0 ? -value : 1
    }
    return histogram
  }
}

/** V2 bytes of counts in the order of the buckets, with normalising offset 0 and ratio 1.0, which Java, C and Rust readers need. */
export function encodeCounts(countAt: (index: number) => number, length: number, highestUs: number): Uint8Array {
  const words = countWords(countAt, length)
  const bytes = new Uint8Array(HEADER_BYTES + words.length * MAX_WORD_BYTES)
  const view = new DataView(bytes.buffer)
  let at = HEADER_BYTES
  for (const word of words) at = writeZigZag(bytes, at, word)
  view.setInt32(0, V2_COOKIE)
  view.setInt32(4, at - HEADER_BYTES)
  view.setInt32(8, 0)
  view.setInt32(12, SIGNIFICANT_DIGITS)
  view.setBigInt64(16, 1n)
  view.setBigInt64(24, BigInt(highestUs))
  view.setFloat64(32, 1)
  return bytes.subarray(0, at)
}

/** Counts in index order, runs of zeros as one negative number. */
function countWords(countAt: (index: number) => number, length: number): number[] {
  const words: number[] = []
  let zeros = 0
  for (let index = 0; index < length; index++) {
    const count = countAt(index)
    if (count === 0) {
      zeros++
      continue
    }
    if (zeros > 0) words.push(zeros === 1 ? 0 : -zeros)
    zeros = 0
    words.push(count)
  }
  return words
}

/** Counts are whole numbers below 2^53: plain arithmetic is exact, and several times as fast as with big integers. */
function writeZigZag(bytes: Uint8Array, start: number, value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  let at = start
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128
  bytes[at++] = rest
  return at
}

function readZigZag(bytes: Uint8Array, start: number): { value: number; next: number } {
  let rest = 0n
  let at = start
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at++]
    if (byte === undefined) throw new RangeError('HDR histogram is truncated')
    if (i === 8) {
      rest |= BigInt(byte) << 56n
      break
    }
    rest |= BigInt(byte & 127) << BigInt(7 * i)
    if (byte < 128) break
  }
  const value = rest & 1n ? -Number((rest + 1n) / 2n) : Number(rest / 2n)
  return { value, next: at }
}
