// Number formats of reports alone: what is missing shows as a dash, every value carries its unit.
import { formatBytes, formatCount, formatUs } from '../core/units.ts'
import type { MetricKind } from '../stats/comparison.ts'

export const NONE = '–'

/** JSON keeps NaN as null, so a number may be absent in more ways than its type says. */
export function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

const or = (value: number | null | undefined, format: (value: number) => string): string =>
  isNumber(value) ? format(value) : NONE

/** 1234567 → "1,234,567". */
export function showWhole(value: number | null | undefined): string {
  return or(value, number => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ','))
}

export function showUs(value: number | null | undefined): string {
  return or(value, formatUs)
}

export function showBytes(value: number | null | undefined): string {
  return or(value, formatBytes)
}

export function showPerSecond(value: number | null | undefined): string {
  return or(value, number => `${formatCount(number)}/s`)
}

export function showBytesPerSecond(value: number | null | undefined): string {
  return or(value, number => `${formatBytes(number)}/s`)
}

/** 2.4137 → "2.41×". */
export function showTimes(value: number | null | undefined): string {
  return or(value, number => `${number.toFixed(2)}×`)
}

/** 0.9987 → "99.87 %"; never rounded up to a whole 100. */
export function showShare(value: number | null | undefined): string {
  return or(value, number => {
    const percent = number * 100
    const rounded = percent.toFixed(2)
    const honest = percent < 100 && rounded === '100.00' ? '99.99' : rounded
    return `${Number(honest)} %`
  })
}

/** CPU seconds per million records. */
export function showCpuSeconds(value: number | null | undefined): string {
  return or(
    value,
    number => `${number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2)} s/M`,
  )
}

export function showCores(value: number | null | undefined): string {
  return or(value, number => `${number.toFixed(2)} cores`)
}

/** Seconds on a trial's axis: 12.25 → "12.3 s". */
export function showSeconds(value: number | null | undefined): string {
  return or(value, number => `${Number(number.toFixed(number >= 100 ? 0 : 1))} s`)
}

/** A value of a headline metric with its unit. */
export function showMetric(value: number | null | undefined, kind: MetricKind): string {
  switch (kind) {
    case 'us':
      return showUs(value)
    case 'perSecond':
      return showPerSecond(value)
    case 'bytes':
      return showBytes(value)
    case 'ratio':
      return showTimes(value)
    case 'cpuSeconds':
      return showCpuSeconds(value)
  }
}

/** "1.8–2.3 ms" where the units agree, else both in full. */
export function showRange(min: number, max: number, kind: MetricKind): string {
  const low = showMetric(min, kind)
  const high = showMetric(max, kind)
  if (low === high) return low
  const unit = /[\s×]?[^\d.,\s–]*(?:\/\S+)?$/
  const [lowUnit = '', highUnit = ''] = [unit.exec(low)?.[0], unit.exec(high)?.[0]]
  return lowUnit === highUnit && lowUnit !== '' ? `${low.slice(0, -lowUnit.length)}–${high}` : `${low} – ${high}`
}

/** 1.082 → "+8.2 %". */
export function showChange(ratio: number | null | undefined): string {
  return or(ratio, value => {
    const percent = (value - 1) * 100
    if (value >= 3) return `${value.toFixed(value >= 10 ? 0 : 1)}×`
    return `${percent > 0 ? '+' : percent < 0 ? '−' : '±'}${Math.abs(percent).toFixed(1)} %`
  })
}

/** An ISO time without its fraction: "2026-11-21 07:13:05 UTC". */
export function showTime(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/.exec(iso)
  return match ? `${match[1]} ${match[2]} UTC` : iso
}
