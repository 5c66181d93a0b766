// The stage must fill the very buckets that the histogram would have filled by itself.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LatencyStage } from '../../../src/load/latency-stage.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'

const latency = fc.oneof(fc.nat(5000), fc.nat(2 ** 31 - 1), fc.double({ min: 0, max: 1e6, noNaN: true }))

/** What follows the header, which tells of limits besides. */
const payloadOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(40)).toString('hex')

describe('the stage', () => {
  test('hands over what a histogram counts alike', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(latency, fc.integer({ min: 1, max: 50 }))), list => {
        const stage = new LatencyStage()
        const [direct, staged] = [new LatencyHistogram(), new LatencyHistogram()]
        for (const [us, count] of list) {
          direct.record(us, count)
          expect(stage.add(us, count)).toBe(true)
        }
        stage.drain((us, count) => staged.record(us, count))
        expect(Buffer.from(staged.encode()).equals(Buffer.from(direct.encode()))).toBe(true)
        stage.drain(() => expect.unreachable('nothing is handed over twice'))
      }),
    )
  })

  test('writes the bytes of a histogram that counted alike, and begins anew', () => {
    const stage = new LatencyStage()
    fc.assert(
      fc.property(fc.array(fc.tuple(latency, fc.integer({ min: 1, max: 2 ** 40 }))), list => {
        const direct = new LatencyHistogram({ wide: true })
        for (const [us, count] of list) {
          direct.record(us, count)
          stage.add(us, count)
        }
        const bytes = stage.encode()
        expect(payloadOf(bytes)).toBe(payloadOf(direct.encode()))
        const back = LatencyHistogram.decode(bytes)
        expect([back.count, back.maxUs]).toEqual([direct.count, direct.maxUs])
      }),
    )
    expect(LatencyHistogram.decode(stage.encode()).count).toBe(0)
  })

  test.each([-1, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY])('leaves %d to the histogram', us => {
    expect(new LatencyStage().add(us, 1)).toBe(false)
  })

  test('loses none of more than it notes at a time, with those before and behind', () => {
    const [direct, stage] = [new LatencyHistogram({ wide: true }), new LatencyStage()]
    for (const many of [1, 2047, 2049, 5000]) {
      for (let i = 0; i < many; i++) {
        direct.record(i * 37, 1 + (i % 3))
        expect(stage.add(i * 37, 1 + (i % 3))).toBe(true)
      }
      expect(payloadOf(stage.encode())).toBe(payloadOf(direct.encode()))
      direct.reset()
    }
  })

  test('holds the edges of every doubling', () => {
    const stage = new LatencyStage()
    const seen: number[] = []
    const edges = [0, 2047, 2048, 4095, 4096, 2 ** 30, 2 ** 31 - 2 ** 20]
    for (const us of edges) stage.add(us, 1)
    stage.drain(us => seen.push(us))
    expect(seen).toEqual([0, 2047, 2048, 4094, 4096, 2 ** 30, 2 ** 31 - 2 ** 20])
  })
})
