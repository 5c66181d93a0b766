// Holds a finding against the expectation matrix, group by group: what the settings allow is reported, and fails nothing.
import type { TrialAnalysis } from '../analysis/analysis.ts'
import type { Finding } from '../analysis/verification.ts'
import { type Expectation, expectationOf, type Terms } from './expectation.ts'
import { faultClassOf, groupTerms, readerTerms } from './terms.ts'

/** Longest time for which a follower that lags is still in sync (replica.lag.time.max.ms), and in which a client learns of a new leader. */
const BEFORE_US = 30_000_000
const AFTER_US = 30_000_000

/** Records of a finding, what whoever they are of was promised, and of which sort the case is. */
type Part = { count: number; terms: Terms; hidesRetries: boolean; sort?: string }

/** Why all records of a finding are allowed, or undefined where they are a violation. */
export function allowanceOf(finding: Finding, trial: TrialAnalysis): string | undefined {
  const reasons = new Set<string>()
  for (const part of (finding.byReader ? readerParts : producerParts)(finding, trial)) {
    const reason = part && reasonOf(finding, part, trial)
    if (reason === undefined) return undefined
    reasons.add(reason)
  }
  return reasons.size > 0 ? [...reasons].join('; ') : undefined
}

function producerParts(finding: Finding, trial: TrialAnalysis): (Part | undefined)[] {
  const groups = groupTerms(trial)
  return Object.entries(finding.byProducer).map(([producer, count]) => {
    const group = groups.find(one => Number(producer) >= one.from && Number(producer) < one.to)
    return group && { count, terms: group.terms, hidesRetries: group.hidesRetries }
  })
}

/** What a group of readers met must be allowed under the terms of everybody whose records they may be. */
function readerParts(finding: Finding, trial: TrialAnalysis): Part[] {
  const known = Object.keys(finding.byProducer).map(Number)
  const writers = groupTerms(trial).filter(
    ({ from, to }) => known.includes(-1) || known.some(producer => producer >= from && producer < to),
  )
  return (finding.byReader ?? []).flatMap(({ group, sort, count }) =>
    writers.map(({ terms, hidesRetries }) => ({
      ...{ count, hidesRetries, terms: { ...terms, ...readerTerms(trial, group) } },
      ...(sort === undefined ? {} : { sort }),
    })),
  )
}

function reasonOf(finding: Finding, part: Part, trial: TrialAnalysis): string | undefined {
  const { count, terms, hidesRetries, sort } = part
  const expectation = expectationOf(finding.anomaly, terms, faultClassOf(trial, terms), sort)
  if (expectation.answer === 'violation') return undefined
  if (expectation.answer === 'allowed') return expectation.why
  // How often such a client sent something again nobody can count.
  if (expectation.by === 'resent' && hidesRetries && !terms.isIdempotent) return expectation.why
  return isWithin(expectation, finding, count, trial) ? expectation.why : undefined
}

/** Duplicates and reordering need something that was sent again; losses must lie by the faults that explain them. */
function isWithin(
  { by }: Extract<Expectation, { answer: 'bounded' }>,
  finding: Finding,
  count: number,
  trial: TrialAnalysis,
): boolean {
  const { maybeDuplicated = 0, retries } = trial.accounting
  if (by === 'resent') return finding.anomaly === 'duplicated' ? count <= maybeDuplicated : retries > 0
  const faults = (trial.recovery?.faults ?? []).filter(fault => fault.actedUs !== undefined)
  const fromUs = Math.min(...faults.map(fault => fault.actedUs ?? 0)) - BEFORE_US
  const toUs = Math.max(...faults.map(fault => fault.healedUs ?? Number.POSITIVE_INFINITY)) + AFTER_US
  const { settledFromUs, settledToUs } = finding
  if (settledFromUs === undefined || settledToUs === undefined) return true
  return settledFromUs >= fromUs && settledToUs <= toUs
}
