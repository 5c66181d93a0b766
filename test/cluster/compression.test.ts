// The achieved compression ratio against two independent counts: the same records compressed offline, and the bytes in the brokers' log directories.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Analysis } from '../../src/analysis/analysis.ts'
import { hash32 } from '../../src/core/random.ts'
import { Times } from '../../src/core/times.ts'
import type { PendingBatch } from '../../src/drivers/driver.ts'
import { type CodecName, compressWith } from '../../src/protocol/codecs.ts'
import { makeRecordFactory } from '../../src/record/factory.ts'
import { ROOT, runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'
import { expectSound } from '../support/sound.ts'
import { useOwnJournals } from './process-support.ts'

useOwnJournals()
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-compression-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const VALUE_BYTES = 500
const TOLERANCE = 0.05

/** Record framing of the v2 format around a value without key and headers: length, attributes, deltas, lengths. */
function frame(value: Buffer, offsetDelta: number): Buffer {
  const varint = (signed: number): number[] => {
    const out: number[] = []
    for (let rest = (signed << 1) ^ (signed >> 31); ; rest >>>= 7) {
      if (rest < 128) return [...out, rest]
      out.push((rest & 127) | 128)
    }
  }
  const head = [0, ...varint(0), ...varint(offsetDelta), ...varint(-1), ...varint(value.length)]
  return Buffer.concat([Buffer.from([...varint(head.length + value.length + 1), ...head]), value, Buffer.from([0])])
}

/** The ratio of one batch like those the run sent, compressed here. */
function offlineRatio(codec: CodecName, records: number): number {
  const { factory } = makeRecordFactory({
    seed: hash32(5, 0),
    producer: 0,
    runTag: 1,
    topicNumbers: [0],
    keys: 'none',
    headers: { count: 0, size: 16 },
    envelope: 'value',
    verify: 'records',
    values: { size: VALUE_BYTES, compressible: 0.5 },
    batchSizeBytes: 65_536,
  })
  const times = Array.from({ length: records }, (_, i) => 1.8e15 + i * 500)
  const batch: PendingBatch = {
    topic: 0,
    partition: 0,
    firstSeq: 1000,
    count: records,
    rawBytes: 0,
    intended: Times.of(times),
    offered: Times.of(times),
    createdUs: 0,
    attempts: 1,
    notBeforeUs: 0,
    ambiguous: false,
  }
  const raw = Buffer.concat(times.map((_, i) => frame(factory.value(batch, i), i)))
  return raw.length / compressWith(codec, raw).length
}

describe('compression sweep on three Docker brokers', () => {
  it('achieves per codec what the same batches give offline, and what the log directories hold', async context => {
    requireOrSkip('docker', context)
    const file = join(folder, 'compression.yaml')
    const text = readFileSync(join(ROOT, 'scenarios', 'compression-sweep.yaml'), 'utf8')
    writeFileSync(
      file,
      text
        .replace('repeat: 2', 'repeat: 1')
        .replace('for: 12s', 'for: 4s')
        .replace('for: 4s', 'for: 1s')
        .replace('  - achieved >= 99%\n', ''),
    )
    const result = await runCli(['run', file, '--provider', 'docker', '--out', folder, '--json'])
    expect(result.stderr).toBe('')
    const directory = expectSound(result)
    const { analysis } = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as { analysis: Analysis }
    const bytesOf = (codec: string): number =>
      analysis.cells.find(cell => cell.values['compression.type'] === codec)?.trials[0]?.accounting.logDirBytes ??
      Number.NaN
    expect(bytesOf('none')).toBeGreaterThan(0)
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const measures = analysis.cells.find(cell => cell.values['compression.type'] === codec)?.measures
      const achieved = measures?.compressionRatio ?? Number.NaN
      const offline = offlineRatio(codec, Math.round(measures?.recordsPerBatchAvg ?? 0))
      const onDisk = bytesOf('none') / bytesOf(codec)
      expect(Math.abs(achieved / offline - 1), `${codec}: achieved ${achieved}, offline ${offline}`).toBeLessThan(
        TOLERANCE,
      )
      expect(Math.abs(achieved / onDisk - 1), `${codec}: achieved ${achieved}, on disk ${onDisk}`).toBeLessThan(
        TOLERANCE,
      )
    }
  })
})
