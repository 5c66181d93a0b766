// A history of a group that transforms, made by hand: two input partitions, two members, two partitions of the target.
import type { History } from '../../../src/verify/history.ts'
import { ledgerSource, type TruthSpec, truthSource } from './histories.ts'

/** Ten records of each of two partitions, whose outputs of numbers 1 and 2 go to two partitions in turn; the second ends with a marker. */
export function transformed(change: { second?: TruthSpec[]; told?: number; marker?: number } = {}): History {
  const {
    second = [
      { producer: 1, seq0: 0, n: 5, offset0: 0, transaction: 1 },
      { producer: 2, seq0: 0, n: 5, offset0: 5, transaction: 2 },
    ],
    told = 5,
    marker = 10,
  } = change
  const inputs = (partition: number) => truthSource([0, partition], [{ seq0: 0, n: 10, offset0: 0 }], { endOffset: 10 })
  const outputs = (producer: number, offset0: number) => ({ producer, topic: 1, seq0: 0, n: 5, offset0 })
  return {
    topics: [
      { number: 0, partitions: 2, isCompacted: false },
      { number: 1, partitions: 2, isCompacted: false },
    ],
    ledgers: [
      ledgerSource(
        0,
        [0, 1].map(partition => ({ partition, seq0: 0, n: 10, offset0: 0 })),
      ),
      // Two members, of which each transformed one partition.
      ledgerSource(1, [outputs(1, 0), { ...outputs(1, 0), partition: 1 }]),
      ledgerSource(1, [outputs(2, 5), { ...outputs(2, 5), partition: 1, n: told }]),
    ],
    truths: [
      inputs(0),
      inputs(1),
      truthSource(
        [1, 0],
        [
          { producer: 1, seq0: 0, n: 5, offset0: 0, transaction: 1 },
          { producer: 2, seq0: 0, n: 5, offset0: 5, transaction: 2 },
        ],
        { endOffset: 10 },
      ),
      truthSource([1, 1], [...second, { n: 1, offset0: marker, state: 'marker', detail: 1 }], {
        endOffset: marker + 1,
      }),
    ],
    transforms: [{ group: 0, inputs: [0], target: 1, firstNumber: 1, reachedEnd: true }],
  }
}
