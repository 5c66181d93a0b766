// Strict units of the scenario language: durations, sizes, rates, ratios; a bare number means Kafka's own unit where one exists.

/** What reading a unit gives: a value, or why not. `low` and `high` are out of range, `number` is no number, `unit` has none we know. */
export type UnitResult =
  | { ok: true; value: number }
  | { ok: false; reason: string; hint: string; kind: 'unit' | 'number' | 'low' | 'high' }

type Table = Readonly<Record<string, number>>
type Kind = { what: string; table: Table; max: number; maxText: string; examples: string }

const DURATION: Kind = {
  what: 'duration',
  table: { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
  max: 7 * 86_400_000,
  maxText: '168h',
  examples: '500ms, 30s or 2m',
}
const SIZE: Kind = {
  what: 'size',
  table: { B: 1, kB: 1000, MB: 1_000_000, GB: 1_000_000_000, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 },
  max: 2 ** 40,
  maxText: '1024GiB',
  examples: '100B, 64KiB or 1MB',
}
const COUNT_FACTOR: Table = { k: 1000, M: 1_000_000 }
const MAX_COUNT = 1e15
const MAX_RATE_PER_SECOND = 1e9
const RATE_EXAMPLES = 'write 500/s or 20k/s'

const NUMBER = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+))\s*(.*)$/

/** The same forms as regular expressions, for editors that check a file by its JSON Schema. */
export const UNIT_PATTERNS = {
  duration: '^(\\d+(\\.\\d+)?|\\.\\d+) ?(us|ms|s|m|h)$',
  size: '^(\\d+(\\.\\d+)?|\\.\\d+) ?(B|kB|MB|GB|KiB|MiB|GiB)$',
  rate: '^(\\d+(\\.\\d+)?|\\.\\d+) ?[kM]? ?/ ?s$',
  count: '^(\\d+(\\.\\d+)?|\\.\\d+) ?[kM]?$',
  ratio: '^(\\d+(\\.\\d+)?|\\.\\d+) ?%?$',
} as const

/** Usual misspellings of a unit, for the hint. */
const MISSPELT: Readonly<Record<string, string>> = {
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hour: 'h',
  hours: 'h',
  hr: 'h',
  msec: 'ms',
  msecs: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
  µs: 'us',
  micros: 'us',
  K: 'KiB',
  KB: 'KiB',
  kb: 'kB',
  k: 'KiB',
  mb: 'MB',
  gb: 'GB',
  M: 'MiB',
  G: 'GiB',
  Ki: 'KiB',
  Mi: 'MiB',
  Gi: 'GiB',
  kib: 'KiB',
  mib: 'MiB',
  gib: 'GiB',
  b: 'B',
  byte: 'B',
  bytes: 'B',
}

type Parts = { sign: string; number: number; digits: string; unit: string }

function split(text: string): Parts | undefined {
  const match = NUMBER.exec(text.trim())
  if (!match) return undefined
  const digits = match[1] ?? ''
  return { sign: digits.startsWith('-') ? '-' : '', number: Number(digits), digits, unit: (match[2] ?? '').trim() }
}

function refuse(reason: string, hint: string, kind: 'unit' | 'number' | 'low' | 'high' = 'unit'): UnitResult {
  return { ok: false, reason, hint, kind }
}

/** Own keys only, so that a unit called `constructor` is unknown like any other. */
function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** A decimal times a factor, without the noise of binary fractions: 1.001 × 1000 is 1001. */
function scale(number: number, factor: number): number {
  return Number((number * factor).toPrecision(15))
}

function suggestUnit(unit: string, table: Table): string | undefined {
  const known = lookUp(MISSPELT, unit) ?? lookUp(MISSPELT, unit.toLowerCase())
  if (known !== undefined && Object.hasOwn(table, known)) return known
  return Object.keys(table).find(candidate => candidate.toLowerCase() === unit.toLowerCase())
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text)
}

