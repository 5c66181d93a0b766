// Ledger and truth on a real broker: what a client wrote is found again exactly, and so is what a stranger did to it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hash32 } from '../../src/core/random.ts'
import type { TopicHandle } from '../../src/drivers/driver.ts'
import { makeRecordFactory } from '../../src/record/factory.ts'
import { Ledger } from '../../src/recording/ledger.ts'
import { ledgerDirectory, ledgerPath } from '../../src/recording/places.ts'
import { readTruth } from '../../src/run/truth.ts'
import { openHistory } from '../../src/run/verify.ts'
import { verifyHistory } from '../../src/verify/verify.ts'
import { requireOrSkip } from '../support/require.ts'
import { useBroker } from './broker.ts'
import { batchOf, send } from './driver-support.ts'

const RUN_TAG = hash32(1, 2, 3)
const { cluster, freshTopic, endOffsets, withProducer } = useBroker()
let folder: string
let trials = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-truth-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes batches of 50 to every partition in turn and keeps the ledger, as a worker would. */
async function write(topic: TopicHandle, codec: string, envelope: 'value' | 'header', batches = 12): Promise<number> {
  const trial = ++trials
  mkdirSync(ledgerDirectory(folder, trial), { recursive: true })
  const path = ledgerPath(folder, trial, 'writers-0')
  const ledger = new Ledger({ path, envelopeRun: RUN_TAG, producer: 3, topicNumbers: [topic.index] })
  const { factory: record } = makeRecordFactory({
    ...{ seed: 1, producer: 3, runTag: RUN_TAG, topicNumbers: [topic.index], keys: 'none', verify: 'records' },
    ...{ values: { size: 200, compressible: 0.5 }, headers: { count: 1, size: 8 }, envelope, batchSizeBytes: 16_384 },
  })
  const settings = { acks: 'all', 'compression.type': codec }
  await withProducer('kafkajs', { topics: [topic], settings, record }, async producer => {
    for (let i = 0; i < batches; i++) {
      const batch = batchOf(i % topic.partitions, Math.floor(i / topic.partitions) * 50, 50)
      const [result] = await send(producer, [batch])
      expect(result?.outcome).toBe('acked')
      ledger.settled(batch, 'acked', result?.baseOffset, result?.atUs ?? 0)
    }
  })
  await ledger.close()
  return trial
}

async function verify(topic: TopicHandle, trial: number, envelope: 'value' | 'header' = 'value') {
  const ends = await endOffsets(topic.name)
  const account = await readTruth({
    bootstrap: cluster().observerBootstrap,
    envelopeRun: RUN_TAG,
    topics: [
      {
        ...{ name: topic.name, number: topic.index, inHeaders: envelope === 'header', isCounted: false },
        partitions: ends.map(end => ({ begin: 0, earliest: 0, end })),
      },
    ],
    ...{ directory: folder, trial },
  })
  const facts = [{ number: topic.index, partitions: topic.partitions, isCompacted: false }]
  return { account, ...(await verifyHistory(await openHistory(folder, trial, facts))) }
}

const kcat = (args: string[]): Buffer => {
  const done = spawnSync('kcat', ['-b', cluster().bootstrap.join(','), ...args], { timeout: 30_000 })
  if (done.status !== 0) throw new Error(`kcat: ${String(done.stderr)}`)
  return done.stdout
}

describe('a full read of what kafkajs wrote', () => {
  test.each([
    ['none', 'value'],
    ['none', 'header'],
    ['gzip', 'value'],
    ['snappy', 'value'],
    ['lz4', 'value'],
    ['zstd', 'header'],
  ] as const)('%s, envelope in the %s: every record is found once, at its offset', async (codec, envelope) => {
    const topic = await freshTopic()
    const trial = await write(topic, codec, envelope)
    const { account, findings, complete, told, truth } = await verify(topic, trial, envelope)
    expect(account.notes).toEqual([])
    expect(findings).toEqual([])
    expect(complete).toBe(true)
    expect([told.acked, truth['stored'], account.records]).toEqual([600, 600, 600])
  })

  test('what a stranger writes again, and what it adds, is found at its offset', async context => {
    requireOrSkip('kcat', context)
    const topic = await freshTopic()
    const trial = await write(topic, 'lz4', 'value')
    const copy = join(folder, 'copy.bin')
    writeFileSync(copy, kcat(['-C', '-t', topic.name, '-p', '1', '-o', '7', '-c', '1', '-e', '-q', '-f', '%s']))
    kcat(['-P', '-t', topic.name, '-p', '1', copy])
    writeFileSync(copy, 'not ours')
    kcat(['-P', '-t', topic.name, '-p', '2', copy])
    const { findings } = await verify(topic, trial)
    expect(Object.fromEntries(findings.map(({ anomaly, count }) => [anomaly, count]))).toEqual({
      duplicated: 1,
      phantom: 1,
    })
    const twice = findings.find(one => one.anomaly === 'duplicated')
    expect(twice?.ranges).toMatchObject([{ partition: 1, from: 200, to: 201 }])
    expect(twice?.evidence).toMatchObject([{ producer: 3, partition: 1, seq: 7, offset: 200 }])
    expect(findings.find(one => one.anomaly === 'phantom')?.ranges).toMatchObject([
      { partition: 2, from: 200, to: 201 },
    ])
  })

  test('a record in another partition than it says is corrupt, and the one it came from stays', async context => {
    requireOrSkip('kcat', context)
    const topic = await freshTopic()
    const trial = await write(topic, 'none', 'value')
    const copy = join(folder, 'moved.bin')
    writeFileSync(copy, kcat(['-C', '-t', topic.name, '-p', '0', '-o', '0', '-c', '1', '-e', '-q', '-f', '%s']))
    kcat(['-P', '-t', topic.name, '-p', '2', copy])
    const { findings } = await verify(topic, trial)
    expect(findings).toMatchObject([{ anomaly: 'corrupt', count: 1, ranges: [{ partition: 2, from: 200, to: 201 }] }])
    expect(findings[0]?.evidence[0]?.note).toBe('another topic or partition')
  })
})
