// Too few replicas in sync must be sure: seen by every broker, and not longer than was known.
import { expect, test } from 'vitest'
import type { SampleBody, TopicAccount } from '../../../src/recording/format.ts'
import { timesBelowMinIsr } from '../../../src/verify/isr.ts'

const topic: TopicAccount = {
  ...{ name: 't', declared: 't', partitions: 1, replicationFactor: 3, beginOffsets: [], endOffsets: [] },
  settings: [{ name: 'min.insync.replicas', value: '2', source: 'topic' }],
}
const view = (node: string, atMs: number, isr: number[]): SampleBody => ({
  ...{ kind: 'view', node, atUs: atMs * 1000, askedBeforeUs: (atMs - 50) * 1000 },
  changes: [{ topic: 't', partition: 0, leader: 1, epoch: 1, isr, replicas: [1, 2, 3] }],
})
const times = (...samples: SampleBody[]) =>
  timesBelowMinIsr({ topics: [topic] }, samples).map(({ fromUs, toUs }) => [fromUs / 1000, toUs / 1000])

test('counts from when the last broker saw it until just before the first saw it mended', () => {
  const samples = [
    ...[view('a', 1000, [1, 2]), view('b', 1000, [1, 2]), view('a', 5000, [1]), view('b', 5100, [1])],
    view('b', 9000, [1, 2]),
  ]
  expect(times(...samples)).toEqual([[5100, 8850]])
})

test('is nothing where one broker sees enough, where it was short, and where it never ended', () => {
  expect(times(view('a', 1000, [1, 2]), view('b', 1000, [1]), view('b', 9000, [1, 2]))).toEqual([])
  expect(times(view('a', 1000, [1]), view('a', 1100, [1, 2]))).toEqual([])
  expect(times(view('a', 1000, [1]))).toEqual([])
})
