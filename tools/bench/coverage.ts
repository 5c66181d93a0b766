// How often the interval inside a run covers the truth, by its length and by how alike neighbouring seconds are: the table in METHOD.
import { isCovering } from '../../src/analysis/intervals.ts'
import { type Random, seededRandom } from '../../src/core/random.ts'
import { autocorrelation, quantileIntervals, type Slice } from '../../src/stats/bootstrap.ts'

const [SIMULATIONS, RECORDS] = [Number(process.argv[2] ?? 200), 200]
const [LEVEL_SD, RECORD_SD] = [0.2, 0.5]
const SECONDS = [20, 30, 60, 120, 300]
const ALIKE = [0, 0.3, 0.6, 0.9]
const QUANTILES = [0.5, 0.99]
const Z = [0, 2.3263478740408408]
/** Values are kept to 2 %, as a histogram would. */
const BUCKET = 0.02

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Lognormal records whose level drifts from second to second (AR 1). */
function madeSlices(seconds: number, alike: number, random: Random): { slices: Slice[]; levels: number[] } {
  let level = LEVEL_SD * normal(random)
  const levels: number[] = []
  const slices = Array.from({ length: seconds }, () => {
    level = alike * level + Math.sqrt(1 - alike ** 2) * LEVEL_SD * normal(random)
    const counts = new Map<number, number>()
    for (let i = 0; i < RECORDS; i++) {
      const bucket = Math.round((level + RECORD_SD * normal(random)) / BUCKET)
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
    }
    const slice = [...counts]
      .map(([bucket, count]) => ({ us: Math.exp(bucket * BUCKET), count }))
      .sort((a, b) => a.us - b.us)
    let reached = 0
    levels.push(Math.log(slice.find(({ count }) => (reached += count) >= 0.99 * RECORDS)?.us ?? 1))
    return slice
  })
  return { slices, levels }
}

const truths = Z.map(z => Math.exp(z * Math.hypot(LEVEL_SD, RECORD_SD)))
const HEADS = ['seconds', 'autocorrelation', 'seen lag-1 (median)', 'p50 covered', 'p99 covered']
const PRINTED_HEADS = ['printed', 'p50 covered where printed', 'p99 covered where printed']
console.log(`| ${[...HEADS, ...PRINTED_HEADS].join(' | ')} |\n${'|--:'.repeat(8)}|`)
for (const seconds of SECONDS) {
  for (const alike of ALIKE) {
    const random = seededRandom(seconds * 1000 + alike * 10)
    const [covered, printed] = [
      [0, 0],
      [0, 0, 0],
    ]
    const seen: number[] = []
    for (let i = 0; i < SIMULATIONS; i++) {
      const { slices, levels } = madeSlices(seconds, alike, random)
      seen.push(autocorrelation(levels))
      const isPrinted = isCovering(levels)
      if (isPrinted) printed[2] = (printed[2] ?? 0) + 1
      quantileIntervals(slices, QUANTILES, random).forEach(({ lo, hi }, q) => {
        const truth = truths[q] ?? 0
        // A value stands for its bucket.
        if (lo * (1 - BUCKET / 2) > truth || truth > hi * (1 + BUCKET / 2)) return
        covered[q] = (covered[q] ?? 0) + 1
        if (isPrinted) printed[q] = (printed[q] ?? 0) + 1
      })
    }
    const share = (n = 0, of = SIMULATIONS): string => (of > 0 ? `${((100 * n) / of).toFixed(0)} %` : '–')
    const middle = seen.toSorted((a, b) => a - b)[Math.floor(seen.length / 2)] ?? 0
    console.log(
      `| ${seconds} | ${alike} | ${middle.toFixed(2)} | ${[...covered.map(n => share(n)), share(printed[2]), ...printed.slice(0, 2).map(n => share(n, printed[2]))].join(' | ')} |`,
    )
  }
}
