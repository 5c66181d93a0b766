// The formats as docs/reference/history.md tells them: files made byte by byte from its tables alone must be read as what they say.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeGroupRun } from '../../../src/recording/group-run.ts'
import { decodeLedgerRun } from '../../../src/recording/ledger-run.ts'
import { RunFile } from '../../../src/recording/run-reader.ts'
import type { RunKind } from '../../../src/recording/runs.ts'
import { decodeTruthRun } from '../../../src/recording/truth-run.ts'

const T0_US = 1_790_000_000_000_000n
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-by-hand-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const u8 = (...values: number[]): Buffer => Buffer.from(values)
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
const u64 = (value: bigint | number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

/** Head, one frame with one run, end mark. */
async function fileOf(
  kind: RunKind,
  magic: string,
  run: Buffer,
): Promise<{ run: Buffer; isWhole: boolean; head: unknown }> {
  const begin = [Buffer.from(magic), u16(1), u16(run.length), u32(7), u16(3), u16(0), u32(2), u64(10), u64(20), u32(0)]
  const head = Buffer.concat(begin)
  const parts = [head, u32(crc32(head)), u32(1), u32(crc32(run)), run, u32(0xffffffff), u32(1)]
  const path = join(folder, `${kind}.bin`)
  writeFileSync(path, Buffer.concat(parts))
  await using file = await RunFile.open(path, kind)
  const runs: Buffer[] = []
  for await (const frame of file.frames()) runs.push(Buffer.from(frame.runs))
  expect(runs).toHaveLength(1)
  return { run: runs[0] as Buffer, isWhole: file.isWhole, head: file.head }
}

const HEAD = { envelopeRun: 7, number: 3, partition: 2, beginOffset: 10, endOffset: 20 }

test('a ledger', async () => {
  const bytes = [
    ...[u16(5), u16(3), u32(2), u64(100), u64(-1), u32(8), u8(1, 1), u16(2), u32(-1), u32(-1), u32(900)],
    ...[u32(70), u64(T0_US), u64(T0_US + 500n), u32(40), u32(300)],
  ]
  const { run, isWhole, head } = await fileOf('ledger', 'KGLEDGER', Buffer.concat(bytes))
  expect([isWhole, head]).toEqual([true, HEAD])
  const t0 = Number(T0_US)
  expect(decodeLedgerRun(run, 0)).toEqual({
    ...{ topic: 5, producer: 3, partition: 2, seq0: 100, offset0: -1, n: 8, state: 'unknown', flags: 1, attempts: 2 },
    ...{ leader: -1, leaderEpoch: -1, bytes: 900, firstIntendedUs: t0, lastIntendedUs: t0 + 70 },
    ...{ offeredUs: t0 + 200, firstSettledUs: t0 + 500, lastSettledUs: t0 + 540 },
  })
})

test('a truth', async () => {
  const bytes = [...[u64(100), u64(2000), u32(8), u16(3), u8(1, 0), u32(4), u16(6), u16(0), u64(4711), u32(12), u32(0)]]
  const { run, isWhole, head } = await fileOf('truth', 'KGTRUTH1', Buffer.concat(bytes))
  expect([isWhole, head]).toEqual([true, HEAD])
  expect(decodeTruthRun(run, 0)).toEqual({
    ...{ seq0: 100, offset0: 2000, n: 8, producer: 3, state: 'aborted', detail: 0, leaderEpoch: 4, producerEpoch: 6 },
    ...{ producerId: 4711, transaction: 12 },
  })
})

test.each([
  [0, 'processed'],
  [1, 'assigned'],
  [2, 'revoked'],
  [3, 'committed'],
  [4, 'refused'],
])('a group: kind %i is %s', async (number, kind) => {
  const bytes = [
    ...[u16(5), u16(3), u32(2), u64(2000), u32(8), u8(number, 0), u16(9), u32(-1), u32(0), u64(T0_US), u64(100)],
  ]
  const { run, isWhole, head } = await fileOf('group', 'KGGROUP1', Buffer.concat(bytes))
  expect([isWhole, head]).toEqual([true, HEAD])
  expect(decodeGroupRun(run, 0)).toEqual({
    ...{ topic: 5, member: 3, partition: 2, offset: 2000, n: 8, kind, producer: 9, generation: -1 },
    ...{ atUs: Number(T0_US), seq0: 100 },
  })
})
