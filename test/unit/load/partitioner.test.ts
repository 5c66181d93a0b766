// Records must go where a Java producer would send them: keys by hash, keyless ones to one partition for as long as a batch takes.
import { describe, expect, test } from 'vitest'
import { Partitioner } from '../../../src/load/partitioner.ts'
import type { KeySpec } from '../../../src/record/keys.ts'
import { partitionOfKey } from '../../../src/record/keys.ts'

const BATCH_BYTES = 1000
const KEYS: KeySpec = { distribution: 'uniform', cardinality: 500, exponent: 1, prefix: 'key-' }
const keyBytes = (key: number): Buffer => Buffer.from(`key-${key}`)

function made(
  change: { keys?: KeySpec; seed?: number; producerIndex?: number; partitions?: number[]; ignoreKeys?: boolean } = {},
): Partitioner {
  const { keys = 'none', seed = 1, producerIndex = 0, partitions = [6], ignoreKeys = false } = change
  const topics = partitions.map((count, index) => ({ name: `t${index}`, index, partitions: count }))
  return new Partitioner(
    { keys, seed, producerIndex, topics, settings: { 'partitioner.ignore.keys': ignoreKeys } },
    BATCH_BYTES,
    keyBytes,
  )
}

/** As a producer does with each record. */
function spend(partitioner: Partitioner, bytes: number, isBatchFull = true): void {
  if (partitioner.spent(0, bytes)) partitioner.moveOn(0, isBatchFull)
}

describe('with keys', () => {
  test('the partition is Java’s for the key’s bytes', () => {
    const partitioner = made({ keys: KEYS })
    for (let index = 0; index < 2000; index++) {
      const key = partitioner.keyOf(index)
      expect(key).toBeTypeOf('number')
      expect(partitioner.partitionOf(0, key)).toBe(partitionOfKey(keyBytes(key as number), 6))
    }
    // More keys than are remembered.
    for (const key of [500, 9999, 500]) expect(partitioner.partitionOf(0, key)).toBe(partitionOfKey(keyBytes(key), 6))
  })

  test('what was spent does not move them', () => {
    const partitioner = made({ keys: KEYS })
    const before = partitioner.partitionOf(0, 17)
    for (let i = 0; i < 50; i++) spend(partitioner, BATCH_BYTES)
    expect(partitioner.partitionOf(0, 17)).toBe(before)
  })

  test('partitioner.ignore.keys spreads them as if they had none', () => {
    const partitioner = made({ keys: KEYS, ignoreKeys: true })
    const first = partitioner.partitionOf(0, 1)
    for (let key = 0; key < 100; key++) expect(partitioner.partitionOf(0, key)).toBe(first)
  })
})

describe('without keys', () => {
  test('records stay until a batch’s worth went to one partition', () => {
    const partitioner = made({ partitions: [1000] })
    expect(partitioner.keyOf(5)).toBeUndefined()
    const first = partitioner.partitionOf(0, undefined)
    for (let i = 0; i < 9; i++) {
      spend(partitioner, 100)
      expect(partitioner.partitionOf(0, undefined)).toBe(first)
    }
    spend(partitioner, 100)
    expect(partitioner.partitionOf(0, undefined)).not.toBe(first)
  })

  test('while the last batch is not full they stay on, up to a second batch’s worth', () => {
    const partitioner = made({ partitions: [1000] })
    const first = partitioner.partitionOf(0, undefined)
    for (let i = 0; i < 19; i++) spend(partitioner, 100, false)
    expect(partitioner.partitionOf(0, undefined)).toBe(first)
    spend(partitioner, 100, false)
    const second = partitioner.partitionOf(0, undefined)
    expect(second).not.toBe(first)
    // A full batch ends the stay as soon as the first batch's worth is reached.
    for (let i = 0; i < 12; i++) spend(partitioner, 100, false)
    expect(partitioner.partitionOf(0, undefined)).toBe(second)
    spend(partitioner, 1, true)
    expect(partitioner.partitionOf(0, undefined)).not.toBe(second)
  })

  test('partitions are drawn evenly', () => {
    const partitioner = made()
    const counts = new Array<number>(6).fill(0)
    for (let i = 0; i < 6000; i++) {
      const partition = partitioner.partitionOf(0, undefined)
      counts[partition] = (counts[partition] ?? 0) + 1
      spend(partitioner, BATCH_BYTES)
    }
    const chi2 = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
    // 5 degrees of freedom; 20.5 is passed by one in a thousand.
    expect(chi2).toBeLessThan(20.5)
  })

  test('topics move on each by itself', () => {
    const partitioner = made({ partitions: [1000, 1000] })
    const second = partitioner.partitionOf(1, undefined)
    spend(partitioner, BATCH_BYTES)
    expect(partitioner.partitionOf(1, undefined)).toBe(second)
  })

  test('the walk is the same for the same seed and producer, and another for another', () => {
    const walk = (partitioner: Partitioner): number[] =>
      Array.from({ length: 20 }, () => {
        spend(partitioner, BATCH_BYTES)
        return partitioner.partitionOf(0, undefined)
      })
    const base = walk(made({ partitions: [1000] }))
    expect(walk(made({ partitions: [1000] }))).toEqual(base)
    expect(walk(made({ partitions: [1000], seed: 2 }))).not.toEqual(base)
    expect(walk(made({ partitions: [1000], producerIndex: 1 }))).not.toEqual(base)
  })
})
