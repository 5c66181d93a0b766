// A member of a group must write down what it was handed, given and deprived of, under the numbers that topics have in the trial.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConsumerOptions, Driver } from '../../../src/drivers/driver.ts'
import { capabilities } from '../../../src/drivers/java/capabilities.ts'
import { ConsumerRole } from '../../../src/load/consume.ts'
import type { ConsumerWorkerSpec } from '../../../src/load/messages.ts'
import { Recorder } from '../../../src/load/recorder.ts'
import { writeEnvelope } from '../../../src/record/envelope.ts'
import { decodeGroupRun, GROUP_RUN_BYTES, NO_PRODUCER } from '../../../src/recording/group-run.ts'
import { RunFile } from '../../../src/recording/run-reader.ts'
import { stretch, T0_US } from './virtual-producer.ts'

const RUN = 0xabc
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-member-'))
  path = join(folder, 'readers-1.bin')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function rig(change: Partial<ConsumerWorkerSpec> = {}) {
  const spec: ConsumerWorkerSpec = {
    ...{ role: 'consumer', worker: 'readers-1', group: 'readers', groupId: 'g', member: 1, members: 2 },
    ...{ start: 'latest', driver: 'java', mode: 'tuned', settings: {}, bootstrap: [] },
    ...{ topics: [{ name: 't', index: 4, partitions: 2 }], anchor: { wallUs: T0_US, hrtimeNs: '0' }, runTag: RUN },
    ...{ segments: [stretch('measure', 10, 100)], processing: { delay: 0, handling: 'batch' }, commit: 'manual' },
    ...{ verify: true, beginOffsets: [[100, 0]], history: { path, group: 3 } },
    ...change,
  }
  const given: ConsumerOptions[] = []
  const driver: Driver = {
    capabilities,
    createConsumer: options => {
      given.push(options)
      return {
        open: async () => undefined,
        close: async () => undefined,
        counters: () => ({ wireBytes: 0, requests: 0 }),
      }
    },
  }
  const ports = { onAssigned: () => undefined, onEvent: () => undefined, onFatal: () => undefined }
  const role = new ConsumerRole(spec, driver, { nowUs: () => T0_US }, ports)
  const health = { cpuUs: 0, rssBytes: 0, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 }
  role.start(
    T0_US,
    new Recorder(
      T0_US,
      () => health,
      () => undefined,
    ),
  )
  return { role, options: given[0] as ConsumerOptions }
}

function record(offset: number, run = RUN) {
  const value = Buffer.alloc(60)
  writeEnvelope(value, 0, {
    ...{ flags: 0, run, producer: 2, topic: 4 },
    partition: 0,
    sequence: offset,
    intendedUs: T0_US,
  })
  return { value, headers: undefined, offset }
}

async function told() {
  await using file = await RunFile.open(path, 'group')
  const rows: unknown[] = []
  for await (const { runs } of file.frames())
    for (let at = 0; at < runs.length; at += GROUP_RUN_BYTES) {
      const run = decodeGroupRun(runs, at)
      rows.push([run?.kind, run?.topic, run?.partition, run?.offset, run?.n, run?.producer])
    }
  return { rows, head: file.head, isWhole: file.isWhole }
}

test('what a driver tells is in the file, with records before the trial left out and those read again in it', async () => {
  const { role, options } = rig()
  options.onAssigned([{ topic: 0, partition: 0 }], T0_US + 1)
  options.onRecords(0, 0, [record(99), record(100), record(101), record(102, 7)], T0_US + 2)
  options.onCommit({ topic: 0, partition: 0, offset: 103, askedUs: T0_US + 3, isDone: true })
  options.onRecords(0, 0, [record(101)], T0_US + 4)
  options.onRevoked(undefined, T0_US + 5)
  await role.finish()
  const { rows, head, isWhole } = await told()
  expect([head.number, head.partition, head.envelopeRun, isWhole]).toEqual([1, 3, RUN, true])
  expect(rows).toEqual([
    ['assigned', 4, 0, 0, 0, NO_PRODUCER],
    ['processed', 4, 0, 100, 2, 2],
    ['processed', 4, 0, 102, 1, NO_PRODUCER],
    ['committed', 4, 0, 103, 0, NO_PRODUCER],
    ['processed', 4, 0, 101, 1, NO_PRODUCER],
    ['revoked', 4, 0, 0, 0, NO_PRODUCER],
  ])
})

test('without envelopes offsets alone are told', async () => {
  const { role, options } = rig({ verify: false })
  options.onRecords(0, 0, [record(100), record(101, 7)], T0_US)
  await role.finish()
  expect((await told()).rows).toEqual([['processed', 4, 0, 100, 2, NO_PRODUCER]])
})
