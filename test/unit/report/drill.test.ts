// The drill page says what was proven, how long it took, and what was lost; a void fault is named as such.
import { describe, expect, it } from 'vitest'
import type { Analysis } from '../../../src/analysis/analysis.ts'
import { recovery as picture } from '../../../src/report/charts/recovery.ts'
import { momentsOf } from '../../../src/report/drill/moments.ts'
import { renderDrill, renderDrillHtml } from '../../../src/report/drill.ts'
import type { FaultRecovery } from '../../../src/stats/recovery.ts'
import { judge } from '../../../src/verify/judge.ts'
import { madeAnalysis, madeCell, madeTrialAnalysis, madeVerification } from '../verify/made.ts'

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

describe('whom a drill’s readers fetched from', () => {
  const rack = [{ name: 'client.rack', value: 'a', source: 'scenario' }]
  const reader = { role: 'consumer' as const, mode: 'tuned', workers: 1, batchedBy: 'client' as const, badges: [] }
  const clients = [
    { ...reader, group: 'nearby', driver: 'wire', tellsSource: true as const, settings: rack },
    { ...reader, group: 'billing', driver: 'kafkajs', settings: rack },
    { ...reader, group: 'audit', driver: 'kafkajs', settings: [] },
  ]
  const served = [
    { broker: 1, leader: 40, follower: 60 },
    { broker: 2, leader: 7, follower: 0 },
  ]
  const recovery = { faults: [KILL], windows: [], thresholdUs: 250_000, unavailableMaxUs: 1, leaderChanges: 1 }
  const pageWith = (change: Parameters<typeof madeTrialAnalysis>[0]): string => {
    const analysis = madeAnalysis([madeCell([madeTrialAnalysis({ recovery, ...change })])])
    return renderDrill(analysis, judge(analysis, [])).replaceAll('\\', '')
  }

  it('counts records by broker where the driver tells, and names the readers of racks that do not', () => {
    const page = pageWith({ clients, accounting: { served } })
    expect(page).toContain(
      '60 of 107 records were fetched from followers: node 1 40 as leader and 60 as follower, node 2 7 as leader and 0 as follower',
    )
    expect(page).toContain('Not shown: which replicas served billing (kafkajs).')
  })

  it('says nothing where no reader asks for a rack', () => {
    const page = pageWith({ clients: clients.map(one => ({ ...one, settings: [] })), accounting: { served } })
    expect(page).not.toMatch(/followers|Not shown/)
  })
})

const SECOND_US = 1e6

/** Calm for five seconds, silent for nine, slow for two, calm again; the broker is killed at 5.1 s and back at 8 s. */
function drilled() {
  const fault: FaultRecovery = {
    ...KILL,
    orderedUs: 105 * SECOND_US,
    actedUs: 105.1 * SECOND_US,
    healedUs: 108 * SECOND_US,
    clusterRtoUs: 8.4 * SECOND_US,
    clientRtoUs: 9 * SECOND_US,
    partitions: [{ topic: 't', partition: 0, oldLeader: 2, oldEpoch: 0, firstAckUs: 114 * SECOND_US }],
  }
  const series = Array.from({ length: 20 }, (_, tSeconds) => {
    const isSilent = tSeconds >= 5 && tSeconds < 14
    const ackP99Us = tSeconds === 14 || tSeconds === 15 ? 9_000_000 : 10_000
    return {
      tSeconds,
      phase: 'measure' as const,
      targetPerSecond: 100,
      sentPerSecond: 100,
      ackedPerSecond: isSilent ? 0 : 100,
      consumedPerSecond: 0,
      errors: 0,
      retries: tSeconds === 7 ? 3 : 0,
      ...(isSilent ? {} : { ackP99Us, ackP50Us: ackP99Us / 2 }),
    }
  })
  const recovery = {
    ...{ faults: [fault], windows: [], thresholdUs: 250_000, unavailableMaxUs: 9_100_000, leaderChanges: 1 },
    startUs: 100 * SECOND_US,
    course: [
      { tSeconds: 0, fewestInSync: 3, leaderless: 0, newEpochs: 0 },
      { tSeconds: 13.5, fewestInSync: 2, leaderless: 0, newEpochs: 1 },
    ],
  }
  return madeTrialAnalysis({
    recovery,
    series,
    phases: [{ name: 'measure', kind: 'steady', t0Seconds: 0, t1Seconds: 20 }],
  })
}

