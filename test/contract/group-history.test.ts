// What a group really does on a broker is found in its members' histories: who is killed before it commits leaves records to be processed again.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TopicHandle } from '../../src/drivers/driver.ts'
import { Crew } from '../../src/load/crew.ts'
import type { ConsumerWorkerSpec } from '../../src/load/messages.ts'
import { groupDirectory, groupPath } from '../../src/recording/places.ts'
import { HEAD_BYTES } from '../../src/recording/runs.ts'
import { readTruth } from '../../src/run/truth.ts'
import { openHistory, openMembers } from '../../src/run/verify.ts'
import { verifyHistory } from '../../src/verify/verify.ts'
import { requireOrSkip } from '../support/require.ts'
import { useBroker } from './broker.ts'
import { batchOf, nowUs, readerSpec, send, workerPids } from './driver-support.ts'

const RECORDS = 30
const AT_ONCE = 10
const { cluster, freshTopic, withProducer } = useBroker()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-group-'))
  mkdirSync(groupDirectory(folder, 1), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(context => requireOrSkip('java', context))

/** A member in a crew of its own, so that the end of one does not end the other. */
async function member(topic: TopicHandle, number: number, change: Partial<ConsumerWorkerSpec>) {
  const told: string[] = []
  const onEvent = (_: unknown, __: number, name: string) => void told.push(name)
  const crew = new Crew({ onInterval: () => undefined, onEvent }, { environment: process.env })
  const base = readerSpec(topic, cluster().bootstrap)
  const settings = { ...base.settings, 'session.timeout.ms': 6000, 'max.poll.records': AT_ONCE }
  const history = { path: groupPath(folder, 1, `readers-${number}`), group: 0 }
  await crew.open([
    { ...base, worker: `readers-${number}`, member: number, settings, commit: 'manual', history, ...change },
  ])
  crew.start(nowUs())
  const next = async () => [...(await crew.positions()).values()][0]?.get(`${topic.name}:0`) ?? 0
  const joins = () => told.filter(name => name === 'group.join').length
  return { crew, next, joins, historyBytes: () => statSync(history.path).size }
}

/** What the checks say of the histories of both members. */
async function findingsOf(topic: TopicHandle) {
  const truth = { name: topic.name, number: 0, inHeaders: false, isCounted: true }
  const partitions = [{ begin: 0, earliest: 0, end: RECORDS }]
  await readTruth({
    ...{ bootstrap: cluster().observerBootstrap, envelopeRun: 1, directory: folder, trial: 1 },
    topics: [{ ...truth, partitions }],
  })
  const history = await openHistory(folder, 1, [{ number: 0, partitions: 1, isCompacted: false }])
  const members = await openMembers(folder, 1)
  const group = { number: 0, topics: [0], readsCommitted: false, reachedEnd: true, members }
  return { ...(await verifyHistory({ ...history, groups: [group] })), members }
}

test('a member killed between processing and commit: its successor processes just that again', async () => {
  const topic = await freshTopic(1)
  await withProducer('kafkajs', { topics: [topic] }, async producer => {
    expect((await send(producer, [batchOf(0, 0, RECORDS)]))[0]?.outcome).toBe('acked')
  })
  const first = await member(topic, 0, { processing: { delay: 60_000, handling: 'batch' } })
  await expect.poll(first.next, { timeout: 20_000 }).toBe(AT_ONCE)
  await expect.poll(first.historyBytes).toBeGreaterThan(HEAD_BYTES)
  const [pid] = workerPids()
  process.kill(pid ?? 0, 'SIGKILL')
  await expect(first.crew.failed).rejects.toMatchObject({ code: 'E501' })
  const second = await member(topic, 1, {})
  await expect.poll(second.next, { timeout: 30_000 }).toBe(RECORDS)
  await second.crew.finish('consumer', nowUs())
  await second.crew.close()

  const { findings, notes, members } = await findingsOf(topic)
  expect(findings).toMatchObject([
    {
      ...{ anomaly: 'group duplicate', count: AT_ONCE, byReader: [{ group: 0, sort: 'within', count: AT_ONCE }] },
      ranges: [{ topic: 0, partition: 0, from: 0, to: AT_ONCE }],
    },
  ])
  // The killed member told less than all, and still everything can be told: its successor has been everywhere.
  expect(members.filter(source => !source.isWhole())).toHaveLength(1)
  expect(notes).toEqual([])
}, 90_000)

test('a member frozen between processing and commit: its late commit is refused, and it comes back as another member', async () => {
  const topic = await freshTopic(1)
  await withProducer('kafkajs', { topics: [topic] }, async producer => {
    expect((await send(producer, [batchOf(0, 0, RECORDS)]))[0]?.outcome).toBe('acked')
  })
  const first = await member(topic, 0, { processing: { delay: 3000, handling: 'batch' } })
  await expect.poll(first.next, { timeout: 20_000 }).toBe(AT_ONCE)
  const [pid] = workerPids()
  process.kill(pid ?? 0, 'SIGSTOP')
  const second = await member(topic, 1, {})
  await expect.poll(second.next, { timeout: 30_000 }).toBe(RECORDS)
  process.kill(pid ?? 0, 'SIGCONT')
  await Promise.race([expect.poll(first.joins, { timeout: 20_000 }).toBe(2), first.crew.failed])
  for (const { crew } of [first, second]) await crew.finish('consumer', nowUs())
  for (const { crew } of [first, second]) await crew.close()

  // Nothing was processed by a member that owned nothing, and no commit went back.
  expect((await findingsOf(topic)).findings).toMatchObject([
    { anomaly: 'group duplicate', count: AT_ONCE, byReader: [{ group: 0, sort: 'within', count: AT_ONCE }] },
  ])
}, 90_000)
