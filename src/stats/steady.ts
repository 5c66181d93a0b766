// Whether a run had settled: how much of its beginning to cut (MSER-5), and whether it drifts after that (Theil–Sen).

const BATCH = 5
/** Fewer values cannot be told from a warm-up. */
const LEAST_BATCHES = 4
const Z_95 = 1.959963984540054

/** How many values to cut from the beginning so that the mean of the rest has the least error (White's MSER-5); at most half. */
export function mser5(values: readonly number[]): number {
  const batches = Array.from({ length: Math.floor(values.length / BATCH) }, (_, i) =>
    values.slice(i * BATCH, (i + 1) * BATCH).reduce((sum, value) => sum + value / BATCH, 0),
  )
  if (batches.length < LEAST_BATCHES) return 0
  let best = { cut: 0, error: Number.POSITIVE_INFINITY }
  for (let cut = 0; cut <= batches.length / 2; cut++) {
    const rest = batches.slice(cut)
    const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length
    const error = rest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rest.length ** 2
    if (error < best.error * (1 - 1e-12)) best = { cut, error }
  }
  return best.cut * BATCH
}

export type Slope = { slope: number; lo: number; hi: number }

export function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}

/** The median of all slopes between two values, per step, with its 95 % interval (Sen); robust against outliers. */
export function theilSen(values: readonly number[]): Slope {
  const n = values.length
  const slopes: number[] = []
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) slopes.push(((values[j] ?? 0) - (values[i] ?? 0)) / (j - i))
  slopes.sort((a, b) => a - b)
  const ties = new Map<number, number>()
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1)
  const tied = [...ties.values()].reduce((sum, count) => sum + count * (count - 1) * (2 * count + 5), 0)
  const sigma = Math.sqrt((n * (n - 1) * (2 * n + 5) - tied) / 18)
  const upper = Math.min(Math.round((slopes.length + Z_95 * sigma) / 2), slopes.length - 1)
  const lower = Math.max(Math.round((slopes.length - Z_95 * sigma) / 2) - 1, 0)
  return { slope: medianOf(slopes), lo: slopes[lower] ?? Number.NaN, hi: slopes[upper] ?? Number.NaN }
}