describe('the moments of a drill', () => {
  it('are told from the start of load, and steady is where no later second is slow', () => {
    const [row] = momentsOf(drilled())
    expect(row?.at).toEqual({
      t0: 5,
      't0′': 5.1,
      t1: 7,
      t2: 13.5,
      t3: 14,
      t4: 14.1,
      t5: 16,
      t6: 8,
      t7: 11,
    })
  })

  it('leave out slow links that are only the setting of a crash', () => {
    const trial = drilled()
    const [fault] = trial.recovery?.faults ?? []
    const slow = {
      ...(fault as FaultRecovery),
      id: '0',
      kind: 'latency',
      takesLeaders: false,
      clientRtoUs: 30 * SECOND_US,
    }
    trial.recovery?.faults.unshift(slow)
    expect(momentsOf(trial).map(row => row.fault.kind)).toEqual(['broker-kill'])
    if (trial.recovery) trial.recovery.faults = [slow]
    expect(momentsOf(trial).map(row => row.fault.kind)).toEqual(['latency'])
  })

  it('are none where the load ended before it was steady', () => {
    const trial = drilled()
    expect(momentsOf({ ...trial, series: trial.series.slice(0, 15) })[0]?.at.t5).toBeUndefined()
  })

  it('stand in the page with the load under and after the faults, and with the timers that set them', () => {
    const analysis = madeAnalysis([madeCell([drilled()])])
    const text = renderDrill(analysis, judge(analysis, []))
    expect(text).toContain('| 5.00 | 5.10 | 7 | 13.50 | 14.00 | 14.10 | 16 | 8.00 | 11.00 | – |')
    expect(text).toContain('| leaders move | t0′ – t2 | 8.4 s | 6.7 – 11.6 s: a session without heartbeats | as said |')
    expect(text).toContain('| before | 100/s | 100 % |')
    expect(text).toContain('| under the faults | 0/s | 0 % |')
  })

  it('give the active controller a whole new session', () => {
    const trial = drilled()
    const [fault] = trial.recovery?.faults ?? []
    Object.assign(fault ?? {}, { controller: 2 })
    const analysis = madeAnalysis([madeCell([trial])])
    expect(renderDrill(analysis, judge(analysis, []))).toContain(
      '9.0 – 15.0 s: a session without heartbeats | not as said |',
    )
  })
})

describe('the drill page in HTML', () => {
  it('holds the picture, the headline numbers, every anomaly with its place, and nothing of a user as markup', async () => {
    const lost = { anomaly: 'lost', count: 7, ranges: [{ topic: 0, partition: 1, from: 5, to: 12, leaderEpoch: 3 }] }
    const verification = madeVerification({
      findings: [{ ...lost, rangesLeftOut: 0, evidence: [], byProducer: {} }],
      rpo: { records: 7, bytes: 700, seconds: 1 },
    })
    const analysis = madeAnalysis([madeCell([{ ...drilled(), verification }])])
    const scenario = { ...analysis.scenario, description: '`<img src=x>` & co' }
    const page = await renderDrillHtml({ ...analysis, scenario }, judge(analysis, []))
    expect(page.match(/<svg class="chart"/g)).toHaveLength(3)
    expect(page).toContain('<div class="value">8.4 s</div>')
    expect(page).toContain('offsets 5 to 11 (leader epoch 3)')
    expect(page).toContain('&lt;img src=x&gt;')
    expect(page).not.toContain('<img')
    expect(page).toContain('<code>kafka-metadata-quorum.sh')
  })

  it('draws a panel for each thing that was seen', () => {
    expect(picture.draw(drilled()).panels.map(panel => panel.title)).toEqual([
      'Records per second',
      'Acknowledgement response time',
      'What the brokers told',
    ])
  })
})
