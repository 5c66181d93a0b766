// Times without acknowledgements out of real ledger files.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readGaps } from '../../../src/recording/gaps.ts'
import { Ledger } from '../../../src/recording/ledger.ts'
import type { LedgerState } from '../../../src/recording/ledger-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-gaps-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const T0_US = 1_700_000_000_000_000

describe('gaps', () => {
  it('lie between acknowledgements of one partition; one that never ends has no end', async () => {
    const ledger = new Ledger({ path: join(folder, 'web-0.bin'), envelopeRun: 1, producer: 3, topicNumbers: [0] })
    const seqs = new Map<number, number>()
    const settle = (partition: number, atMs: number, state: LedgerState = 'acked'): void => {
      const firstSeq = seqs.get(partition) ?? 0
      seqs.set(partition, firstSeq + 1)
      const us = T0_US + atMs * 1000
      const batch = {
        topic: 0,
        partition,
        firstSeq,
        count: 1,
        rawBytes: 10,
        intended: { first: us - 1000, last: us - 1000 },
        offered: { first: us - 1000 },
        attempts: 1,
        ambiguous: false,
      }
      ledger.settled(batch, state, state === 'acked' ? firstSeq : undefined, us)
    }
    for (const atMs of [0, 100, 200, 1200, 1300]) settle(0, atMs)
    for (const atMs of [0, 100]) settle(1, atMs)
    settle(1, 5000, 'unknown')
    await ledger.close()
    expect(await readGaps(folder)).toEqual({
      lanes: 2,
      gaps: [
        { producer: 3, topic: 0, partition: 0, fromUs: T0_US + 200_000, toUs: T0_US + 1_200_000 },
        { producer: 3, topic: 0, partition: 1, fromUs: T0_US + 100_000 },
      ],
    })
  })

  it('are none where there is no ledger', async () => {
    expect(await readGaps(join(folder, 'nothing'))).toEqual({ gaps: [], lanes: 0 })
  })
})
