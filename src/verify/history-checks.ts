// The checks over ledger and truth as rows beside the others: a violation fails, what the settings allow is reported, what was not read is in doubt.
import type { TrialAnalysis } from '../analysis/analysis.ts'
import type { Finding, OffsetRange } from '../analysis/verification.ts'
import type { Verdict } from '../core/verdict.ts'
import { allowanceOf } from './allowance.ts'
import type { Check } from './check.ts'
import { GROUP_CHECKS, HISTORY_CHECKS, TRANSACTION_CHECKS } from './checks/index.ts'

type Outcome = { verdict: Verdict; observed: string; reason?: string }

const RANGES_SHOWN = 3

/** One row per anomaly; undefined where nothing was read back. */
export const HISTORY_ROWS = HISTORY_CHECKS.map(check => ({
  name: check.name,
  describe: `${check.describe} (${check.id})`,
  judge: (trial: TrialAnalysis): Outcome | undefined =>
    applies(check, trial) ? judgeAnomaly(check.anomaly, trial) : undefined,
}))

/** Checks of groups and transactions are shown where a trial had any, or where they found something. */
function applies(check: Check, { verification }: TrialAnalysis): boolean {
  if (!GROUP_CHECKS.includes(check) && !TRANSACTION_CHECKS.includes(check)) return true
  if (verification?.findings.some(finding => finding.anomaly === check.anomaly)) return true
  return GROUP_CHECKS.includes(check) ? (verification?.groups ?? 0) > 0 : (verification?.truth['marker'] ?? 0) > 0
}

function judgeAnomaly(anomaly: string, trial: TrialAnalysis): Outcome | undefined {
  const { verification, truthRead } = trial
  if (!verification) return unread(trial, truthRead)
  const finding = verification.findings.find(one => one.anomaly === anomaly)
  if (finding) {
    const observed = `${finding.count} ${anomaly}${placesOf(finding, trial)}`
    const allowance = allowanceOf(finding, trial)
    if (allowance === undefined) return { verdict: 'fail', observed, reason: evidenceOf(finding) }
    return { verdict: 'pass', observed: `${observed}, allowed: ${allowance}` }
  }
  const { told, truth, notes, complete } = verification
  const observed = `0 ${anomaly}; ${told.acked} acked, ${truth['stored'] ?? 0} read back`
  if (!complete) return { verdict: 'inconclusive', observed, reason: notes[0] ?? 'not everything could be read' }
  return { verdict: 'pass', observed }
}

function unread(trial: TrialAnalysis, truthRead: TrialAnalysis['truthRead']): Outcome | undefined {
  if (trial.accounting.withoutBroker || !truthRead) return undefined
  const reason = 'skipped' in truthRead ? truthRead.skipped : 'ledger or truth is missing from the recording'
  return { verdict: 'inconclusive', observed: 'nothing was read back', reason }
}

/** Offsets as people write them: the first and the last. */
export function rangeText({ topic, partition, from, to, leaderEpoch }: OffsetRange, trial: TrialAnalysis): string {
  const name = trial.topics[topic]?.name ?? `topic ${topic}`
  const epoch = leaderEpoch === undefined ? '' : ` (leader epoch ${leaderEpoch})`
  return `${name}-${partition} ${to - from === 1 ? `offset ${from}` : `offsets ${from} to ${to - 1}`}${epoch}`
}

function placesOf({ ranges, rangesLeftOut }: Finding, trial: TrialAnalysis): string {
  if (ranges.length === 0) return ''
  const shown = ranges.slice(0, RANGES_SHOWN).map(range => rangeText(range, trial))
  const more = ranges.length - shown.length + rangesLeftOut
  return `: ${shown.join(', ')}${more > 0 ? ` and ${more} more ranges` : ''}`
}

function evidenceOf({ evidence }: Finding): string {
  const [first] = evidence
  if (!first) return 'no evidence was kept'
  const who = first.producer === undefined ? 'a record' : `producer ${first.producer}, sequence ${first.seq}`
  const place = first.partition < 0 ? 'in no partition' : `partition ${first.partition}`
  return `the first: ${who}, ${place}${first.offset < 0 ? '' : `, offset ${first.offset}`}${first.note ? `, ${first.note}` : ''}`
}
