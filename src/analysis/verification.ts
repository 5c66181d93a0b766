// What the check of a trial's ledger against its truth found, as reports show it and rules judge it.

/** One record of an anomaly, in full. */
export type Evidence = {
  topic: number
  partition: number
  /** The record's number in its trial's envelopes; absent where no envelope could be read. */
  producer?: number
  seq?: number
  /** Where it is, or where it was acknowledged; -1 where nobody told. */
  offset: number
  leaderEpoch?: number
  intendedUs?: number
  settledUs?: number
  note?: string
}

/** Offsets [from, to) of one partition. */
export type OffsetRange = { topic: number; partition: number; from: number; to: number; leaderEpoch?: number }

/** All records of one kind of anomaly: the exact count, where they are, and the first of them in full. */
export type Finding = {
  anomaly: string
  count: number
  ranges: OffsetRange[]
  /** Ranges beyond those kept. */
  rangesLeftOut: number
  evidence: Evidence[]
  /** Records by the number of their producer; `-1` where no envelope could be read. */
  byProducer: Record<string, number>
  /** Records by the consumer group that they are about, and by sort; absent where it is about none. */
  byReader?: { group: number; sort?: string; count: number }[]
  /** Between which times their outcomes were known, where ledgers tell. */
  settledFromUs?: number
  settledToUs?: number
}

export type Verification = {
  /** False where a part of ledger or truth could not be read: what was not looked at is said in `notes`. */
  complete: boolean
  notes: string[]
  /** Records by outcome in the ledgers. */
  told: { acked: number; unknown: number; failed: number; sentNoAck: number }
  /** Records by state in the truth. */
  truth: Record<string, number>
  /** Unknown outcomes that turned out to be written, and not. */
  unknownWritten: number
  unknownNotWritten: number
  /** Records sent without acknowledgement that did not arrive. */
  sentNoAckNotWritten: number
  /** Acknowledged records that retention had removed before they could be read. */
  expired: number
  /** Transactions by their ends in the log, where records name any. */
  transactions?: { committed: number; aborted: number; open: number }
  /** Consumer groups whose members wrote down what they did. */
  groups?: number
  findings: Finding[]
  /** What was lost, as an operator counts it; seconds are the spread of the intended times. */
  rpo: { records: number; bytes: number; seconds: number }
}
