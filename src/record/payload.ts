// Seeded payload bytes of a chosen compressibility, made once before the clock starts and walked so that a batch never repeats itself.
import { hash32, seededRandom } from '../core/random.ts'
import type { SizeSpec } from '../scenario/schema/values.ts'

const GRAIN_BYTES = 128
const MIN_POOL_BYTES = 1 << 20

/** A pool in which, of every grain, a share of bytes is filler that codecs remove, and the rest is random. */
export function makePool(seed: number, compressible: number, atLeastBytes: number): Buffer {
  const length = Math.ceil(Math.max(MIN_POOL_BYTES, atLeastBytes) / GRAIN_BYTES) * GRAIN_BYTES
  const pool = Buffer.alloc(length, 0x20)
  const random = seededRandom(seed)
  const noisy = (1 - compressible) * GRAIN_BYTES
  let owed = 0
  for (let at = 0; at < length; at += GRAIN_BYTES) {
    owed += noisy
    const now = Math.min(GRAIN_BYTES, Math.floor(owed))
    owed -= now
    for (let i = 0; i < now; i++) pool[at + i] = Math.floor(random() * 256)
  }
  return pool
}

/** The size of record `seq`, as a pure function of its place. */
export function sizeOf(spec: SizeSpec, seed: number, producer: number, partition: number, seq: number): number {
  if (typeof spec === 'number') return spec
  const u = (hash32(seed, producer, partition, seq, 1) + 0.5) / 4_294_967_296
  if (spec.distribution === 'uniform') return Math.floor(spec.min + u * (spec.max - spec.min + 1))
  const v = (hash32(seed, producer, partition, seq, 2) + 0.5) / 4_294_967_296
  const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
  const drawn = (spec.median ?? spec.min) * Math.exp(spec.sigma * normal)
  return Math.round(Math.min(spec.max, Math.max(spec.min, drawn)))
}

/** The largest size a spec can give. */
export function maxSizeOf(spec: SizeSpec): number {
  return typeof spec === 'number' ? spec : spec.max
}

const GOLDEN_SHARE = (Math.sqrt(5) - 1) / 2

/**
 * How far record n + 1 lies after record n in the pool: its own length where all are alike, so that nothing is skipped;
 * else the golden share of the pool, which keeps any few thousand records apart, however unlike their sizes.
 */
export function strideOf(spec: SizeSpec, poolBytes: number): number {
  return typeof spec === 'number' ? spec : Math.floor(poolBytes * GOLDEN_SHARE) | 1
}

/** Copies `length` payload bytes of record `seq` into place; consecutive records walk the pool without overlap. */
export function fillPayload(
  pool: Buffer,
  into: Buffer,
  at: number,
  length: number,
  strideBytes: number,
  start: number,
  seq: number,
): void {
  let from = (start + seq * strideBytes) % pool.length
  let done = 0
  while (done < length) {
    const step = Math.min(length - done, pool.length - from)
    pool.copy(into, at + done, from, from + step)
    done += step
    from = 0
  }
}
