// Collects anomalies: exact counts, where they are as ranges of offsets, and the first hundred of each kind in full.
import type { Evidence, Finding, OffsetRange } from '../analysis/verification.ts'

const MAX_EVIDENCE = 100
const MAX_RANGES = 1000

/** `n` records of one kind that follow one another in sequence and, where an offset is known, in the log. */
export type Sighting = {
  topic: number
  partition: number
  n: number
  offset: number
  producer?: number
  seq?: number
  leaderEpoch?: number
  note?: string
  /** Of the first and the last of them, where the ledger tells. */
  intendedUs?: readonly [number, number]
  settledUs?: number
  /** The consumer group it is about, and what sort of case it is where the anomaly has several. */
  reader?: { group: number; sort?: string }
}

type Kept = Finding & { open: Map<number, OffsetRange> }

export class Findings {
  private readonly kinds = new Map<string, Kept>()

  add(anomaly: string, sighting: Sighting): void {
    const kept = this.kinds.get(anomaly) ?? this.begin(anomaly)
    kept.count += sighting.n
    const producer = sighting.producer ?? -1
    kept.byProducer[producer] = (kept.byProducer[producer] ?? 0) + sighting.n
    if (sighting.reader) countReader(kept, sighting.reader, sighting.n)
    if (sighting.settledUs !== undefined) {
      kept.settledFromUs = Math.min(kept.settledFromUs ?? sighting.settledUs, sighting.settledUs)
      kept.settledToUs = Math.max(kept.settledToUs ?? sighting.settledUs, sighting.settledUs)
    }
    if (sighting.offset >= 0) addRange(kept, sighting)
    for (let i = 0; i < sighting.n && kept.evidence.length < MAX_EVIDENCE; i++)
      kept.evidence.push(evidenceOf(sighting, i))
  }

  /** In the order in which the kinds were first seen. */
  list(): Finding[] {
    return [...this.kinds.values()].map(({ open: _, ...finding }) => finding)
  }

  private begin(anomaly: string): Kept {
    const kept: Kept = {
      anomaly,
      count: 0,
      ranges: [],
      rangesLeftOut: 0,
      evidence: [],
      byProducer: {},
      open: new Map(),
    }
    this.kinds.set(anomaly, kept)
    return kept
  }
}

function countReader(kept: Kept, { group, sort }: NonNullable<Sighting['reader']>, n: number): void {
  kept.byReader ??= []
  const known = kept.byReader.find(row => row.group === group && row.sort === sort)
  if (known) known.count += n
  else kept.byReader.push({ group, ...(sort === undefined ? {} : { sort }), count: n })
}

function addRange(kept: Kept, { topic, partition, offset, n, leaderEpoch }: Sighting): void {
  const place = topic * 0x1_0000_0000 + partition
  const last = kept.open.get(place)
  if (last && last.to === offset && last.leaderEpoch === leaderEpoch) {
    last.to = offset + n
    return
  }
  if (kept.ranges.length >= MAX_RANGES) {
    kept.rangesLeftOut++
    return
  }
  const range = {
    topic,
    partition,
    from: offset,
    to: offset + n,
    ...(leaderEpoch === undefined ? {} : { leaderEpoch }),
  }
  kept.ranges.push(range)
  kept.open.set(place, range)
}

/** The record at one place of a sighting; times between the first and the last are put in evenly. */
function evidenceOf(sighting: Sighting, i: number): Evidence {
  const { topic, partition, n, offset, producer, seq, leaderEpoch, note, intendedUs, settledUs } = sighting
  const share = n > 1 ? i / (n - 1) : 0
  return {
    topic,
    partition,
    offset: offset < 0 ? -1 : offset + i,
    ...(producer === undefined ? {} : { producer }),
    ...(seq === undefined ? {} : { seq: seq + i }),
    ...(leaderEpoch === undefined ? {} : { leaderEpoch }),
    ...(intendedUs ? { intendedUs: Math.round(intendedUs[0] + share * (intendedUs[1] - intendedUs[0])) } : {}),
    ...(settledUs === undefined ? {} : { settledUs }),
    ...(note === undefined ? {} : { note }),
  }
}
