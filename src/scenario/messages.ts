// The words of schema problems: what was expected, what was got, and what to write instead.
import type * as z from 'zod'
import type { ErrorCode } from '../core/errors.ts'
import { nearest } from '../core/suggest.ts'
import { parseCount } from '../core/units.ts'
import { listed, plain, show } from './show.ts'
import { booleanWord } from './words.ts'

/** A problem without its place. */
export type Told = { code: ErrorCode; message: string; hint: string }

/** The value a message is about, its name, and the keys it may have if it is a map. */
export type Expecting = { label: string; value: unknown; keys: readonly string[] }

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
}

/** What was expected in words, or undefined where the value is of that kind already. */
export function phraseOf(expected: string, value: unknown): string | undefined {
  const isFraction = expected === 'int' && typeof value === 'number'
  return isFraction ? undefined : Object.hasOwn(KINDS, expected) ? KINDS[expected] : expected
}

function told(code: ErrorCode, message: string, hint: string): Told {
  return { code, message, hint }
}

/** Wrong kind of value; `phrase` overrides the words for what was expected. */
export function tellType(expected: string, { label, value, keys }: Expecting, phrase?: string): Told {
  const wanted = phrase ?? KINDS[expected] ?? expected
  if (expected === 'int' && typeof value === 'number')
    return told(
      'E118',
      `${label} must be a whole number, got ${show(value)}`,
      `write ${Math.max(1, Math.round(value))}`,
    )
  const word = expected === 'boolean' ? booleanWord(value) : undefined
  if (word !== undefined)
    return told(
      'E123',
      `${label} must be true or false, got the text ${show(value)}`,
      `YAML reads ${plain(String(value))} as text: write ${word}`,
    )
  const withKeys =
    wanted === 'a map' && keys.length > 0 ? ` with the keys ${listed(keys, keys.length > 8 ? 4 : 8)}` : ''
  return told(
    'E114',
    `${label} must be ${wanted}, got ${show(value)}`,
    typeHint(expected, value, withKeys) ?? `write ${wanted}`,
  )
}

function typeHint(expected: string, value: unknown, withKeys: string): string | undefined {
  const isMap = expected === 'object' || expected === 'record'
  if (value === null)
    return isMap ? `write a map${withKeys}, or remove the line` : 'write a value after the colon, or remove the line'
  if (isMap)
    return Array.isArray(value) ? `remove the dash: this is a map${withKeys}, not a list` : `write a map${withKeys}`
  if (expected === 'array') return 'start each entry on a line of its own with a dash: - …'
  if (expected === 'string' && typeof value !== 'object') return `put it in quotes: "${plain(String(value))}"`
  if (expected === 'boolean' && (value === 'true' || value === 'false')) return `remove the quotes: ${value}`
  if ((expected === 'number' || expected === 'int') && typeof value === 'string') return numberHint(value)
  return undefined
}

function numberHint(text: string): string {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return `remove the quotes: ${plain(text.trim())}`
  const separated = /^\d{1,3}([_,' ]\d{3})+$/.test(text) ? text.replace(/\D/g, '') : undefined
  const count = parseCount(separated ?? text)
  return count.ok ? `write ${count.value}` : 'write digits, without unit and without quotes'
}

/** Not one of the allowed values; `others` are further kinds of value that would do. */
export function tellValue(
  values: readonly unknown[],
  { label, value }: Expecting,
  others: readonly string[] = [],
): Told {
  const words = [...new Set(values.map(String))]
  const wanted = listed([words.length > 1 ? `one of ${listed(words)}` : words.join(''), ...others])
  const message = `${label} must be ${wanted}, got ${show(value)}`
  if (typeof value === 'object') return told('E114', message, `write ${listed(words, 8)}`)
  const isWord = booleanWord(value) !== undefined || typeof value === 'boolean'
  const nothing = words.find(word => word === 'none' || word === 'uncompressed')
  const means = booleanWord(value) ?? value
  if (value === 'none' && nothing !== undefined) return told('E122', message, `write ${nothing}`)
  if (isWord)
    return told(
      'E123',
      message,
      means === false && nothing !== undefined
        ? `write ${nothing}`
        : `YAML may take ${plain(String(value))} for a boolean: write ${listed(words, 8)}`,
    )
  if (words.includes(String(value)))
    return told(
      'E114',
      message,
      typeof value === 'string' ? `remove the quotes: ${value}` : `put it in quotes: "${String(value)}"`,
    )
  const near = nearest(String(value), words)
  return told('E122', message, near === undefined ? `write ${listed(words, 8)}` : `did you mean ${near}?`)
}

type RangeIssue = Extract<z.core.$ZodIssue, { code: 'too_small' | 'too_big' }>

/** Too small or too big: numbers, texts and lists. */
export function tellRange(issue: RangeIssue, { label, value }: Expecting): Told {
  const isLow = issue.code === 'too_small'
  const code = isLow ? 'E117' : 'E121'
  const bound = Number(issue.code === 'too_small' ? issue.minimum : issue.maximum)
  const side = isLow ? 'at least' : 'at most'
  if (issue.origin === 'array') {
    const got = Array.isArray(value) ? value.length : 0
    return told(
      code,
      `${label} must have ${side} ${bound === 1 ? 'one entry' : `${bound} entries`}, got ${got}`,
      isLow ? 'add an entry, or remove the key' : `remove ${got - bound}`,
    )
  }
  if (issue.origin === 'string') {
    return isLow
      ? told(code, `${label} must not be empty`, 'write a text, or remove the key')
      : told(code, `${label} must have at most ${bound} characters, got ${String(value).length}`, 'shorten it')
  }
  const relation = issue.inclusive === false ? (isLow ? 'above' : 'below') : side
  return told(
    code,
    `${label} must be ${relation} ${bound}, got ${show(value)}`,
    isLow
      ? `write ${relation === side ? `${bound} or more` : `more than ${bound}`}`
      : `write ${relation === side ? `${bound} or less` : `less than ${bound}`}`,
  )
}

/** Text that does not have the form it needs; a usable variant is offered where there is one. */
export function tellFormat(
  issue: Extract<z.core.$ZodIssue, { code: 'invalid_format' }>,
  { label, value }: Expecting,
): Told {
  const variant = String(value)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-._]+|[-._]+$/g, '')
  const body = issue.pattern?.replace(/^\/|\/[a-z]*$/g, '')
  const isUsable = variant !== '' && body !== undefined && new RegExp(body).test(variant)
  return told(
    'E136',
    `${label} ${issue.message}, got ${show(value)}`,
    isUsable ? `write ${variant}` : 'write it in that form',
  )
}
