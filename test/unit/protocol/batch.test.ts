// Record batches made by Kafka's own classes are walked right, and broken ones are refused.
import { describe, expect, it } from 'vitest'
import { BATCH, BATCH_CODECS, BatchReader } from '../../../src/protocol/batch.ts'
import { crc32c } from '../../../src/protocol/crc32c.ts'
import { ProtocolError } from '../../../src/protocol/errors.ts'
import { RecordReader } from '../../../src/protocol/records.ts'
import { AbortedTransactions, controlTypeOf } from '../../../src/protocol/transactions.ts'
import { golden } from './golden/golden.ts'

const plain = golden('batch.none')
const first = (bytes: Buffer): BatchReader => {
  const batch = new BatchReader().over(bytes)
  expect(batch.next()).toBe(true)
  return batch
}
/** A copy with some bytes changed. */
const patched = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}

describe('headers', () => {
  it.each(BATCH_CODECS)('of a batch in %s', codec => {
    const bytes = golden(`batch.${codec}`)
    const batch = first(bytes)
    expect(batch).toMatchObject({ at: 0, end: bytes.length, sizeBytes: bytes.length, recordsAt: 61, codec })
    expect(batch).toMatchObject({ baseOffset: 1000, lastOffsetDelta: 3, lastOffset: 1003, count: 4, leaderEpoch: 9 })
    expect(batch).toMatchObject({ producerId: 4711, producerEpoch: 3, baseSequence: 77 })
    expect(batch).toMatchObject({ baseTimestampMs: 1_700_000_000_000, maxTimestampMs: 1_700_000_000_100 })
    expect(batch).toMatchObject({ isTransactional: true, isControl: false, isLogAppendTime: false })
    expect(batch.crcMatches()).toBe(true)
    expect(batch.next()).toBe(false)
    expect(batch.restBytes).toBe(0)
  })

  it('of several batches, the last one cut off at any byte', () => {
    const gzip = golden('batch.gzip')
    for (let cutBytes = 0; cutBytes < gzip.length; cutBytes++) {
      const batch = new BatchReader().over(Buffer.concat([plain, plain, gzip.subarray(0, cutBytes)]))
      expect([batch.next(), batch.next()]).toEqual([true, true])
      expect(batch.at).toBe(plain.length)
      expect(batch.next()).toBe(false)
      expect(batch.restBytes).toBe(cutBytes)
    }
  })

  it('take times beyond 53 bits as the nearest double', () => {
    const nanos = patched(plain, copy => copy.writeBigInt64BE(1_700_000_000_000_000_001n, BATCH.maxTimestamp))
    expect(first(nanos).maxTimestampMs).toBe(1.7e18)
  })

  it('of an empty record set', () => {
    expect(new BatchReader().over(Buffer.alloc(0)).next()).toBe(false)
  })

  it('see a single flipped bit by the CRC', () => {
    for (const at of [BATCH.attributes, BATCH.count, BATCH.records + 3, plain.length - 1]) {
      const flipped = patched(plain, copy => copy.writeUInt8(copy.readUInt8(at) ^ 0x01, at))
      const batch = new BatchReader().over(flipped)
      if (at === BATCH.count) expect(() => batch.next()).toThrow(ProtocolError)
      else expect(batch.next() && batch.crcMatches()).toBe(false)
    }
  })

  it.each<[string, (copy: Buffer) => void]>([
    ['a length that is too short', copy => copy.writeInt32BE(48, BATCH.length)],
    ['a negative length', copy => copy.writeInt32BE(-1, BATCH.length)],
    ['a negative count', copy => copy.writeInt32BE(-1, BATCH.count)],
    ['more records than offsets', copy => copy.writeInt32BE(5, BATCH.count)],
    ['a negative offset', copy => copy.writeInt32BE(-1, BATCH.baseOffset)],
    ['an offset beyond 53 bits', copy => copy.writeInt32BE(0x0020_0000, BATCH.baseOffset)],
    ['another format', copy => copy.writeInt8(3, BATCH.magic)],
  ])('with %s are refused', (_, change) => {
    expect(() => new BatchReader().over(patched(plain, change)).next()).toThrow(ProtocolError)
  })

  it('of formats before 2 are refused by name', () => {
    expect(() => new BatchReader().over(golden('batch.format1')).next()).toThrow(/format 1/)
  })
})

