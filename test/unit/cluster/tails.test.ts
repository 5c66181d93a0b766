// What a loss of power takes: bytes off the end of the newest segment on a real disk, never what came before the trial.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { logFilesIn } from '../../../src/cluster/providers/process/log-files.ts'
import { cutTails, positionOf } from '../../../src/cluster/tails.ts'

let data = ''
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gauntlet-tails-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

/** A batch as far as its length and its first offset go. */
function batch(baseOffset: number, bytes: number): Buffer {
  const made = Buffer.alloc(bytes)
  made.writeBigInt64BE(BigInt(baseOffset), 0)
  made.writeInt32BE(bytes - 12, 8)
  return made
}
const segment = (base: number): string => `${String(base).padStart(20, '0')}.log`
function write(partition: number, base: number, ...batches: Buffer[]): string {
  const directory = join(data, `orders-${partition}`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, `${segment(base)}`.replace('.log', '.index')), '')
  writeFileSync(join(directory, segment(base)), Buffer.concat(batches))
  return join(directory, segment(base))
}
const cut = (begin: number, bytes: number) =>
  cutTails(logFilesIn(data), [{ topic: 'orders', partition: 0, begin }], bytes)

describe('a tail', () => {
  it('is cut off the newest segment only', async () => {
    const old = write(0, 0, batch(0, 500))
    const newest = write(0, 90, batch(90, 300), batch(95, 200))
    expect(await cut(1, 120)).toEqual([{ topic: 'orders', partition: 0, bytes: 120 }])
    expect([statSync(old).size, statSync(newest).size]).toEqual([500, 380])
  })

  it('ends before the first record of the trial, however much was to be cut', async () => {
    const path = write(0, 0, batch(0, 80), batch(1, 70), batch(2, 400))
    expect(await cut(2, 10_000)).toEqual([{ topic: 'orders', partition: 0, bytes: 400 }])
    expect(statSync(path).size).toBe(150)
    expect(await cut(2, 10_000)).toEqual([{ topic: 'orders', partition: 0, bytes: 0 }])
  })

  it('of a partition that the node does not have is none', async () => {
    expect(await cut(0, 100)).toEqual([])
  })

  it('is left alone where the first record is not found', async () => {
    const path = write(0, 0, batch(0, 20_000), batch(1, 100))
    await expect(cut(1, 50)).rejects.toThrow('the first record of orders/0 was not found')
    expect(statSync(path).size).toBe(20_100)
  })

  it('begins where its offset stands, or at the end of a log that has no such record yet', () => {
    const head = Buffer.concat([batch(0, 80), batch(4, 70)])
    expect([0, 1, 4, 5].map(offset => positionOf(head, offset))).toEqual([0, 80, 80, 150])
  })
})
