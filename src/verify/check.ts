// The contract of a correctness check over ledger and truth: it is told facts one by one, and names the anomaly it sees.
import type { LedgerRun } from '../recording/ledger-run.ts'
import type { TruthRun } from '../recording/truth-run.ts'
import type { Sighting } from './findings.ts'
import type { AgainFact, CommitFact, JumpFact, OwnFact, ReadFact, UnreadFact } from './group-facts.ts'

/** A partition; -1 where the client chose it and nothing says which. */
export type Place = { topic: number; partition: number }

/** A part of a run of stored records: first appearances in order, late ones, or ones that had appeared before. */
export type StoredFact = Place & {
  run: TruthRun
  part: 'new' | 'late' | 'repeated'
  seq: number
  n: number
  offset: number
}

/** A part of a ledger's run, and where the truth has it; `here` is what stands at the offset of the acknowledgement. */
export type ToldFact = Place & {
  run: LedgerRun
  where: 'stored' | 'aborted' | 'pending' | 'absent'
  seq: number
  n: number
  offset: number
  /** From hand-over to acknowledgement too few replicas were in sync, and the producer had asked for acks=all. */
  isBelowMinIsr: boolean
}

/** Acknowledged records at whose offset something else stands, or nothing although the record is elsewhere. */
export type ClashFact = Place & { run: LedgerRun; seq: number; n: number; offset: number; here: TruthRun | undefined }

/** Stored records that no ledger knows. */
export type UntoldFact = Place & { producer: number; seq: number; n: number }

/** Records of one transaction with different ends. */
export type TornFact = Place & { producer: number; transaction: number; stored: number; aborted: number }

/** Input records of which the target shows nothing; `producer` is their number there. */
export type UntransformedFact = Place & { group: number; offset: number; n: number; producer: number; seq: number }

/** A write behind one of a newer epoch of its producer id. */
export type EpochFact = Place & { run: TruthRun; newerEpoch: number }

export type Report = (sighting: Sighting) => void

export type Check = {
  /** As in the table of anomalies, A1 to A18. */
  id: string
  anomaly: string
  /** What holds where the anomaly is absent, in few words and in full. */
  name: string
  describe: string
  onStored?(fact: StoredFact, report: Report): void
  /** Truth runs that are not stored records. */
  onOther?(run: TruthRun, place: Place, report: Report): void
  onTold?(fact: ToldFact, report: Report): void
  onClash?(fact: ClashFact, report: Report): void
  onUntold?(fact: UntoldFact, report: Report): void
  onTorn?(fact: TornFact, report: Report): void
  onEpoch?(fact: EpochFact, report: Report): void
  onUntransformed?(fact: UntransformedFact, report: Report): void
  onRead?(fact: ReadFact, report: Report): void
  onAgain?(fact: AgainFact, report: Report): void
  onJump?(fact: JumpFact, report: Report): void
  onCommit?(fact: CommitFact, report: Report): void
  onOwn?(fact: OwnFact, report: Report): void
  onUnread?(fact: UnreadFact, report: Report): void
}
