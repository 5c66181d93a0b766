// Runs of latencies against the same latencies counted one by one.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatencyRun } from '../../../src/load/latency-run.ts'
import { LatencyStage } from '../../../src/load/latency-stage.ts'

const MAX_US = 2 ** 31 - 1

/** What a stage and whatever lies outside of its buckets were given, and by how many calls. */
function counted(of: (latency: (us: number, count: number) => void) => void) {
  const stage = new LatencyStage()
  const outside = new Map<number, number>()
  let calls = 0
  of((us, count) => {
    calls++
    if (!stage.add(us, count)) outside.set(us, (outside.get(us) ?? 0) + count)
  })
  return { bytes: stage.encode(), outside, calls }
}

const throughRuns = (latencies: readonly number[]) =>
  counted(latency => {
    const run = new LatencyRun('e2e')
    const recorder = { latency: (_phase: string, _name: string, us: number, count = 1) => latency(us, count) }
    for (const us of latencies) run.add(recorder, 'measure', us)
    run.flush(recorder)
  })

const oneByOne = (latencies: readonly number[]) =>
  counted(latency => {
    for (const us of latencies) latency(us, 1)
  })

/** Near each other, so that buckets are shared and their borders are crossed. */
const latencies = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: -3, max: 5000 }),
      fc.integer({ min: 0, max: MAX_US }),
      fc.constant(MAX_US),
      fc.constant(2 ** 33),
    ),
    fc.array(fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ min: -2, max: 2, noNaN: true })), { maxLength: 50 }),
  )
  .map(([start, steps]) => steps.map((step, i) => start + steps.slice(0, i).reduce((sum, one) => sum + one, 0) + step))

test('runs fill the buckets that single latencies fill, whatever lies outside of them', () => {
  fc.assert(
    fc.property(latencies, list => {
      const [run, single] = [throughRuns(list), oneByOne(list)]
      expect(run.bytes).toEqual(single.bytes)
      expect(run.outside).toEqual(single.outside)
    }),
    { numRuns: 500 },
  )
})

test('neighbours in one bucket are counted at once, as a reader far behind sees hundreds of them', () => {
  const tenSecondsUs = 10_000_000
  const bucketUs = 2 ** 13
  const from = Math.ceil(tenSecondsUs / bucketUs) * bucketUs
  const list = Array.from({ length: 400 }, (_, i) => from + 20 * i)
  expect(throughRuns(list).calls).toBe(1)
  expect(throughRuns([...list, from + bucketUs, from - 1]).calls).toBe(3)
})

test('a phase begins a run of its own', () => {
  const seen: [string, number, number][] = []
  const recorder = { latency: (phase: string, _: string, us: number, count = 1) => void seen.push([phase, us, count]) }
  const run = new LatencyRun('e2e')
  run.add(recorder, 'warmup', 7)
  run.add(recorder, 'warmup', 7)
  run.add(recorder, 'measure', 7)
  run.flush(recorder)
  run.flush(recorder)
  expect(seen).toEqual([
    ['warmup', 7, 2],
    ['measure', 7, 1],
  ])
})
