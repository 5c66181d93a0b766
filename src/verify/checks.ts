// Correctness checks that run on every trial without being asked: what clients say against what brokers hold and readers saw.

import type { Accounting, CellAnalysis, TrialAnalysis } from '../analysis/analysis.ts'
import { combineVerdicts, type Verdict } from '../core/verdict.ts'
import { HISTORY_ROWS } from './history-checks.ts'
import type { CellOutcome, CheckOutcome } from './judgement.ts'
import { wasStruck } from './struck-workers.ts'

type Finding = { verdict: Verdict; observed: string; reason?: string }
type Check = {
  name: string
  describe: string
  judge(accounting: Accounting, trial: TrialAnalysis): Finding | undefined
}

/** What cannot be judged because the cluster did not tell its end offsets. */
function unreadOffsets(stored: number, observed: string): Finding | undefined {
  if (!Number.isNaN(stored)) return undefined
  return { verdict: 'inconclusive', observed, reason: 'end offsets could not be read' }
}

type Group = Accounting['groups'][number]

/** True where a group counted no more too many than its members wrote down to have processed again, which a check of its own judges. */
function isReadAgain(group: Group, groups: readonly Group[], { verification }: TrialAnalysis): boolean {
  const again = verification?.findings.find(finding => finding.anomaly === 'group duplicate')?.byReader ?? []
  const own = again.filter(row => row.group === groups.indexOf(group)).reduce((sum, { count }) => sum + count, 0)
  return group.consumed > group.expected && group.consumed - group.expected <= own
}

/** One row per check; undefined where a check does not apply to a trial. */
const CHECKS: Check[] = [
  {
    name: 'acked is stored',
    describe: 'acked ≤ end offsets after − before ≤ acked + unknown, where acks is not 0',
    judge: ({ acked, unknown, stored, sentNoAck, withoutBroker }, trial) => {
      const { verification } = trial
      if (withoutBroker) return undefined
      // Only acks=0 leaves nothing to hold the topics against; records there that nobody may have written are a finding.
      if (acked + unknown === 0 && (sentNoAck > 0 || stored === 0)) return undefined
      const unread = unreadOffsets(stored, `acked ${acked}`)
      if (unread) return unread
      const observed = `acked ${acked}, stored ${stored}, unknown ${unknown}${sentNoAck > 0 ? `, sent without acknowledgement ${sentNoAck}` : ''}`
      // What a full read found lost, and judged, is not counted a second time.
      const missing = acked - (verification?.rpo.records ?? 0) - stored
      if (missing > 0)
        return { verdict: 'fail', observed, reason: `${missing} acknowledged records are not in the topics` }
      const surplus = stored - acked - unknown - sentNoAck
      // A killed producer's last second was never counted; its ledger, which goes further, is held against every record.
      if (surplus > 0 && wasStruck(trial, ['worker-kill'], (_, role) => role === 'producer'))
        return { verdict: 'pass', observed, reason: `${surplus} are of a worker that was killed before it could tell` }
      if (surplus > 0)
        return {
          verdict: 'fail',
          observed,
          reason: `${surplus} more records are in the topics than were sent with an open outcome`,
        }
      return { verdict: 'pass', observed }
    },
  },
  {
    name: 'stored is read',
    describe: 'every group read as many records of the trial as its topics hold',
    judge: ({ groups, stored }, trial) => {
      if (groups.length === 0) return undefined
      const unread = unreadOffsets(stored, groups.map(group => `${group.group} ${group.consumed}`).join(', '))
      if (unread) return unread
      const observed = groups.map(group => `${group.group} ${group.consumed} of ${group.expected}`).join(', ')
      const late = groups.filter(group => !group.reached)
      if (late.length > 0)
        return {
          verdict: 'inconclusive',
          observed,
          reason: `${late.map(group => group.group).join(', ')} had not reached the end at the drain deadline; lengthen load.drain`,
        }
      const wrong = groups.filter(group => group.consumed !== group.expected)
      const isStruck = (name: string) =>
        wasStruck(trial, ['worker-kill', 'worker-freeze'], (group, role) => role === 'consumer' && group === name)
      const unexplained = wrong.filter(group => !isStruck(group.group) && !isReadAgain(group, groups, trial))
      if (unexplained.length > 0)
        return {
          verdict: 'fail',
          observed,
          reason: `${unexplained.map(group => group.group).join(', ')} reached the end with another count`,
        }
      const reason =
        'every group reached the end; what had not been committed was read again, and what a killed member had read last was not counted'
      return { verdict: 'pass', observed, ...(wrong.length > 0 ? { reason } : {}) }
    },
  },
  {
    name: 'transactions are told',
    describe:
      'the log holds as many committed transactions as members were told of, and no more aborted ones than they made',
    judge: ({ transactions }, trial) => {
      const log = trial.verification?.transactions
      if (!transactions || !trial.verification) return undefined
      const { committed, aborted, fenced, failed, unknown } = transactions
      const found = log ?? { committed: 0, aborted: 0 }
      const observed = `told ${committed} committed, ${aborted} aborted, ${fenced} fenced, ${failed} failed, ${unknown} unknown; in the log ${found.committed} committed, ${found.aborted} aborted`
      const isKilled = wasStruck(trial, ['worker-kill'], (_, role) => role === 'producer')
      const missing = committed - found.committed
      const surplus = found.committed - committed - unknown
      if (missing > 0)
        return { verdict: 'fail', observed, reason: `${missing} committed transactions are not in the log` }
      if (isKilled) return { verdict: 'pass', observed, reason: 'what a killed member did last it could not tell' }
      if (surplus > 0)
        return { verdict: 'fail', observed, reason: `${surplus} more were committed than anybody was told of` }
      if (found.aborted > aborted + fenced + failed + unknown)
        return { verdict: 'fail', observed, reason: 'more were aborted than anybody was told of' }
      return { verdict: 'pass', observed }
    },
  },
  {
    name: 'records are intact',
    describe: 'every record read carries this trial’s envelope and its checksum holds',
    judge: ({ unverified, verified, groups }) => {
      // Where readers only count, or read nothing, no envelope was looked at.
      if (groups.length === 0 || (unverified === 0 && verified === 0)) return undefined
      if (unverified === 0)
        return { verdict: 'pass', observed: verified === undefined ? 'all verified' : `${verified} verified` }
      return {
        verdict: 'fail',
        observed: `${unverified} not verified`,
        reason: 'records were changed, or came from elsewhere',
      }
    },
  },
  {
    name: 'faults took effect',
    describe: 'every fault was proven by what the system showed; without that a drill proves nothing',
    judge: ({ faults }) => {
      if (!faults) return undefined
      const observed = faults.map(fault => `${fault.kind}${fault.proven ? '' : ' void'}`).join(', ')
      const broken = faults.find(fault => !fault.proven)
      if (!broken) return { verdict: 'pass', observed }
      return { verdict: 'inconclusive', observed, reason: broken.reason ?? 'its effect was never shown' }
    },
  },
  {
    name: 'faults are healed',
    describe: 'every fault was undone, and read back as undone',
    judge: ({ faults }) => {
      if (!faults) return undefined
      const left = faults.filter(fault => fault.proven && !fault.healed)
      const observed = `${faults.length - left.length} of ${faults.length}`
      const [first] = left
      return first
        ? { verdict: 'fail', observed, reason: `${first.kind}: ${first.reason ?? 'the run ended before its heal'}` }
        : { verdict: 'pass', observed }
    },
  },
  {
    name: 'witness agrees',
    describe: 'Kafka’s own GetOffsetShell counts the same records, where it was asked',
    judge: ({ witness, stored }) => {
      if (!witness) return undefined
      const unread = unreadOffsets(stored, `${witness.tool} ${witness.stored}`)
      if (unread) return unread
      const observed = `${witness.tool} ${witness.stored}, ours ${stored}`
      return witness.stored === stored
        ? { verdict: 'pass', observed }
        : { verdict: 'fail', observed, reason: 'the two counts differ' }
    },
  },
]

