// The ledger must hold every outcome once, in as few runs as say the same, and survive being cut off at any byte.
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Ledger, type SettledBatch } from '../../../src/recording/ledger.ts'
import { decodeLedgerRun, LEDGER_RUN_BYTES, type LedgerRun } from '../../../src/recording/ledger-run.ts'
import { RunFile } from '../../../src/recording/run-reader.ts'

const T0_US = 1_790_000_000_000_000
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-ledger-'))
  path = join(folder, 'writers-0.bin')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const openLedger = () => new Ledger({ path, envelopeRun: 7, producer: 3, topicNumbers: [5, 9] })

function batch(partition: number, firstSeq: number, count: number, change: Partial<SettledBatch> = {}): SettledBatch {
  const times = { first: T0_US + firstSeq * 1000, last: T0_US + (firstSeq + count - 1) * 1000 }
  return {
    ...{ topic: 0, partition, firstSeq, count, rawBytes: 61 + count * 100 },
    ...{ intended: times, offered: times, attempts: 1, ambiguous: false },
    ...change,
  }
}

async function readLedger(): Promise<{ runs: LedgerRun[]; isWhole: boolean; tornBytes: number; head: unknown }> {
  await using file = await RunFile.open(path, 'ledger')
  const runs: LedgerRun[] = []
  for await (const frame of file.frames())
    for (let at = 0; at < frame.runs.length; at += LEDGER_RUN_BYTES)
      runs.push(decodeLedgerRun(frame.runs, at) as LedgerRun)
  return { runs, isWhole: file.isWhole, tornBytes: file.tornBytes, head: file.head }
}

describe('a ledger', () => {
  test('makes one run of batches that go on in sequence, offset and outcome', async () => {
    const ledger = openLedger()
    ledger.settled(batch(2, 0, 10), 'acked', 100, T0_US + 50_000)
    ledger.settled(batch(2, 10, 5), 'acked', 110, T0_US + 60_000)
    await ledger.close()
    const { runs, isWhole, head } = await readLedger()
    expect(isWhole).toBe(true)
    expect(head).toMatchObject({ envelopeRun: 7, number: 3 })
    expect(runs).toEqual([
      {
        ...{ topic: 5, producer: 3, partition: 2, seq0: 0, offset0: 100, n: 15, state: 'acked', flags: 0, attempts: 1 },
        ...{ leader: -1, leaderEpoch: -1, bytes: 2 * 61 + 1500, firstIntendedUs: T0_US },
        ...{ lastIntendedUs: T0_US + 14_000, offeredUs: T0_US },
        ...{ firstSettledUs: T0_US + 50_000, lastSettledUs: T0_US + 60_000 },
      },
    ])
  })

  const next = batch(0, 10, 5)
  test.each<[string, SettledBatch, Parameters<Ledger['settled']>[1], number | undefined, number]>([
    ['the sequence', { ...next, firstSeq: 11 }, 'acked', 110, 0],
    ['the offset', next, 'acked', 111, 0],
    ['the outcome', next, 'unknown', undefined, 0],
    ['the partition', { ...next, partition: 1 }, 'acked', 110, 0],
    ['the topic', { ...next, topic: 1 }, 'acked', 110, 0],
    ['doubt about an attempt', { ...next, ambiguous: true }, 'acked', 110, 0],
    ['the number of attempts', { ...next, attempts: 2 }, 'acked', 110, 0],
    ['the quarter of a second', next, 'acked', 110, 250_001],
  ])('begins another run where %s breaks', async (_, other, outcome, offset, lateUs) => {
    const ledger = openLedger()
    ledger.settled(batch(0, 0, 10), 'acked', 100, T0_US)
    ledger.settled(other, outcome, offset, T0_US + lateUs)
    await ledger.close()
    const { runs } = await readLedger()
    expect(runs.map(run => run.n).sort((a, b) => b - a)).toEqual([10, 5])
    expect(runs.find(run => run.n === 5)).toMatchObject({ state: outcome, offset0: offset ?? -1 })
  })

  test('is on disk soon without being closed, as a killed worker leaves it', async () => {
    const ledger = openLedger()
    ledger.settled(batch(0, 0, 10), 'acked', 100, T0_US)
    await expect.poll(() => statSync(path).size, { timeout: 5000 }).toBeGreaterThan(48)
    const { runs, isWhole } = await readLedger()
    expect(runs).toHaveLength(1)
    expect(isWhole).toBe(false)
    await ledger.close()
  })

  test('takes nothing after its end', async () => {
    const ledger = openLedger()
    ledger.settled(batch(0, 0, 10), 'unknown', undefined, T0_US)
    await ledger.close()
    ledger.settled(batch(0, 0, 10), 'acked', 100, T0_US)
    expect((await readLedger()).runs).toHaveLength(1)
  })
})

describe('a file of runs', () => {
  async function made(runs: number): Promise<Buffer> {
    const ledger = openLedger()
    for (let i = 0; i < runs; i++) ledger.settled(batch(i % 4, i * 20, 10), 'acked', i * 30, T0_US + i)
    await ledger.close()
    return readFileSync(path)
  }

  test('gives whole frames and the number of torn bytes wherever it is cut', async () => {
    const whole = await made(2000)
    const frames = [48, 48 + 8 + 1024 * 72, whole.length - 8]
    for (let size = 48; size < whole.length; size += 997) {
      truncateSync(path, size)
      const { runs, isWhole, tornBytes } = await readLedger()
      const kept = frames.filter(end => end <= size).at(-1) ?? 0
      expect(isWhole, `${size}`).toBe(false)
      expect(tornBytes).toBe(size - kept)
      expect(runs.length).toBe(kept === 48 ? 0 : kept === frames[1] ? 1024 : 2000)
      writeFileSync(path, whole)
    }
    expect(await readLedger()).toMatchObject({ isWhole: true, tornBytes: 0 })
  })

  test('is refused with its byte where any bit of it was changed', async () => {
    const whole = await made(100)
    for (let at = 0; at < whole.length; at += 37) {
      const harmed = Buffer.from(whole)
      harmed[at] = (harmed[at] as number) ^ 0x10
      writeFileSync(path, harmed)
      const outcome = await readLedger().then(
        read => read,
        (error: { code?: string }) => error,
      )
      const isNoticed = 'code' in outcome ? outcome.code === 'E601' : !('isWhole' in outcome && outcome.isWhole)
      expect(isNoticed, `byte ${at}`).toBe(true)
    }
  })

  test('counts zeros at its end as torn, and refuses what stands behind its end mark', async () => {
    const whole = await made(10)
    writeFileSync(path, Buffer.concat([whole.subarray(0, -8), Buffer.alloc(100)]))
    expect(await readLedger()).toMatchObject({ isWhole: false, tornBytes: 100 })
    writeFileSync(path, Buffer.concat([whole, whole.subarray(48)]))
    await expect(readLedger()).rejects.toMatchObject({ code: 'E601' })
    writeFileSync(path, Buffer.concat([whole.subarray(0, 48), whole.subarray(-8)]))
    await expect(readLedger()).rejects.toMatchObject({ code: 'E601' })
  })
})
