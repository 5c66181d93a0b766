// Histograms of a recording must be readable without us: Java's own HdrHistogram reads our bytes and finds the same quantiles.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { findKafkaJars } from '../../src/cluster/jars.ts'
import { findJava } from '../../src/cluster/java.ts'
import { seededRandom } from '../../src/core/random.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { LatencyHistogram } from '../../src/stats/histogram.ts'
import { requireOrSkip } from '../support/require.ts'

/** A histogram log of one interval: the V2 bytes deflated, behind their cookie and length, in base64. */
function logOf(histogram: LatencyHistogram): string {
  const payload = deflateSync(histogram.encode())
  const head = Buffer.alloc(8)
  head.writeInt32BE(0x1c849314, 0)
  head.writeInt32BE(payload.length, 4)
  const bytes = Buffer.concat([head, payload]).toString('base64')
  return `#[Histogram log format version 1.3]\n#[StartTime: 0.000 (seconds since epoch)]\n0.000,1.000,1.0,${bytes}\n`
}

it.for([10, 1000, 60_000_000, 86_400_000_000])(
  'Java reads values up to %i and agrees about every quantile',
  async (topUs, context) => {
    requireOrSkip('java', context)
    const { jars } = await findKafkaJars({ version: KAFKA_DEFAULT_VERSION })
    const jar = jars.find(path => /HdrHistogram-[\d.]+\.jar$/.test(path))
    if (!jar) throw new Error('no HdrHistogram among the jars of Kafka')
    const random = seededRandom(topUs)
    const histogram = new LatencyHistogram()
    for (let i = 0; i < 5000; i++) histogram.record(Math.floor(random() ** 3 * topUs), 1 + (i % 7))
    const folder = mkdtempSync(join(tmpdir(), 'gauntlet-hdr-'))
    try {
      const log = join(folder, 'x.hlog')
      writeFileSync(log, logOf(histogram))
      const { path } = await findJava()
      const args = ['-cp', jar, 'org.HdrHistogram.HistogramLogProcessor', '-i', log, '-outputValueUnitRatio', '1']
      const output = execFileSync(path, args, { encoding: 'utf8', timeout: 60_000 })
      const rows = output.split('\n').flatMap(line => {
        const [, value, count] = /^\s*([\d.]+) [\d.]+\s+(\d+)(?:\s|$)/.exec(line) ?? []
        return value === undefined ? [] : [{ us: Number(value), count: Number(count) }]
      })
      expect(rows.length).toBeGreaterThan(20)
      expect(rows.at(-1)?.count).toBe(histogram.count)
      for (const { us, count } of rows) expect(histogram.quantileUs(count / histogram.count), `${count}`).toBe(us)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
