// How often the interval inside a run covers the truth, by its length and by how alike neighbouring seconds are: the table in METHOD.
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
console.log('| seconds | autocorrelation | seen lag-1 (median) | p50 covered | p99 covered |\n|--:|--:|--:|--:|--:|')
for (const seconds of SECONDS) {
  for (const alike of ALIKE) {
    const random = seededRandom(seconds * 1000 + alike * 10)
    const covered = [0, 0]
    const seen: number[] = []
    for (let i = 0; i < SIMULATIONS; i++) {
      const { slices, levels } = madeSlices(seconds, alike, random)
      seen.push(autocorrelation(levels))
      quantileIntervals(slices, QUANTILES, random).forEach(({ lo, hi }, q) => {
        const truth = truths[q] ?? 0
        // A value stands for its bucket.
        if (lo * (1 - BUCKET / 2) <= truth && truth <= hi * (1 + BUCKET / 2)) covered[q] = (covered[q] ?? 0) + 1
      })
    }
    const share = (n = 0): string => `${((100 * n) / SIMULATIONS).toFixed(0)} %`
    const middle = seen.toSorted((a, b) => a - b)[Math.floor(seen.length / 2)] ?? 0
    console.log(`| ${seconds} | ${alike} | ${middle.toFixed(2)} | ${share(covered[0])} | ${share(covered[1])} |`)
  }
}
