// Intervals of quantiles inside one run: seconds are drawn in blocks, because neighbouring seconds are alike and records of a batch are one.
import type { Random } from '../core/random.ts'

/** One second of a run: values in µs with how often each was seen. */
export type Slice = readonly { us: number; count: number }[]

export type Interval = { lo: number; hi: number }

const BLOCK_SECONDS = 5
const ROUNDS = 400
const NOMINAL = 0.95

/** Seconds × values as dense counts over the values that occur. */
function dense(slices: readonly Slice[]): { values: number[]; rows: Float64Array[] } {
  const values = [...new Set(slices.flatMap(slice => slice.map(({ us }) => us)))].sort((a, b) => a - b)
  const place = new Map(values.map((us, index) => [us, index]))
  const rows = slices.map(slice => {
    const row = new Float64Array(values.length)
    for (const { us, count } of slice) row[place.get(us) ?? 0] = count
    return row
  })
  return { values, rows }
}

/** One resample: whole blocks of neighbouring seconds until there are as many as there were. */
function resample(rows: readonly Float64Array[], into: Float64Array, random: Random): void {
  into.fill(0)
  const length = Math.min(BLOCK_SECONDS, rows.length)
  for (let taken = 0; taken < rows.length; ) {
    const start = Math.floor(random() * (rows.length - length + 1))
    for (let i = start; i < start + length && taken < rows.length; i++, taken++) {
      const row = rows[i] as Float64Array
      for (let v = 0; v < into.length; v++) into[v] = (into[v] as number) + (row[v] as number)
    }
  }
}

function quantileOf(counts: Float64Array, values: readonly number[], q: number): number {
  const wanted = q * counts.reduce((sum, count) => sum + count, 0)
  let reached = 0
  for (let v = 0; v < counts.length; v++) {
    reached += counts[v] as number
    if (reached >= wanted) return values[v] as number
  }
  return values.at(-1) ?? Number.NaN
}

/** The 95 % percentile interval of each quantile, by a moving-block bootstrap over seconds. */
export function quantileIntervals(slices: readonly Slice[], qs: readonly number[], random: Random): Interval[] {
  const { values, rows } = dense(slices)
  const counts = new Float64Array(values.length)
  const seen = qs.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    resample(rows, counts, random)
    qs.forEach((q, i) => seen[i]?.push(quantileOf(counts, values, q)))
  }
  const at = (sorted: readonly number[], q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(q * (sorted.length - 1))))] ?? Number.NaN
  return seen.map(list => {
    const sorted = list.toSorted((a, b) => a - b)
    return { lo: at(sorted, (1 - NOMINAL) / 2), hi: at(sorted, (1 + NOMINAL) / 2) }
  })
}

/** How alike neighbouring values are. */
export function autocorrelation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  if (square === 0) return 0
  const product = values.slice(1).reduce((sum, value, i) => sum + (value - mean) * ((values[i] ?? 0) - mean), 0)
  return product / square
}
