// Tick positions and their labels, so that axes speak the same units as tables.

export type Axis = { domain: [number, number]; values: number[]; labelExpr: string }

/** Ticks at 1, 2 or 5 times a power of ten (or of 1024 for bytes) from zero up to `max`. */
export function linearTicks(max: number, options: { count?: number; unit?: number; whole?: boolean } = {}): number[] {
  const { count = 4, unit = 1, whole = false } = options
  const top = Number.isFinite(max) && max > 0 ? max : 1
  const raw = top / unit / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const distance = (factor: number): number => Math.abs(Math.log((factor * power) / raw))
  const factor = [1, 2, 5, 10].reduce((best, next) => (distance(next) < distance(best) ? next : best))
  const step = Math.max(whole ? 1 : 0, Number((factor * power).toPrecision(12))) * unit
  const steps = Math.max(1, Math.floor(top / step + 1e-9))
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

/** The power of 1024 in which a number of bytes is best told. */
export function byteUnit(maxBytes: number): number {
  return [2 ** 30, 2 ** 20, 1024].find(unit => maxBytes >= unit) ?? 1
}

/** Ticks on a log axis within its bounds: decades where there are many of them, 1–2–5 where there are few. */
export function logTicks(min: number, max: number): number[] {
  const decades = Math.log10(max / min)
  const factors = decades < 1 ? [1, 1.5, 2, 3, 5, 7] : decades < 3 ? [1, 2, 5] : [1]
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))]
  const all = Array.from({ length: high - low + 1 }, (_, index) => low + index).flatMap(power =>
    factors.map(factor => Number((factor * 10 ** power).toPrecision(6))),
  )
  return all.filter(value => value >= min && value <= max)
}

/** Labels by value; the expression holds nothing but what our own formatter made of our own numbers. */
export function labelled(values: readonly number[], format: (value: number) => string): string {
  return `${JSON.stringify(Object.fromEntries(values.map(value => [String(value), format(value)])))}[datum.value]`
}

/** Room left above the highest value, so that no line runs along the edge. */
const HEADROOM = 1.06

/** A linear axis from zero. */
export function linearAxis(
  max: number,
  format: (value: number) => string,
  options: { count?: number; unit?: number; whole?: boolean } = {},
): Axis {
  const top = Number.isFinite(max) && max > 0 ? max * HEADROOM : 1
  const values = linearTicks(top, options)
  return { domain: [0, Math.max(top, values.at(-1) ?? 1)], values, labelExpr: labelled(values, format) }
}

/** A log axis over all positive values. */
export function logAxis(min: number, max: number, format: (value: number) => string): Axis {
  const least = Number.isFinite(min) && min > 0 ? min : 1
  const domain: [number, number] = [least / 1.15, Math.max(max, least * 2) * 1.15]
  const values = logTicks(domain[0], domain[1])
  return { domain, values, labelExpr: labelled(values, format) }
}
