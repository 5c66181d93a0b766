// The expectation matrix, cell by cell as it is documented, and how a trial's settings and faults lead to a cell.
import { describe, expect, test } from 'vitest'
import type { TrialAnalysis } from '../../../src/analysis/analysis.ts'
import type { Finding } from '../../../src/analysis/verification.ts'
import { allowanceOf } from '../../../src/verify/allowance.ts'
import { expectationOf, type FaultClass, type Terms } from '../../../src/verify/expectation.ts'
import { faultClassOf, groupTerms } from '../../../src/verify/terms.ts'
import { madeTrialAnalysis } from './made.ts'

const SAFE: Terms = {
  ...{ acks: 'all', minInsyncReplicas: 2, replicationFactor: 3, isIdempotent: true, mayOvertake: false },
  ...{ isUncleanElectionOn: false, isTransactional: false, readsCommitted: false, commitsAhead: false },
  transforms: false as const,
  ...{ transactionVersion: 2, eligibleLeaderReplicasVersion: 1 },
}
const COLUMNS: Record<string, Terms> = {
  'acks=0': { ...SAFE, acks: '0', isIdempotent: false, mayOvertake: true },
  'acks=1': { ...SAFE, acks: '1', isIdempotent: false, mayOvertake: true },
  'all, minISR 1': { ...SAFE, minInsyncReplicas: 1, isIdempotent: false, mayOvertake: true },
  'all, minISR 2': { ...SAFE, isIdempotent: false, mayOvertake: true },
  idempotent: SAFE,
  unclean: { ...SAFE, isUncleanElectionOn: true },
  transactional: { ...SAFE, isTransactional: true, readsCommitted: true, transforms: 'partition' },
  unfenced: { ...SAFE, isTransactional: true, readsCommitted: true, transforms: 'member' },
}

/** Per row one letter per column: – violation, a allowed, b bounded. */
const MATRIX: [string, FaultClass, string][] = [
  ['lost', 'none', 'a-------'],
  ['lost', 'F1', 'abb-----'],
  ['lost', 'F2', 'abb-----'],
  ['lost', 'F3', 'a-------'],
  ['lost', 'F4', 'abb--a--'],
  ['duplicated', 'none', '-bbbbb--'],
  ['duplicated', 'F1', '-bbbbb-b'],
  ['reordered', 'none', '-bbb----'],
  ['reordered', 'F1', 'abbb----'],
  ['reordered', 'F4', 'abbb-a--'],
  ['offset clash', 'none', '--------'],
  ['offset clash', 'F2', '-bb-----'],
  ['offset clash', 'F4', '-bb--a--'],
  ['read then lost', 'none', '--------'],
  ['read then lost', 'F1', 'bbb-----'],
  ['read then lost', 'F4', 'bbb--a--'],
  ['skipped', 'F4', '-----a--'],
  ['rewound', 'F1', '--------'],
  ['phantom', 'F4', '--------'],
  ['corrupt', 'F4', '--------'],
  ['failed yet stored', 'F4', '--------'],
  ['group duplicate', 'F1', 'aaaaaa-b'],
  ['group duplicate', 'none', 'aaaaaa--'],
  ['commit out of line', 'F3', '-------b'],
  ['torn transaction', 'F2', '--------'],
  ['stuck transaction', 'F4', '-----a--'],
  ['forbidden success', 'F1', '--------'],
]

const LETTER = { violation: '-', allowed: 'a', bounded: 'b' } as const

describe('the matrix', () => {
  test.each(MATRIX)('%s under %s: %s', (anomaly, faults, letters) => {
    const answers = Object.values(COLUMNS).map(terms => LETTER[expectationOf(anomaly, terms, faults).answer])
    expect(answers.join('')).toBe(letters)
  })

  test('without eligible leader replicas a lost suffix beyond tolerance is allowed, with them it is not', () => {
    expect(expectationOf('lost', { ...SAFE, eligibleLeaderReplicasVersion: 0 }, 'F4').answer).toBe('allowed')
    expect(expectationOf('lost', SAFE, 'F4').answer).toBe('violation')
    for (const anomaly of ['read then lost', 'rewound', 'skipped', 'unseen', 'commit out of line']) {
      expect(expectationOf(anomaly, { ...SAFE, eligibleLeaderReplicasVersion: 0 }, 'F4').answer).toBe('allowed')
      expect(expectationOf(anomaly, { ...SAFE, eligibleLeaderReplicasVersion: 0 }, 'F1').answer).toBe('violation')
      expect(expectationOf(anomaly, SAFE, 'F4').answer).toBe('violation')
    }
  })

  test('before transaction.version 2 a torn transaction is allowed', () => {
    const old = { ...SAFE, isTransactional: true, transactionVersion: 1 }
    for (const anomaly of ['lost', 'torn transaction', 'stuck transaction'])
      expect(expectationOf(anomaly, old, 'F2').answer).toBe('allowed')
  })
})

type Fault = NonNullable<TrialAnalysis['recovery']>['faults'][number]
const T0_US = 1_000_000_000
const fault = (kind: string, change: Partial<Fault> = {}): Fault => ({
  ...{ id: kind, kind, target: '', nodes: [1], takesLeaders: true, orderedUs: T0_US, actedUs: T0_US },
  ...{ healedUs: T0_US + 10_000_000, partitions: [] },
  ...change,
})
const withFaults = (...faults: Fault[]): Partial<TrialAnalysis> => ({
  recovery: { faults, windows: [], thresholdUs: 0, unavailableMaxUs: 0, leaderChanges: 0 },
})
const rows = (settings: Record<string, string>) =>
  Object.entries(settings).map(([name, value]) => ({ name, value, source: 'x' }))
