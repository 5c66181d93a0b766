// The drill page says what was proven, how long it took, and what was lost; a void fault is named as such.
import { describe, expect, it } from 'vitest'
import type { Analysis } from '../../../src/analysis/analysis.ts'
import { renderDrill } from '../../../src/report/drill.ts'
import type { FaultRecovery } from '../../../src/stats/recovery.ts'
import { judge } from '../../../src/verify/judge.ts'
import { madeAnalysis, madeCell, madeTrialAnalysis } from '../verify/made.ts'

const KILL: FaultRecovery = {
  id: '1',
  kind: 'broker-kill',
  target: 'node 2',
  nodes: [2],
  takesLeaders: true,
  orderedUs: 1,
  actedUs: 2,
  healedUs: 30,
  partitions: [],
  clusterRtoUs: 8_120_000,
  clientRtoUs: 9_450_000,
  isrFullUs: 3_000_000,
}

function pageOf(fault: FaultRecovery): string {
  const recovery = { faults: [fault], windows: [], thresholdUs: 250_000, unavailableMaxUs: 9_600_000, leaderChanges: 1 }
  const analysis: Analysis = madeAnalysis([madeCell([madeTrialAnalysis({ recovery })])])
  return renderDrill(analysis, judge(analysis, []))
}

describe('the drill page', () => {
  it('tells both recovery times, and whose share is whose', () => {
    const page = pageOf(KILL)
    expect(page).toContain('| proven | 8.12 s | 9.45 s | 9.6 s | 3 s |')
    expect(page).toContain('of 9.45 s the cluster took 8.12 s and the clients 1.33 s')
    expect(page).toContain('broker.session.timeout.ms')
    expect(page).toContain('Proven to have acted: broker\\-kill, 1 of 1 times')
  })

  it('names a void fault and shows no times for it', () => {
    const { actedUs: _a, clusterRtoUs: _b, clientRtoUs: _c, isrFullUs: _d, ...bare } = KILL
    const page = pageOf({ ...bare, voidReason: 'no leader of orders at this moment' })
    expect(page).toContain('| void | – | – |')
    expect(page).toContain('Void: broker\\-kill: no leader of orders at this moment')
  })
})