const ROWS: readonly Check[] = [
  ...CHECKS,
  ...HISTORY_ROWS.map(row => ({ ...row, judge: (_: Accounting, trial: TrialAnalysis) => row.judge(trial) })),
]

function judgeCell(check: Check, cell: CellAnalysis): CellOutcome | undefined {
  const findings = cell.trials
    .filter((trial): trial is TrialAnalysis => trial.state === 'complete')
    .map(trial => ({ trial: trial.number, finding: check.judge(trial.accounting, trial) }))
  const made = findings.flatMap(({ trial, finding }) => (finding ? [{ trial, ...finding }] : []))
  if (made.length === 0) return undefined
  const verdict = combineVerdicts(
    made.map(finding => finding.verdict),
    'inconclusive',
  )
  const shown = made.find(finding => finding.verdict === verdict)
  return {
    cellIndex: cell.index,
    label: cell.label,
    verdict,
    observed: shown?.observed ?? '',
    ...(shown?.reason ? { reason: shown.reason } : {}),
    ...(shown ? { trial: shown.trial } : {}),
  }
}

/** Runs every check over all cells; checks that apply nowhere are left out. */
export function runChecks(cells: readonly CellAnalysis[]): CheckOutcome[] {
  return ROWS.flatMap((check): CheckOutcome[] => {
    const outcomes = cells.flatMap(cell => judgeCell(check, cell) ?? [])
    if (outcomes.length === 0) return []
    return [
      {
        name: check.name,
        describe: check.describe,
        verdict: combineVerdicts(
          outcomes.map(outcome => outcome.verdict),
          'pass',
        ),
        cells: outcomes,
      },
    ]
  })
}