const producer = (workers: number, settings: Record<string, string>): TrialAnalysis['clients'][number] => ({
  ...{ group: 'w', role: 'producer', driver: 'wire', mode: 'tuned', workers, batchedBy: 'harness', badges: [] },
  settings: rows(settings),
})
const topic = (settings: Record<string, string>): TrialAnalysis['topics'][number] => ({
  ...{ name: 't', declared: 't', partitions: 1, replicationFactor: 3, beginOffsets: [], endOffsets: [] },
  settings: rows(settings),
})
const lost = (change: Partial<Finding> = {}): Finding => ({
  ...{ anomaly: 'lost', count: 2, ranges: [], rangesLeftOut: 0, evidence: [], byProducer: { 0: 2 } },
  ...{ settledFromUs: T0_US, settledToUs: T0_US + 5_000_000 },
  ...change,
})

describe('the class of what was done to a trial', () => {
  test.each<[string, Fault[], FaultClass]>([
    ['nothing', [], 'none'],
    ['a fault that never took effect', [fault('broker-kill', { actedUs: undefined as never })], 'none'],
    ['one node killed', [fault('broker-kill')], 'F1'],
    [
      'two nodes, one after the other',
      [fault('broker-kill'), fault('freeze', { nodes: [2], actedUs: T0_US + 2e7 })],
      'F1',
    ],
    ['two nodes at once', [fault('broker-kill'), fault('freeze', { nodes: [2], actedUs: T0_US + 1 })], 'F4'],
    ['a node cut off', [fault('isolate')], 'F2'],
    ['answers dropped', [fault('ack-loss')], 'F3'],
    ['answers dropped and a node killed', [fault('ack-loss'), fault('broker-stop')], 'F1'],
    ['power lost', [fault('power-loss')], 'F4'],
    ['an unclean election ordered', [fault('unclean-election', { nodes: [] })], 'F4'],
  ])('%s', (_, faults, expected) => {
    const trial = madeTrialAnalysis(withFaults(...faults))
    expect(faultClassOf(trial, SAFE)).toBe(expected)
  })
})

describe('a finding', () => {
  const trial = (settings: Record<string, string>, ...faults: Fault[]) =>
    madeTrialAnalysis({
      ...withFaults(...faults),
      clients: [producer(1, settings)],
      topics: [topic({ 'min.insync.replicas': '2' })],
    })

  test('of losses at acks=1 is allowed by a fault it lies beside, and not without one or far from it', () => {
    const settings = { acks: '1', 'enable.idempotence': 'false' }
    expect(allowanceOf(lost(), trial(settings, fault('isolate')))).toMatch(/acks=1/)
    expect(allowanceOf(lost(), trial(settings))).toBeUndefined()
    expect(allowanceOf(lost({ settledFromUs: T0_US - 60_000_000 }), trial(settings, fault('isolate')))).toBeUndefined()
    expect(allowanceOf(lost({ settledToUs: T0_US + 60_000_000 }), trial(settings, fault('isolate')))).toBeUndefined()
  })

  test('of losses at acks=all with two in sync is a violation under the same fault', () => {
    const settings = { acks: 'all', 'enable.idempotence': 'true' }
    expect(allowanceOf(lost(), trial(settings, fault('isolate')))).toBeUndefined()
  })

  test('of records that were read and lost is allowed by an unclean election that was ordered, whatever the topic says', () => {
    const settings = { acks: 'all', 'enable.idempotence': 'true' }
    const readThenLost = lost({ anomaly: 'read then lost', byReader: [{ group: 0, count: 2 }] })
    const ordered = trial(settings, fault('broker-kill'), fault('unclean-election', { nodes: [] }))
    expect(allowanceOf(readThenLost, ordered)).toMatch(/without all that was acknowledged could be elected/)
    expect(allowanceOf(lost(), ordered)).toMatch(/not in sync could be elected/)
    const refused = fault('unclean-election', { nodes: [], actedUs: undefined as never })
    expect(allowanceOf(readThenLost, trial(settings, fault('broker-kill'), refused))).toBeUndefined()
  })

  test.each<['as-shipped' | 'tuned', string, RegExp | undefined]>([
    ['as-shipped', 'false', /without idempotence/],
    ['as-shipped', 'true', undefined],
    ['tuned', 'false', undefined],
  ])('of duplicates in mode %s with idempotence %s, where nothing tells of a retry', (mode, idempotence, why) => {
    const clients = [{ ...producer(1, { acks: 'all', 'enable.idempotence': idempotence }), mode }]
    const made = madeTrialAnalysis({ clients, accounting: { maybeDuplicated: 0 } })
    const reason = allowanceOf(lost({ anomaly: 'duplicated', byProducer: { 0: 2 } }), made)
    if (why) expect(reason).toMatch(why)
    else expect(reason).toBeUndefined()
  })

  test('is allowed only where the terms of every producer it is of allow it', () => {
    const two = madeTrialAnalysis({
      ...withFaults(fault('isolate')),
      clients: [producer(2, { acks: '1' }), producer(1, { acks: 'all' })],
      topics: [topic({ 'min.insync.replicas': '2' })],
    })
    expect(groupTerms(two).map(({ from, to, terms }) => [from, to, terms.acks])).toEqual([
      [0, 2, '1'],
      [2, 3, 'all'],
    ])
    expect(allowanceOf(lost({ byProducer: { 1: 2 } }), two)).toMatch(/acks=1/)
    expect(allowanceOf(lost({ byProducer: { 1: 1, 2: 1 } }), two)).toBeUndefined()
    expect(allowanceOf(lost({ byProducer: { '-1': 1 } }), two)).toBeUndefined()
  })
})
