// A CRC put together from what was stamped must be the one that reading every byte gives, or brokers would refuse the batch.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Times } from '../../../../src/core/times.ts'
import type { PendingBatch } from '../../../../src/drivers/driver.ts'
import { PatchedCrc } from '../../../../src/drivers/wire/patched-crc.ts'
import { BatchTemplate } from '../../../../src/drivers/wire/template.ts'
import { BATCH } from '../../../../src/protocol/batch.ts'
import { crc32c } from '../../../../src/protocol/crc32c.ts'
import { makeRecordFactory } from '../../../../src/record/factory.ts'

const crcOf = (bytes: Uint8Array): number => crc32c(bytes.subarray(BATCH.crcFrom))

test('bytes that lie still and words that change, at any distances', () => {
  const shape = fc.record({
    gaps: fc.array(fc.nat(300), { minLength: 1, maxLength: 12 }),
    words: fc.integer({ min: 1, max: 7 }),
    at: fc.integer({ min: 1, max: 40 }),
    tail: fc.nat(500),
    seed: fc.nat(255),
    stamps: fc.infiniteStream(fc.nat(2 ** 32 - 1)),
  })
  fc.assert(
    fc.property(shape, ({ gaps, words, at, tail, seed, stamps }) => {
      const sizeBytes = words * 4
      const [valueAt, ends] = [new Int32Array(gaps.length), new Int32Array(gaps.length)]
      let end: number = BATCH.records
      gaps.forEach((gap, place) => {
        valueAt[place] = end + gap
        end = end + gap + at + sizeBytes + tail
        ends[place] = end
      })
      const template = Buffer.from(Array.from({ length: end }, (_, i) => (i * 31 + seed) & 0xff))
      const crc = new PatchedCrc(template, valueAt, ends, { at, sizeBytes })
      const view = new DataView(template.buffer, template.byteOffset, template.length)
      for (const value of valueAt)
        for (let word = 0; word < words; word++) view.setUint32(value + at + word * 4, stamps.next().value as number)
      view.setUint32(BATCH.baseSequence, seed * 7919)
      gaps.forEach((_, place) => {
        expect(crc.of(view, template, place + 1)).toBe(crcOf(template.subarray(0, ends[place])))
      })
    }),
    { numRuns: 300 },
  )
})

test.each([39, 40, 255, 256, 1024, 70_000])('batches of values of %i bytes, whatever their number', size => {
  const { factory } = makeRecordFactory({
    ...{ seed: 5, producer: 2, runTag: 7, topicNumbers: [0], values: { size, compressible: 0.5 }, keys: 'none' },
    ...{ headers: { count: 1, size: 9 }, verify: size < 40 ? 'counts' : 'records', envelope: 'value' },
    batchSizeBytes: 16_384,
  })
  const { uniform } = factory
  if (!uniform) throw new Error('these records are alike')
  const template = new BatchTemplate(0, uniform, 100)
  // Beyond 63 and 8,191 offsets take another byte; beyond the 100 that are kept a larger template is made.
  for (const count of [1, 2, 63, 64, 65, 100, 101, size < 300 ? 8200 : 130, 3]) {
    const times = Times.of(Array.from({ length: count }, (_, i) => 1_790_000_000_123_456 + i * 50))
    const batch: PendingBatch = {
      ...{ topic: 0, partition: count, firstSeq: 2 ** 33 + count, count, rawBytes: 0, intended: times, offered: times },
      ...{ createdUs: 0, attempts: 0, notBeforeUs: 0, ambiguous: false },
    }
    const slab = template.take(batch)
    slab.bytes.writeInt32BE(count, BATCH.count)
    expect(template.crcOf(slab, count)).toBe(crcOf(slab.bytes.subarray(0, template.sizeBytes(count))))
    template.give(slab)
  }
})
