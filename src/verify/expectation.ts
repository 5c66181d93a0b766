// The expectation matrix: which anomaly is a violation, allowed, or allowed within a bound, under which settings and faults.

/** What a producer group was promised, and by what. */
export type Terms = {
  acks: '0' | '1' | 'all'
  minInsyncReplicas: number
  replicationFactor: number
  isIdempotent: boolean
  /** Batches of a partition may overtake each other when one is sent again. */
  mayOvertake: boolean
  isUncleanElectionOn: boolean
  isTransactional: boolean
  readsCommitted: boolean
  /** A reader's client commits what it fetched, before it was handled. */
  commitsAhead: boolean
  /** Offsets are committed in one transaction with what is written for them; whom a new producer fences. */
  transforms: 'partition' | 'member' | false
  /** Finalized feature levels; 0 where they are not known. */
  transactionVersion: number
  eligibleLeaderReplicasVersion: number
}

/** none; F1 one node; F2 partitions of any shape; F3 client links only; F4 more nodes at once than the settings stand. */
export type FaultClass = 'none' | 'F1' | 'F2' | 'F3' | 'F4'

export type Expectation =
  | { answer: 'violation' }
  | { answer: 'allowed'; why: string }
  /** Allowed as far as a number or a time bounds it; which, its caller knows. */
  | { answer: 'bounded'; by: 'faults' | 'resent'; why: string }

const VIOLATION: Expectation = { answer: 'violation' }
const allowed = (why: string): Expectation => ({ answer: 'allowed', why })
const bounded = (by: 'faults' | 'resent', why: string): Expectation => ({ answer: 'bounded', by, why })

/** True where every acknowledged record is on more than one node. */
const isGuarded = (terms: Terms): boolean => terms.acks === 'all' && terms.minInsyncReplicas > 1

/** `sort` tells cases of one anomaly apart, where it has several. */
type Row = (terms: Terms, faults: FaultClass, sort?: string) => Expectation

const losesTail: Row = (terms, faults) => {
  if (terms.acks === '0') return allowed('acks=0 promises nothing')
  if (faults === 'none' || faults === 'F3') return VIOLATION
  if (isGuarded(terms)) {
    if (faults !== 'F4') {
      const isOldTransaction = terms.isTransactional && faults === 'F2' && isBefore(terms.transactionVersion, 2)
      return isOldTransaction ? allowed('before transaction.version 2 a transaction may be torn') : VIOLATION
    }
    if (terms.isUncleanElectionOn)
      return allowed('a leader that was not in sync could be elected, and more nodes failed than min.insync.replicas')
    return terms.eligibleLeaderReplicasVersion > 0
      ? VIOLATION
      : allowed('more nodes failed than min.insync.replicas, and eligible leader replicas are off or not known')
  }
  if (terms.acks === '1') return bounded('faults', 'acks=1: what the old leader alone had is gone with it')
  return bounded('faults', 'min.insync.replicas 1: an acknowledged record may be on one node only')
}

const isBefore = (version: number, wanted: number): boolean => version > 0 && version < wanted

/** True where a leader that lacks what more than one node had may be elected: nobody had to be in sync, or the last one that was has lost its tail. */
const mayForget = (terms: Terms, faults: FaultClass): boolean =>
  faults === 'F4' && (terms.isUncleanElectionOn || (isGuarded(terms) && terms.eligibleLeaderReplicasVersion === 0))

const FORGOTTEN = allowed('a leader without all that was acknowledged could be elected')

/** Anomalies of data that was once visible: allowed only where a leader without the data may be elected. */
const forgets: Row = (terms, faults) => {
  if (mayForget(terms, faults)) return FORGOTTEN
  if (isGuarded(terms) || faults === 'none' || faults === 'F3') return VIOLATION
  return bounded('faults', 'a record may have been on one node only')
}

const COMMITTED_AHEAD = 'the client commits by itself what it has fetched, before a handler was given it'

