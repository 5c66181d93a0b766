// Counts what a verification could not look at or judge, and says so.

export class LeftOut {
  unchecked = 0
  compactedAway = 0
  toldTwice = 0
  holes = 0
  uncounted = 0
  unaccounted = 0
  maybeRemoved = 0

  /** What makes a verification incomplete. */
  misses(): string[] {
    const { toldTwice, unchecked, maybeRemoved } = this
    return [
      ...(toldTwice > 0 ? [`${toldTwice} records have two outcomes in the ledgers`] : []),
      ...(unchecked > 0 ? [`${unchecked} outcomes are of partitions that were not read to their end`] : []),
      ...(maybeRemoved > 0
        ? [`${maybeRemoved} acknowledged records are missing in topics from which records were removed`]
        : []),
    ]
  }

  /** What is worth knowing beside the findings. */
  notes(expired: number): string[] {
    const { compactedAway, uncounted, unaccounted, holes } = this
    const noEnvelope = 'carry no envelope: only the offsets of their acknowledgements were looked up'
    return [
      ...(expired > 0 ? [`${expired} acknowledged records were removed by retention before they could be read`] : []),
      ...(compactedAway > 0 ? [`${compactedAway} records may have been removed by compaction`] : []),
      ...(uncounted > 0 ? [`${uncounted} records ${noEnvelope}`] : []),
      ...(unaccounted > 0
        ? [`${unaccounted} stored records are of workers that were cut off before they could tell`]
        : []),
      ...(holes > 0 ? [`${holes} offsets hold no record`] : []),
    ]
  }
}
