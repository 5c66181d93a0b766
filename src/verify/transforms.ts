// Holds what a group wrote in transactions against what it read: every visible input has its one record in the target, whose number says which.
import { outputsOf } from '../record/outputs.ts'
import type { UntransformedFact } from './check.ts'
import type { History, TransformFacts } from './history.ts'
import type { Lanes } from './lanes.ts'
import type { TruthPlace } from './truth-index.ts'

type PlaceOf = (topic: number, partition: number) => TruthPlace | undefined

/** The input partitions of a transform with their numbers, counted on from its first. */
function inputsOf({ inputs, firstNumber }: TransformFacts, topics: History['topics']) {
  let number = firstNumber
  return inputs.flatMap(topic => {
    const { partitions = 0, beginOffsets } = topics.find(one => one.number === topic) ?? {}
    return Array.from({ length: partitions }, (_, partition) => ({
      ...{ topic, partition, number: number++ },
      begin: beginOffsets?.[partition] ?? 0,
    }))
  })
}

/** Numbers under which groups write what they transformed. */
export function numbersOf({ transforms = [], topics }: History): Set<number> {
  return new Set(transforms.flatMap(transform => inputsOf(transform, topics).map(({ number }) => number)))
}

/** Tells of visible inputs without a visible output; what was not read to its end is left out, and said elsewhere. */
export async function findUntransformed(
  { transforms = [], topics }: History,
  lanes: Lanes,
  placeOf: PlaceOf,
  tell: (fact: UntransformedFact) => void,
): Promise<void> {
  for (const transform of transforms) {
    const partitions = topics.find(one => one.number === transform.target)?.partitions ?? 0
    const isWhole = Array.from({ length: partitions }, (_, p) => placeOf(transform.target, p)?.isWhole ?? false)
    if (!transform.reachedEnd || !isWhole.every(Boolean)) continue
    for (const { topic, partition, number, begin } of inputsOf(transform, topics)) {
      const place = placeOf(topic, partition)
      if (!place?.isWhole) continue
      const { beginOffset, endOffset } = place.index.source.head
      await place.index.scan(beginOffset, endOffset - beginOffset, (here, offset, n) => {
        if (here?.state !== 'stored') return
        for (const output of outputsOf(offset - begin, n, partitions))
          lanes
            .of(transform.target, output.partition, number)
            .stored.split(output.seq0, output.n, (isThere, seq, m) => {
              // What follows in one partition of the target came from every so manieth offset.
              for (let i = 0; i < m && !isThere; i++) {
                const at = begin + (seq + i) * partitions + output.partition
                tell({ topic, partition, group: transform.group, offset: at, n: 1, producer: number, seq: seq + i })
              }
            })
      })
    }
  }
}