/** What a handover passes over was committed by a client that commits ahead, or forgotten by an unclean leader. */
const skips: Row = (terms, faults) => {
  if (mayForget(terms, faults)) return FORGOTTEN
  return terms.commitsAhead && faults !== 'none' ? bounded('faults', COMMITTED_AHEAD) : VIOLATION
}

/** Nobody can tell a member that cannot be reached that it owns nothing any more. */
const outlives: Row = (_, faults) =>
  faults === 'none' ? VIOLATION : bounded('faults', 'a member that was cut off from its group goes on until it hears')

/** Kafka refuses who was replaced by the epoch of its transactional id, or by its group's generation, which kafkajs does not send. */
const twice: Row = ({ transforms }, faults) =>
  transforms === 'member' && faults !== 'none'
    ? bounded('faults', 'no transactional id is taken over, so nothing fences a member that was replaced')
    : VIOLATION

const ROWS: Readonly<Record<string, Row>> = {
  lost: losesTail,
  duplicated: (terms, faults) => {
    if (terms.acks === '0') return VIOLATION
    if (terms.transforms) return twice(terms, faults)
    if (terms.isTransactional && terms.readsCommitted) return VIOLATION
    const why = terms.isIdempotent
      ? 'the broker had forgotten the producer’s sequence when the batch was sent again'
      : 'without idempotence a batch sent again after an open outcome may be stored twice'
    return bounded('resent', why)
  },
  reordered: (terms, faults) => {
    if (terms.isIdempotent)
      return faults === 'F4' && terms.isUncleanElectionOn
        ? allowed('a leader that was not in sync could be elected')
        : VIOLATION
    if (terms.acks === '0')
      return faults === 'none' ? VIOLATION : allowed('acks=0: a new connection may overtake the old one')
    return terms.mayOvertake ? bounded('resent', 'without idempotence a batch sent again may be overtaken') : VIOLATION
  },
  'offset clash': (terms, faults) => {
    const asLoss = losesTail(terms, faults)
    return asLoss.answer === 'violation' || terms.acks === '0' ? VIOLATION : asLoss
  },
  'read then lost': forgets,
  skipped: (terms, faults) => (mayForget(terms, faults) ? FORGOTTEN : VIOLATION),
  rewound: (terms, faults) => (mayForget(terms, faults) ? FORGOTTEN : VIOLATION),
  'group duplicate': (terms, faults, sort) => {
    if (terms.transforms) return twice(terms, faults)
    if (sort === 'zombie') return outlives(terms, faults)
    if (sort === 'beyond') return mayForget(terms, faults) ? FORGOTTEN : VIOLATION
    return allowed('a group reads again what was not committed when a member left')
  },
  'group skip': skips,
  unseen: skips,
  'commit out of line': (terms, faults, sort) => {
    if (sort !== 'overrun' && terms.transforms === 'member') return twice(terms, faults)
    if (sort !== 'overrun') return mayForget(terms, faults) ? FORGOTTEN : VIOLATION
    return terms.commitsAhead ? allowed(COMMITTED_AHEAD) : VIOLATION
  },
  'double ownership': outlives,
  'torn transaction': terms =>
    isBefore(terms.transactionVersion, 2)
      ? allowed('before transaction.version 2 a transaction may be torn')
      : VIOLATION,
  'stuck transaction': (terms, faults) => {
    if (isBefore(terms.transactionVersion, 2)) return allowed('before transaction.version 2 a transaction may hang')
    return faults === 'F4' && terms.isUncleanElectionOn
      ? allowed('a leader that was not in sync could be elected')
      : VIOLATION
  },
}

/** What to think of an anomaly, or of one sort of it; one without a row is always a violation. */
export function expectationOf(anomaly: string, terms: Terms, faults: FaultClass, sort?: string): Expectation {
  return (Object.hasOwn(ROWS, anomaly) ? ROWS[anomaly]?.(terms, faults, sort) : undefined) ?? VIOLATION
}