describe('records', () => {
  const reader = new RecordReader()
  const begin = (bytes = plain, count = 4): RecordReader => reader.over(bytes, BATCH.records, bytes.length, count)

  it('with keys, nulls, headers and times', () => {
    begin()
    const found: unknown[] = []
    while (reader.next()) {
      const headers: unknown[] = []
      while (reader.nextHeader()) headers.push([reader.headerKey(), reader.headerValue()?.toString('hex') ?? null])
      const { offsetDelta, timestampDeltaMs } = reader
      found.push([
        offsetDelta,
        timestampDeltaMs,
        reader.key()?.toString() ?? null,
        reader.value()?.length ?? null,
        headers,
      ])
    }
    expect(found).toEqual([
      [0, 0, 'key-0', 7, []],
      [
        1,
        7,
        null,
        6,
        [
          ['trace', '010203'],
          ['none', null],
        ],
      ],
      [2, -1000, 'key-2', null, []],
      [3, 100, '', 200, []],
    ])
    expect(plain.toString('utf8', reader.valueAt - 1, reader.valueAt)).not.toBe('')
  })

  it('may be walked without their headers', () => {
    begin()
    let count = 0
    while (reader.next()) count++
    expect(count).toBe(4)
  })

  it.each([
    ['fewer than there are', plain, 3],
    ['more than there are', plain, 5],
    ['cut off', plain.subarray(0, -1), 4],
    ['with a huge size', patched(plain, copy => copy.fill(0xff, 61, 66)), 4],
    ['with a key longer than the record', patched(plain, copy => copy.writeUInt8(0x70, 65)), 4],
    ['with a key of less than null', patched(plain, copy => copy.writeUInt8(0x03, 65)), 4],
  ])('%s are refused', (_, bytes, count) => {
    begin(bytes, count)
    expect(() => {
      while (reader.next()) while (reader.nextHeader());
    }).toThrow(ProtocolError)
  })
})

describe('transactions', () => {
  it('end with control batches', () => {
    const abort = first(golden('batch.abort'))
    expect([abort.isControl, controlTypeOf(abort)]).toEqual([true, 'abort'])
    expect(controlTypeOf(first(golden('batch.commit')))).toBe('commit')
  })

  it('that were aborted hide their batches, up to their marker', () => {
    const data = (producerId: number, baseOffset: number): Buffer =>
      patched(plain, copy => {
        copy.writeInt32BE(baseOffset, BATCH.baseOffset + 4)
        copy.writeInt32BE(producerId, BATCH.producerId + 4)
      })
    const set = [
      data(4711, 990), // before the aborted transaction began
      data(4711, 1000),
      data(4712, 1004), // of another producer, which commits
      patched(plain, copy => copy.writeInt16BE(0, BATCH.attributes)), // in no transaction
      golden('batch.abort'), // of 4711
      golden('batch.commit'), // of 4712
      data(4711, 2010), // the next transaction of 4711
    ]
    const aborted = new AbortedTransactions([{ producerId: 4711, firstOffset: 1000 }])
    const batch = new BatchReader().over(Buffer.concat(set))
    const hidden: boolean[] = []
    while (batch.next()) hidden.push(aborted.hides(batch))
    expect(hidden).toEqual([false, true, false, false, true, true, false])
  })
})

describe('CRC-32C', () => {
  it('has the check value of its catalogue, and goes on where it stopped', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.from('6789'), crc32c(Buffer.from('12345')))).toBe(0xe3069283)
  })
})