/** What a wrong unit may have been meant as. */
function unitHint(parts: Parts, kind: Kind): string {
  if (/^[_,']\d/.test(parts.unit)) return `write the number without separators, as in ${kind.examples}`
  const near = suggestUnit(parts.unit, kind.table)
  const units = `units: ${Object.keys(kind.table).join(', ')}`
  return near ? `did you mean ${parts.digits}${near}? (${units})` : units
}

function withUnit(text: string, kind: Kind): UnitResult {
  const parts = split(text)
  if (!parts) return refuse(`${quote(text)} is not a ${kind.what}`, `write ${kind.examples}`, 'number')
  if (parts.unit === '') {
    const [first, second, third] = kind === DURATION ? ['ms', 's', 'm'] : ['B', 'KiB', 'MiB']
    const { digits } = parts
    return refuse(`${text.trim()} has no unit`, `write ${digits}${first}, ${digits}${second} or ${digits}${third}`)
  }
  const factor = lookUp(kind.table, parts.unit)
  if (factor === undefined) return refuse(`${quote(parts.unit)} is not a unit of ${kind.what}`, unitHint(parts, kind))
  const value = scale(parts.number, factor)
  if (parts.sign === '-') return refuse(`${text.trim()} is negative`, `write ${kind.examples}`, 'low')
  if (value > kind.max)
    return refuse(`${text.trim()} is too large`, `the largest ${kind.what} is ${kind.maxText}`, 'high')
  return { ok: true, value }
}

/** "5ms", "2m" → milliseconds (fractions allowed). */
export function parseDurationMs(text: string): UnitResult {
  return withUnit(text, DURATION)
}

/** "64KiB", "100B" → whole bytes. */
export function parseSizeBytes(text: string): UnitResult {
  const result = withUnit(text, SIZE)
  if (!result.ok || Number.isInteger(result.value)) return result
  return refuse(`${text.trim()} is not a whole number of bytes`, `${result.value} B: write whole bytes`, 'number')
}

/** "20k/s", "500/s" → records per second, above zero. */
export function parseRatePerSecond(text: string): UnitResult {
  const result = parsePerSecond(text)
  if (result.ok && result.value === 0) return refuse(`${text.trim()} is not greater than zero`, RATE_EXAMPLES, 'low')
  return result
}

/** "20k/s", "0/s" → a number per second, for rules. */
export function parsePerSecond(text: string): UnitResult {
  const [, left = text, unit] = /^(.*?)\/\s*(\w*)\s*$/.exec(text.trim()) ?? []
  const count = parseCount(left)
  if (!count.ok && count.kind === 'low') return refuse(`${text.trim()} is not greater than zero`, RATE_EXAMPLES, 'low')
  if (!count.ok) return refuse(`${quote(text.trim())} is not a rate`, RATE_EXAMPLES, count.kind)
  if (unit === undefined) return refuse(`${text.trim()} has no unit`, `rates are per second: write ${text.trim()}/s`)
  if (unit !== 's')
    return refuse(`${quote(`/${unit}`)} is not a unit of rate`, `rates are per second: ${RATE_EXAMPLES}`)
  if (count.value > MAX_RATE_PER_SECOND)
    return refuse(`${text.trim()} is too large`, 'the largest rate is 1000M/s', 'high')
  return count
}

/** "10MB/s" → bytes per second, for rules. */
export function parseBytesPerSecond(text: string): UnitResult {
  const [, left] = /^(.*?)\/\s*s\s*$/.exec(text.trim()) ?? []
  if (left === undefined) return refuse(`${quote(text.trim())} is not bytes per second`, 'write 10MB/s or 512KiB/s')
  return parseSizeBytes(left)
}

/** "10k", "2M", "300" → a count. */
export function parseCount(text: string): UnitResult {
  const parts = split(text)
  if (!parts) return refuse(`${quote(text)} is not a count`, 'write 300, 10k or 2M', 'number')
  const factor = parts.unit === '' ? 1 : lookUp(COUNT_FACTOR, parts.unit)
  if (factor === undefined)
    return refuse(`${quote(parts.unit)} is not a unit of count`, 'use k (thousand) or M (million)')
  if (parts.sign === '-') return refuse(`${text.trim()} is negative`, 'write 300, 10k or 2M', 'low')
  const value = scale(parts.number, factor)
  if (value > MAX_COUNT) return refuse(`${text.trim()} is too large`, 'the largest count is 1e15', 'high')
  return { ok: true, value }
}

/** "50%" or "0.5" → a ratio; percentages may exceed 100, a bare number may not exceed 1. */
export function parseRatio(text: string): UnitResult {
  const parts = split(text)
  if (!parts) return refuse(`${quote(text)} is not a ratio`, 'write 50% or 0.5', 'number')
  if (parts.sign === '-') return refuse(`${text.trim()} is negative`, 'write 50% or 0.5', 'low')
  if (parts.unit === '%') return { ok: true, value: scale(parts.number, 0.01) }
  if (parts.unit !== '') return refuse(`${quote(parts.unit)} is not a unit of ratio`, 'write 50% or 0.5')
  if (parts.number > 1)
    return refuse(`${text.trim()} is ${scale(parts.number, 100)}%`, `did you mean ${parts.digits}%?`, 'high')
  return { ok: true, value: parts.number }
}

/** "2.5" → a number without a unit. */
export function parseNumber(text: string): UnitResult {
  const parts = split(text)
  if (!parts || parts.unit !== '')
    return refuse(`${quote(text.trim())} is not a plain number`, 'write a number without a unit, as in 2.5', 'number')
  return { ok: true, value: parts.number }
}

/** 1536 → "1.5 KiB". */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 1024],
  ] as const) {
    if (Math.abs(bytes) >= size) return `${trim(bytes / size)} ${unit}`
  }
  return `${trim(bytes)} B`
}

/** 1500 µs → "1.5 ms"; µs below one millisecond, s above one second. */
export function formatUs(us: number): string {
  if (!Number.isFinite(us)) return '–'
  if (Math.abs(us) >= 999_500) return `${trim(us / 1e6)} s`
  if (Math.abs(us) >= 999.5) return `${trim(us / 1000)} ms`
  return `${Math.round(us)} µs`
}

/** 20000 → "20k". */
export function formatCount(count: number): string {
  if (Math.abs(count) >= 1e6) return `${trim(count / 1e6)}M`
  if (Math.abs(count) >= 10_000) return `${trim(count / 1000)}k`
  return trim(count)
}

/** 65000 → "1m05s". */
export function formatDurationMs(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`
  if (ms < 59_950) return `${trim(ms / 1000)}s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`
}

function trim(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return String(Number(value.toFixed(digits)))
}
