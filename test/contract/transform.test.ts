// Consume-transform-produce on a real broker: aborts are read again, a zombie is fenced in the middle of its transaction, and kcat counts the same.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '@node-rs/crc32'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TopicHandle } from '../../src/drivers/driver.ts'
import { Crew } from '../../src/load/crew.ts'
import { makeRecordFactory } from '../../src/record/factory.ts'
import { Ledger } from '../../src/recording/ledger.ts'
import { groupDirectory, groupPath, ledgerDirectory, ledgerPath } from '../../src/recording/places.ts'
import { readTruth } from '../../src/run/truth.ts'
import { openHistory, openMembers } from '../../src/run/verify.ts'
import type { TransformFacts } from '../../src/verify/history.ts'
import { verifyHistory } from '../../src/verify/verify.ts'
import { requireOrSkip } from '../support/require.ts'
import { useBroker } from './broker.ts'
import { batchOf, nowUs, readerSpec, send, workerPids } from './driver-support.ts'

const [RUN, EACH, AT_ONCE] = [77, 120, 10]
const { cluster, freshTopic, endOffsets, withProducer } = useBroker()
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-transform-'))
  mkdirSync(groupDirectory(folder, 1), { recursive: true })
  mkdirSync(ledgerDirectory(folder, 1), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(context => requireOrSkip('java', context))
beforeEach(context => requireOrSkip('kcat', context))

/** Records with envelopes in every partition, and their ledger. */
async function write(topic: TopicHandle): Promise<void> {
  const { factory: record } = makeRecordFactory({
    ...{ seed: 1, producer: 0, runTag: RUN, topicNumbers: [topic.index], keys: 'none', verify: 'records' },
    // kafkajs does not check the CRC of batches it reads.
    crc32c: bytes => crc32c(bytes),
    ...{
      values: { size: 100, compressible: 0.5 },
      headers: { count: 0, size: 0 },
      envelope: 'value',
      batchSizeBytes: 9999,
    },
  })
  const path = ledgerPath(folder, 1, 'writers-0')
  const ledger = new Ledger({ path, envelopeRun: RUN, producer: 0, topicNumbers: [topic.index] })
  await withProducer('kafkajs', { topics: [topic], record }, async producer => {
    for (let partition = 0; partition < topic.partitions; partition++) {
      const batch = batchOf(partition, 0, EACH)
      const [result] = await send(producer, [batch])
      ledger.settled(batch, 'acked', result?.baseOffset, result?.atUs ?? 0)
    }
  })
  await ledger.close()
}

/** A member in a crew of its own, so that one can be stopped without the other. */
async function member(number: number, input: TopicHandle, target: TopicHandle, delay: number, abort: number) {
  const counters: Record<string, number> = {}
  const count = (own: Record<string, number>) => {
    for (const [name, by] of Object.entries(own)) counters[name] = (counters[name] ?? 0) + by
  }
  const events: string[] = []
  const crew = new Crew(
    { onInterval: (_, report) => count(report.counters), onEvent: (_, __, name) => events.push(name) },
    { environment: process.env },
  )
  const base = readerSpec(input, cluster().bootstrap)
  const worker = `billing-${number}`
  await crew.open([
    {
      ...base,
      ...{ worker, member: number, groupId: 'billing', runTag: RUN, verify: true },
      settings: { ...base.settings, 'session.timeout.ms': 6000, 'heartbeat.interval.ms': 500 },
      processing: { delay, handling: 'batch' },
      history: { path: groupPath(folder, 1, worker), group: 0 },
      transform: {
        ...{ target, records: AT_ONCE, abort, timeoutMs: 60_000, firstProducer: 1, seed: 3, fencing: 'partition' },
        ledgerPath: ledgerPath(folder, 1, worker),
      },
    },
  ])
  crew.start(nowUs())
  const done = async () => [...((await crew.positions()).values().next().value ?? new Map()).values()]
  return { crew, counters, events, done }
}

/** Values as an independent client is given them. */
function kcat(topic: string, isolation: string): Buffer[] {
  const args = ['-b', cluster().bootstrap.join(','), '-X', `isolation.level=${isolation}`]
  const done = spawnSync('kcat', [...args, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-D', '', '-f', '%S:%s'], {
    ...{ timeout: 30_000, maxBuffer: 1 << 26 },
  })
  expect(done.status, String(done.stderr)).toBe(0)
  const values: Buffer[] = []
  for (let at = 0; at < done.stdout.length; ) {
    const colon = done.stdout.indexOf(':', at)
    const end = colon + 1 + Number(done.stdout.subarray(at, colon).toString())
    values.push(done.stdout.subarray(colon + 1, end))
    at = end
  }
  return values
}

/** Producer, partition and sequence of an envelope, byte by byte. */
const identityOf = (value: Buffer): string =>
  `${value.readUInt16BE(8)}/${value.readUInt32BE(12)}/${value.readBigUInt64BE(16)}`

async function judge(input: TopicHandle, target: TopicHandle) {
  const topics = await Promise.all(
    [input, target].map(async ({ name, index: number }) => ({
      ...{ name, number, inHeaders: false, isCounted: false },
      partitions: (await endOffsets(name)).map(end => ({ begin: 0, earliest: 0, end })),
    })),
  )
  const account = await readTruth({
    ...{ bootstrap: cluster().observerBootstrap, envelopeRun: RUN, directory: folder, trial: 1, topics },
  })
  const facts = [input, target].map(({ index: number, partitions }) => ({ number, partitions, isCompacted: false }))
  const history = await openHistory(folder, 1, facts)
  const group = {
    number: 0,
    topics: [0],
    readsCommitted: false,
    reachedEnd: true,
    members: await openMembers(folder, 1),
  }
  const transform: TransformFacts = { group: 0, inputs: [0], target: 1, firstNumber: 1, reachedEnd: true }
  return { account, ...(await verifyHistory({ ...history, groups: [group], transforms: [transform] })) }
}

test('a member frozen in its transaction is fenced by its successor, and every input has one committed output', async () => {
  const input = await freshTopic(2)
  const target = { ...(await freshTopic(3)), index: 1 }
  await write(input)
  // Long enough that it is frozen between writing and committing, wherever this machine is slow.
  const zombie = await member(0, input, target, 8000, 0)
  const written = async () => (await endOffsets(target.name)).reduce((sum, end) => sum + end, 0)
  await expect.poll(written, { timeout: 30_000 }).toBe(AT_ONCE)
  const [pid = 0] = workerPids()
  process.kill(pid, 'SIGSTOP')
  const successor = await member(1, input, target, 0, 0.3)
  await expect.poll(successor.done, { timeout: 60_000 }).toEqual([EACH, EACH])
  process.kill(pid, 'SIGCONT')
  await expect.poll(() => zombie.events, { timeout: 60_000 }).toContain('transaction.fenced')
  for (const { crew } of [successor, zombie]) {
    await crew.finish('consumer', nowUs())
    await crew.close()
  }
  expect(zombie.counters['transactions.fenced']).toBe(1)
  expect(zombie.counters['transactions.committed']).toBeUndefined()
  const committed = successor.counters['transactions.committed'] ?? 0
  const aborted = successor.counters['transactions.aborted'] ?? 0
  expect([committed, aborted > 0]).toEqual([(2 * EACH) / AT_ONCE, true])

  const { findings, complete, transactions, truth, account, told } = await judge(input, target)
  expect(findings).toEqual([])
  expect(complete).toBe(true)
  expect(transactions).toEqual({ committed, aborted: aborted + 1, open: 0 })
  expect(told).toMatchObject({ acked: 4 * EACH, unknown: 0 })
  const hidden = (aborted + 1) * AT_ONCE
  expect([truth['stored'], truth['aborted'], truth['pending']]).toEqual([4 * EACH, hidden, 0])
  expect(account.transacted).toEqual([{ topic: 1, markers: truth['marker'], hidden }])

  const visible = kcat(target.name, 'read_committed').map(identityOf)
  expect([visible.length, new Set(visible).size]).toEqual([2 * EACH, 2 * EACH])
  expect(kcat(target.name, 'read_uncommitted')).toHaveLength(2 * EACH + hidden)
}, 150_000)
