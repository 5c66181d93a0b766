// Shared pieces of the schema: units as zod types, names, and the way a schema attaches an error code and a hint.
import * as z from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import {
  parseCount,
  parseDurationMs,
  parseRatePerSecond,
  parseRatio,
  parseSizeBytes,
  UNIT_PATTERNS,
  type UnitResult,
} from '../../core/units.ts'
import { show } from '../show.ts'

export type Path = readonly (string | number)[]

/** What a custom issue carries in `params`, read back by the loader. */
export type IssueParams = {
  code: ErrorCode
  /** What to write instead. */
  hint: string
  /** How much of the issue's path is its own, seen from the value being checked. */
  path?: Path
  /** The other side of a conflict, seen from the value being checked. */
  relatedPath?: Path
  /** The key is wrong, and not its value. */
  onKey?: boolean
  /** The message lacks its subject, and the loader puts the key's name before it; so it does where a message starts with `must`. */
  subject?: boolean
}

export type SettingValue = string | number | boolean
export type Settings = Record<string, SettingValue>

/** Where a check puts what it found. */
export type Ctx = {
  addIssue(issue: { code: 'custom'; message: string; params: IssueParams; path?: (string | number)[] }): void
}

/** Adds an issue with one of our codes; `path` and `relatedPath` are relative to the value being checked. */
export function addProblem(ctx: Ctx, code: ErrorCode, message: string, extra: Omit<IssueParams, 'code'>): void {
  ctx.addIssue({
    code: 'custom',
    message,
    params: { code, ...extra },
    ...(extra.path ? { path: [...extra.path] } : {}),
  })
}

/** What reading a scalar gives: its value, or the problem with it. */
export type Reading<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string; hint: string }

/** A scalar with a form of its own, read from text or number; `json` describes it to editors. */
export function written<T>(
  expected: string,
  json: Record<string, unknown>,
  read: (input: string | number) => Reading<T>,
) {
  return z
    .unknown()
    .meta(json)
    .transform((input, ctx): T => {
      if (typeof input !== 'string' && typeof input !== 'number') {
        addProblem(ctx, 'E114', `must be ${expected}, got ${show(input)}`, { hint: `write ${expected}` })
        return z.NEVER
      }
      const result = read(input)
      if (result.ok) return result.value
      addProblem(ctx, result.code, result.message, { subject: true, hint: result.hint })
      return z.NEVER
    })
}

/** The problem that a unit which cannot be read amounts to. */
export function unitProblem(
  result: Extract<UnitResult, { ok: false }>,
  low: ErrorCode = 'E117',
): Extract<Reading<never>, { ok: false }> {
  const code = result.kind === 'low' ? low : result.kind === 'high' ? 'E121' : 'E120'
  return { ok: false, code, message: result.reason, hint: result.hint }
}

function unit(parse: (text: string) => UnitResult, expected: string, json: Record<string, unknown>, low?: ErrorCode) {
  return written(expected, json, (input): Reading<number> => {
    const result = parse(String(input))
    return result.ok ? result : unitProblem(result, low)
  })
}

const text = (description: string, pattern: string) => ({ type: 'string', pattern, description })
const numberOrText = (description: string, pattern: string, range: Record<string, number>) => ({
  type: ['number', 'string'],
  ...range,
  pattern,
  description,
})

/** A duration with unit, in milliseconds after parsing. */
export const duration = unit(
  parseDurationMs,
  'a duration such as 500ms, 30s or 2m',
  text('A duration with its unit: 500ms, 30s, 2m', UNIT_PATTERNS.duration),
)

/** A duration longer than nothing. */
export const positiveDuration = duration.superRefine((ms, ctx) => {
  if (ms <= 0) addProblem(ctx, 'E117', `must be longer than 0`, { hint: 'write 500ms, 30s or 2m' })
})

/** A size with unit, in bytes after parsing. */
export const size = unit(
  parseSizeBytes,
  'a size such as 100B, 64KiB or 1MB',
  text('A size with its unit: 100B, 64KiB, 1MB', UNIT_PATTERNS.size),
)

