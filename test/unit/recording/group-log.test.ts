// A member's history must hold every step once, in few runs, and in an order from which the group's path can be told.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GroupLog } from '../../../src/recording/group-log.ts'
import { decodeGroupRun, GROUP_RUN_BYTES, type GroupRun, NO_PRODUCER } from '../../../src/recording/group-run.ts'
import { RunFile } from '../../../src/recording/run-reader.ts'

const T0_US = 1_790_000_000_000_000
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-group-'))
  path = join(folder, 'readers-0.bin')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const openLog = () => new GroupLog({ path, envelopeRun: 7, member: 3, group: 2 })
const P1 = { topic: 5, partition: 1 }
const P2 = { topic: 5, partition: 2 }

/** Hands over `n` records of producer 9, whose sequences run beside the offsets. */
function read(log: GroupLog, { topic, partition }: typeof P1, offset: number, n: number, ms: number): void {
  for (let i = 0; i < n; i++) log.processed(topic, partition, offset + i, 9, 1000 + offset + i, T0_US + ms * 1000)
}

/** What stands in the file: kind, partition, offset, count and time in ms of every run. */
async function told(log: GroupLog) {
  await log.close()
  await using file = await RunFile.open(path, 'group')
  const runs: GroupRun[] = []
  for await (const frame of file.frames())
    for (let at = 0; at < frame.runs.length; at += GROUP_RUN_BYTES)
      runs.push(decodeGroupRun(frame.runs, at) as GroupRun)
  const rows = runs.map(({ kind, partition, offset, n, atUs }) => [kind, partition, offset, n, (atUs - T0_US) / 1000])
  return { runs, rows, isWhole: file.isWhole, head: file.head }
}

describe('the history of a member', () => {
  test('names whose it is, and ends with its mark', async () => {
    const { head, isWhole, rows } = await told(openLog())
    expect([head, isWhole, rows]).toEqual([
      { envelopeRun: 7, number: 3, partition: 2, beginOffset: 0, endOffset: 0 },
      true,
      [],
    ])
  })

  test('makes one run of offsets and sequences that go on, for a tenth of a second', async () => {
    const log = openLog()
    read(log, P1, 10, 5, 0)
    read(log, P1, 15, 5, 100)
    read(log, P1, 20, 5, 101)
    const { rows, runs } = await told(log)
    expect(rows).toEqual([
      ['processed', 1, 10, 10, 0],
      ['processed', 1, 20, 5, 101],
    ])
    expect(runs[0]).toMatchObject({ topic: 5, member: 3, producer: 9, seq0: 1010 })
  })

  test.each<[string, (log: GroupLog) => void]>([
    ['a hole in the offsets', log => log.processed(5, 1, 16, 9, 1015, T0_US)],
    ['an offset that comes again', log => log.processed(5, 1, 14, 9, 1014, T0_US)],
    ['another producer', log => log.processed(5, 1, 15, 8, 1015, T0_US)],
    ['a hole in the sequences', log => log.processed(5, 1, 15, 9, 1016, T0_US)],
    ['an envelope that could not be read', log => log.processed(5, 1, 15, NO_PRODUCER, 0, T0_US)],
  ])('begins a new run at %s', async (_, next) => {
    const log = openLog()
    read(log, P1, 10, 5, 0)
    next(log)
    expect((await told(log)).rows).toHaveLength(2)
  })

  test('without envelopes offsets alone make a run', async () => {
    const log = openLog()
    for (let offset = 0; offset < 7; offset++) log.processed(5, 1, offset, NO_PRODUCER, 0, T0_US)
    const { runs } = await told(log)
    expect(runs).toMatchObject([{ offset: 0, n: 7, producer: NO_PRODUCER }])
  })

  test('keeps the last of the commits that follow processing, behind what they cover', async () => {
    const log = openLog()
    for (let i = 0; i < 10; i++) {
      read(log, P1, i, 1, i)
      log.committed(P1, i + 1, T0_US + i * 1000 + 500, true)
    }
    expect((await told(log)).rows).toEqual([
      ['processed', 1, 0, 10, 0],
      ['committed', 1, 10, 0, 9.5],
    ])
  })

  test.each<[string, [number, boolean]]>([
    ['beyond what was processed', [11, true]],
    ['of what an earlier run told', [3, true]],
    ['that goes back', [6, true]],
    ['that failed', [10, false]],
  ])('keeps a commit apart %s', async (_, [offset, isDone]) => {
    const log = openLog()
    read(log, P1, 5, 5, 0)
    log.committed(P1, 8, T0_US + 1000, true)
    log.committed(P1, offset, T0_US + 2000, isDone)
    read(log, P1, 10, 1, 3)
    expect((await told(log)).rows).toEqual([
      ['processed', 1, 5, 5, 0],
      ['committed', 1, 8, 0, 1],
      [isDone ? 'committed' : 'refused', 1, offset, 0, 2],
      ['processed', 1, 10, 1, 3],
    ])
  })

  test('tells what was given and taken as changes, between the runs they part', async () => {
    const log = openLog()
    log.owns([P1, P2], T0_US)
    log.owns([P1, P2], T0_US + 1000)
    read(log, P1, 0, 2, 2)
    read(log, P2, 0, 2, 3)
    log.owns([P1], T0_US + 4000)
    log.revoked([P2], T0_US + 5000)
    log.revoked(undefined, T0_US + 6000)
    log.owns([P1], T0_US + 6000)
    read(log, P1, 2, 2, 7)
    expect((await told(log)).rows).toEqual([
      ['assigned', 1, 0, 0, 0],
      ['assigned', 2, 0, 0, 0],
      ['processed', 1, 0, 2, 2],
      ['processed', 2, 0, 2, 3],
      ['revoked', 2, 0, 0, 4],
      ['revoked', 1, 0, 0, 6],
      ['assigned', 1, 0, 0, 6],
      ['processed', 1, 2, 2, 7],
    ])
  })

  test('keeps the order of time over partitions in bounded memory', async () => {
    const log = openLog()
    for (let i = 0; i < 3000; i++) read(log, i % 2 === 0 ? P1 : P2, i * 2, 1, i)
    const { runs } = await told(log)
    expect(runs).toHaveLength(3000)
    expect(runs.map(run => run.atUs)).toEqual(runs.map(run => run.atUs).toSorted((a, b) => a - b))
  })
})
