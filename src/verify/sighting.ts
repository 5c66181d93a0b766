// Turns facts into what a finding keeps of them.
import { type GroupRun, NO_PRODUCER } from '../recording/group-run.ts'
import type { StoredFact, ToldFact } from './check.ts'
import type { Sighting } from './findings.ts'
import type { GroupPlace } from './group-facts.ts'

export function storedSighting({ topic, partition, run, seq, n, offset }: StoredFact): Sighting {
  return { topic, partition, producer: run.producer, seq, n, offset, leaderEpoch: run.leaderEpoch }
}

/** The times of a part of a run are those of its share, as if the run's were even. */
export function toldSighting({
  topic,
  partition,
  run,
  seq,
  n,
  offset,
}: Omit<ToldFact, 'where' | 'isBelowMinIsr'>): Sighting {
  const at = (place: number): number =>
    run.firstIntendedUs + (run.n > 1 ? place / (run.n - 1) : 0) * (run.lastIntendedUs - run.firstIntendedUs)
  const from = seq - run.seq0
  return {
    topic,
    partition,
    producer: run.producer,
    seq,
    n,
    offset,
    intendedUs: [at(from), at(from + n - 1)],
    settledUs: run.firstSettledUs,
    ...(run.leaderEpoch < 0 ? {} : { leaderEpoch: run.leaderEpoch }),
  }
}

/** Offsets that a member of a group processed. */
export function readSighting({
  topic,
  partition,
  group,
  run,
  offset,
  n,
}: GroupPlace & { run: GroupRun; offset: number; n: number }): Sighting & { reader: { group: number } } {
  const isKnown = run.producer !== NO_PRODUCER && offset >= run.offset && offset < run.offset + run.n
  return {
    ...{ topic, partition, offset, n, settledUs: run.atUs, note: `group ${group}, member ${run.member}` },
    reader: { group },
    ...(isKnown ? { producer: run.producer, seq: run.seq0 + offset - run.offset } : {}),
  }
}