/** A count of at least one: a number, or text such as 10k. */
export const count = unit(
  parseCount,
  'a count such as 300, 10k or 2M',
  numberOrText('A count: 300, 10k or 2M', UNIT_PATTERNS.count, { minimum: 1 }),
).superRefine((value, ctx) => {
  if (!Number.isInteger(value))
    addProblem(ctx, 'E118', `must be a whole number, got ${value}`, { hint: 'write 300, 10k or 2M' })
  else if (value < 1) addProblem(ctx, 'E117', `must be at least 1, got ${value}`, { hint: 'write 300, 10k or 2M' })
})

/** A ratio from 0 to 1: 50% or 0.5. */
export const ratio = unit(
  parseRatio,
  'a ratio such as 50% or 0.5',
  numberOrText('A ratio: 50% or 0.5', UNIT_PATTERNS.ratio, { minimum: 0, maximum: 1 }),
).superRefine((value, ctx) => {
  if (value > 1)
    addProblem(ctx, 'E121', `must be at most 100%, got ${Math.round(value * 1e4) / 100}%`, {
      hint: 'write 100% or less',
    })
})

/** A share: a ratio above zero. */
export const share = ratio.superRefine((value, ctx) => {
  if (value === 0) addProblem(ctx, 'E117', `must be above 0%`, { hint: 'remove the group, or give it a share' })
})

const isZeroOrLess = (input: string | number) => Number.parseFloat(String(input)) <= 0

function readRate(input: string | number): Reading<number> {
  const result = parseRatePerSecond(String(input))
  if (result.ok) return result
  return isZeroOrLess(input)
    ? { ...unitProblem(result), code: 'E116', message: `must be greater than zero, got ${show(input)}` }
    : unitProblem(result, 'E116')
}

/** A rate in records per second; zero and negative are refused with their own code. */
export const rate = written(
  'a rate such as 500/s or 20k/s',
  text('Records per second: 500/s, 20k/s', UNIT_PATTERNS.rate),
  readRate,
)

/** A rate, or `max`: the closed loop. */
export const rateOrMax = written(
  'a rate such as 500/s or 20k/s, or max',
  text('Records per second (20k/s), or max for the closed loop', `^max$|${UNIT_PATTERNS.rate}`),
  (input): Reading<number | 'max'> => {
    if (input === 'max') return { ok: true, value: 'max' }
    const isWord = typeof input === 'string' && /^\s*[a-z]/i.test(input)
    if (isWord)
      return {
        ok: false,
        code: 'E122',
        message: `must be a rate or max, got ${show(input)}`,
        hint: 'write 500/s, 20k/s, or max for the closed loop',
      }
    return readRate(input)
  },
)

export const positiveInt = z.int().min(1)

/** A name used in file names, labels and topics. */
export const slug = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
  error: 'must be lower-case letters, digits, dot, dash and underscore, at most 64, starting with a letter or digit',
})

const TOPIC_LEGAL = /^[a-zA-Z0-9._-]$/

/** A topic name under Kafka's own rules, short enough for the run's prefix. */
export const topicName = z.string().superRefine((name, ctx) => {
  const hint = 'use letters, digits, dot, dash and underscore'
  const illegal = [...name].find(char => !TOPIC_LEGAL.test(char))
  if (name === '' || name === '.' || name === '..')
    addProblem(ctx, 'E125', `${show(name)} is not a topic name`, { hint })
  else if (illegal !== undefined)
    addProblem(ctx, 'E125', `topic name ${show(name)} has the illegal character ${show(illegal)}`, { hint })
  else if (name.length > 200)
    addProblem(ctx, 'E125', `topic name of ${name.length} characters`, {
      hint: 'at most 200: Kafka allows 249 and the run adds a prefix',
    })
})

/** A map while it is being checked: any part may be missing, or be what was written instead of what was meant. */
export type Draft = Readonly<Record<string, unknown>>

/** Arguments for `superRefine` of a check that runs although some parts of the map were refused, so that one pass finds every mistake. */
export function evenIfBroken(check: (draft: Draft, ctx: Ctx) => void) {
  return [(value: unknown, ctx: Ctx): void => check(part.map(value), ctx), { when: () => true }] as const
}

/** Plain TypeScript values out of a part that may have been refused: undefined instead of a guess. */
export const part = {
  map: (value: unknown): Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {},
  list: (value: unknown): unknown[] => (Array.isArray(value) ? value : []),
  number: (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isFinite(value) ? value : undefined,
  text: (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined),
  /** Any scalar as text; nothing for lists and maps. */
  word: (value: unknown): string => (typeof value === 'object' ? '' : String(value)),
}
