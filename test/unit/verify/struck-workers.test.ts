// A worker that a fault ended could not tell its last second: counts then may differ, of the groups that were struck and of no others.
import { describe, expect, it } from 'vitest'
import type { TrialAnalysis } from '../../../src/analysis/analysis.ts'
import { runChecks } from '../../../src/verify/checks.ts'
import { madeCell, madeTrialAnalysis, madeVerification } from './made.ts'

const client = (role: 'producer' | 'consumer', group: string): TrialAnalysis['clients'][number] => ({
  ...{ group, role, driver: 'wire', mode: 'tuned', workers: 1, batchedBy: 'harness', settings: [], badges: [] },
})
const fault = (kind: string, target: string, actedUs?: number) => ({
  ...{ id: '1', kind, target, nodes: [], takesLeaders: false, orderedUs: 1, partitions: [] },
  ...(actedUs === undefined ? {} : { actedUs, evidence: 'seen' }),
})

function verdicts(
  faults: ReturnType<typeof fault>[],
  accounting: Partial<TrialAnalysis['accounting']>,
  verification?: TrialAnalysis['verification'],
) {
  const recovery = { faults, windows: [], thresholdUs: 1, unavailableMaxUs: 0, leaderChanges: 0 }
  const clients = [client('producer', 'web'), client('consumer', 'readers')]
  const made = madeTrialAnalysis({ number: 1, accounting, ...(verification ? { verification } : {}) })
  const trial = { ...made, recovery, clients }
  return Object.fromEntries(runChecks([madeCell([trial])]).map(({ name, verdict }) => [name, verdict]))
}

const read = (consumed: number, group = 'readers') => ({ group, consumed, expected: 1001, reached: true })

describe('more stored than was told', () => {
  const surplus = { stored: 1001, groups: [read(1001)] }
  it.each([
    ['of a producer that was killed, is no anomaly', [fault('worker-kill', 'worker web/0', 2)], 'pass'],
    ['of one that was only frozen, is', [fault('worker-freeze', 'worker web/0', 2)], 'fail'],
    ['where a consumer was killed, is', [fault('worker-kill', 'workers of readers', 2)], 'fail'],
    ['where the kill was never proven, is', [fault('worker-kill', 'worker web/0')], 'fail'],
  ] as const)('%s', (_, faults, verdict) => {
    expect(verdicts([...faults], surplus)['acked is stored']).toBe(verdict)
  })
})

describe('another count than what is stored', () => {
  const again = { acked: 1001, stored: 1001, groups: [read(1020)] }
  it.each([
    ['of a group with a killed member', [fault('worker-kill', 'worker readers/0', 2)], 'pass'],
    ['of a group with a frozen member', [fault('worker-freeze', 'workers of readers', 2)], 'pass'],
    ['where a producer was killed', [fault('worker-kill', 'worker web/0', 2)], 'fail'],
  ] as const)('%s', (_, faults, verdict) => {
    expect(verdicts([...faults], again)['stored is read']).toBe(verdict)
  })

  it('of a group that no fault struck is explained by what its members wrote down to have processed again', () => {
    const told = (count: number, group = 0) =>
      madeVerification({
        findings: [
          {
            ...{ anomaly: 'group duplicate', count, ranges: [], rangesLeftOut: 0, evidence: [], byProducer: {} },
            byReader: [{ group, sort: 'within', count }],
          },
        ],
      })
    const verdictOf = (verification: TrialAnalysis['verification'], consumed: number) =>
      verdicts([], { ...again, groups: [read(consumed)] }, verification)['stored is read']
    expect(verdictOf(told(19), 1020)).toBe('pass')
    expect(verdictOf(told(18), 1020)).toBe('fail')
    expect(verdictOf(told(19, 1), 1020)).toBe('fail')
    expect(verdictOf(told(19), 1000)).toBe('fail')
  })

  it('of another group than the one struck stays an anomaly', () => {
    const both = { ...again, groups: [read(1020), read(1020, 'late')] }
    expect(verdicts([fault('worker-kill', 'worker readers/0', 2)], both)['stored is read']).toBe('fail')
  })
})
