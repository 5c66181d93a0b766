// Keys drawn by seed, and the partition that Java's default partitioner gives them.
import { hash32 } from '../core/random.ts'

export type KeySpec =
  | 'none'
  | { distribution: 'uniform' | 'zipf'; cardinality: number; exponent: number; prefix: string }

/** Draws the number of the key of arrival `index`; pure in (seed, index). */
export type KeyDraw = (index: number) => number

const TABLE_LIMIT = 1_000_000

/** A drawer for a spec; zipf looks a seeded uniform up in its cumulative weights. */
export function keyDraw(spec: Exclude<KeySpec, 'none'>, seed: number): KeyDraw {
  const cardinality = Math.max(1, Math.floor(spec.cardinality))
  if (spec.distribution === 'uniform') return index => hash32(seed, index, index / 4_294_967_296) % cardinality
  const cumulative = zipfTable(Math.min(cardinality, TABLE_LIMIT), spec.exponent)
  return index => search(cumulative, (hash32(seed, index, index / 4_294_967_296) + 0.5) / 4_294_967_296)
}

function zipfTable(size: number, exponent: number): Float64Array {
  const table = new Float64Array(size)
  let sum = 0
  for (let i = 0; i < size; i++) {
    sum += (i + 1) ** -exponent
    table[i] = sum
  }
  for (let i = 0; i < size; i++) table[i] = (table[i] ?? 0) / sum
  return table
}

function search(cumulative: Float64Array, u: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] ?? 1) < u) low = middle + 1
    else high = middle
  }
  return low
}

/** Java's murmur2 over bytes, as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995
  const length = bytes.length
  let h = 0x9747b28c ^ length
  let i = 0
  for (; i + 4 <= length; i += 4) {
    let k = (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = length - i
  if (rest >= 3) h ^= (bytes[i + 2] ?? 0) << 16
  if (rest >= 2) h ^= (bytes[i + 1] ?? 0) << 8
  if (rest >= 1) h = Math.imul(h ^ (bytes[i] ?? 0), m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  return h ^ (h >>> 15)
}

/** The partition Java's producer gives a key. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
