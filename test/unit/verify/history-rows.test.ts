// What ledger and truth gave becomes a verdict: violations fail, what settings allow is told, what was not read is in doubt.
import { expect, test } from 'vitest'
import type { TrialAnalysis } from '../../../src/analysis/analysis.ts'
import type { Finding } from '../../../src/analysis/verification.ts'
import { runChecks } from '../../../src/verify/checks.ts'
import { HISTORY_ROWS } from '../../../src/verify/history-checks.ts'
import { madeCell, madeTrialAnalysis, madeVerification } from './made.ts'

const finding = (anomaly: string, count: number): Finding => ({
  ...{ anomaly, count, rangesLeftOut: 0 },
  ranges: [{ topic: 0, partition: 2, from: 120, to: 120 + count, leaderEpoch: 5 }],
  evidence: [{ topic: 0, partition: 2, offset: 120, producer: 1, seq: 77 }],
  byProducer: { 1: count },
})

const topics: TrialAnalysis['topics'] = [
  {
    ...{ name: 'events', declared: 'events', partitions: 3, replicationFactor: 1 },
    ...{ beginOffsets: [], endOffsets: [], settings: [] },
  },
]

const outcome = (name: string, change: Parameters<typeof madeTrialAnalysis>[0]) =>
  runChecks([madeCell([madeTrialAnalysis({ topics, clients: [client({ acks: 'all' })], ...change })])]).find(
    check => check.name === name,
  )?.cells[0]

const client = (settings: Record<string, string>): TrialAnalysis['clients'][number] => ({
  ...{
    group: 'writers',
    role: 'producer',
    driver: 'wire',
    mode: 'tuned',
    workers: 2,
    batchedBy: 'harness',
    badges: [],
  },
  settings: Object.entries(settings).map(([name, value]) => ({ name, value, source: 'default' })),
})

test('every anomaly has a row, and a trial that was read back passes them all', () => {
  const verification = madeVerification({ truth: { stored: 1000, marker: 2 }, groups: 1 })
  const checks = runChecks([madeCell([madeTrialAnalysis({ verification })])])
  for (const { name } of HISTORY_ROWS) expect(checks.find(check => check.name === name)?.verdict, name).toBe('pass')
})

test('a violation fails with its count, its offsets, its epoch and the first record', () => {
  const verification = madeVerification({ findings: [finding('lost', 3)], rpo: { records: 3, bytes: 1, seconds: 0 } })
  const row = outcome('nothing acked is lost', { verification })
  expect(row).toMatchObject({ verdict: 'fail', reason: 'the first: producer 1, sequence 77, partition 2, offset 120' })
  expect(row?.observed).toBe('3 lost: events-2 offsets 120 to 122 (leader epoch 5)')
})

test('what was found lost is not counted as missing a second time', () => {
  const verification = madeVerification({ findings: [finding('lost', 3)], rpo: { records: 3, bytes: 1, seconds: 0 } })
  expect(outcome('acked is stored', { verification, accounting: { stored: 997 } })?.verdict).toBe('pass')
  expect(outcome('acked is stored', { verification, accounting: { stored: 996 } })?.verdict).toBe('fail')
})

test.each<[number, number, string]>([
  [4, 5, 'pass'],
  [5, 5, 'pass'],
  [6, 5, 'fail'],
  [1, 0, 'fail'],
])('%i duplicates where %i records were sent again: %s', (count, maybeDuplicated, verdict) => {
  const verification = madeVerification({ findings: [finding('duplicated', count)] })
  const row = outcome('nothing is stored twice', { verification, accounting: { maybeDuplicated } })
  expect(row?.verdict).toBe(verdict)
  if (verdict === 'pass') expect(row?.observed).toMatch(/allowed: without idempotence/)
})

test.each<[Record<string, string>, number, string]>([
  [{ 'enable.idempotence': 'false', 'max.in.flight.requests.per.connection': '5' }, 3, 'pass'],
  [{ 'enable.idempotence': 'false', 'max.in.flight.requests.per.connection': '5' }, 0, 'fail'],
  [{ 'enable.idempotence': 'false', 'max.in.flight.requests.per.connection': '1' }, 3, 'fail'],
  [{ 'enable.idempotence': 'true', 'max.in.flight.requests.per.connection': '5' }, 3, 'fail'],
])('reordering under %j with %i retries: %s', (settings, retries, verdict) => {
  const verification = madeVerification({ findings: [finding('reordered', 2)] })
  const row = outcome('order is kept', { verification, accounting: { retries }, clients: [client(settings)] })
  expect(row?.verdict).toBe(verdict)
})

test('what could not be read is in doubt, and a violation stays one all the same', () => {
  const unread = madeVerification({ complete: false, notes: ['events-0 could not be read'] })
  expect(outcome('nothing acked is lost', { verification: unread })).toMatchObject({
    verdict: 'inconclusive',
    reason: 'events-0 could not be read',
  })
  const found = { ...unread, findings: [finding('lost', 1)] }
  expect(outcome('nothing acked is lost', { verification: found })?.verdict).toBe('fail')
})

test('a trial that was not read back is in doubt, one without a broker has nothing to read', () => {
  const truthRead = { skipped: 'no broker answers' }
  expect(outcome('nothing acked is lost', { truthRead })).toMatchObject({
    verdict: 'inconclusive',
    reason: 'no broker answers',
  })
  expect(outcome('nothing acked is lost', { truthRead, accounting: { withoutBroker: true } })).toBeUndefined()
  expect(outcome('nothing acked is lost', {})).toBeUndefined()
})

test('checks of groups and transactions are shown only where there are any', () => {
  const names = runChecks([madeCell([madeTrialAnalysis({ verification: madeVerification() })])]).map(
    check => check.name,
  )
  expect(names).toContain('nothing acked is lost')
  for (const name of ['transactions are whole', 'nothing is processed twice']) expect(names).not.toContain(name)
  const verification = madeVerification({ findings: [finding('torn transaction', 1)] })
  expect(outcome('transactions are whole', { verification })?.verdict).toBe('fail')
})
