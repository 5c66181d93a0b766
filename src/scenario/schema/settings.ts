// Kafka's client, topic and broker settings as zod types, made from the tables beside this file.
import * as z from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import { nearest } from '../../core/suggest.ts'
import { parseDurationMs, parseSizeBytes, UNIT_PATTERNS, type UnitResult } from '../../core/units.ts'
import { BROKER_SETTINGS, brokerSetting, HARNESS_OWNED } from './broker-settings.ts'
import {
  addProblem,
  type Ctx,
  evenIfBroken,
  type Reading,
  type Settings,
  type SettingValue,
  unitProblem,
  written,
} from './common.ts'
import { type Setting, type SettingTable, TOPIC_SETTINGS } from './setting-tables.ts'

export {
  CONSUMER_SETTINGS,
  PRODUCER_SETTINGS,
  type Setting,
  type SettingTable,
  TOPIC_SETTINGS,
} from './setting-tables.ts'

type SettingSchema = z.ZodType<SettingValue>

/** Bounds as JSON Schema says them. */
function range(setting: Setting): Record<string, number> {
  return {
    ...(setting.min === undefined ? {} : { minimum: setting.min }),
    ...(setting.max === undefined ? {} : { maximum: setting.max }),
  }
}

function meta(setting: Setting): Record<string, unknown> {
  return {
    ...(setting.doc === '' ? {} : { description: setting.doc }),
    ...(setting.default === undefined ? {} : { default: setting.default }),
  }
}

/** Kafka's own unit as a bare number, or text with a unit; Kafka takes whole milliseconds and whole bytes. */
function unitSetting(
  setting: Setting,
  parse: (text: string) => UnitResult,
  pattern: string,
  unit: string,
  example: string,
): SettingSchema {
  const json = { ...meta(setting), type: ['integer', 'string'], ...range(setting), pattern }
  return written(`a number of ${unit}, or text such as ${example}`, json, input => {
    const result: UnitResult = typeof input === 'number' ? { ok: true, value: input } : parse(input)
    if (!result.ok) return unitProblem(result)
    return withinBounds(setting, result.value, unit)
  })
}

function withinBounds({ min, max }: Setting, value: number, unit: string): Reading<number> {
  const refuse = (code: ErrorCode, what: string, hint: string): Reading<number> => {
    return { ok: false, code, message: `must be ${what}, got ${value}`, hint }
  }
  if (!Number.isInteger(value)) return refuse('E118', `a whole number of ${unit}`, `write ${Math.ceil(value)}`)
  if (min !== undefined && value < min) return refuse('E117', `at least ${min} (${unit})`, `write ${min} or more`)
  if (max !== undefined && value > max) return refuse('E121', `at most ${max} (${unit})`, `write ${max} or less`)
  return { ok: true, value }
}

/** One of a list; numbers may be written as numbers, and -1 is Kafka's other name for acks: all. */
function enumSetting(setting: Setting, values: readonly string[]): SettingSchema {
  const all = values.flatMap(value => (/^-?\d+$/.test(value) ? [Number(value), value] : [value]))
  return z
    .literal(all)
    .meta(meta(setting))
    .transform(value => (values.includes('all') && String(value) === '-1' ? 'all' : String(value)))
}

function numberSetting(setting: Setting): SettingSchema {
  let schema: z.ZodNumber = setting.type === 'int' ? z.int() : z.number()
  if (setting.min !== undefined) schema = schema.min(setting.min)
  if (setting.max !== undefined) schema = schema.max(setting.max)
  return schema.meta(meta(setting))
}

/** The zod type of one setting. */
export function settingSchema(setting: Setting): SettingSchema {
  const { type } = setting
  if (typeof type === 'object') return enumSetting(setting, type.enum)
  switch (type) {
    case 'int':
    case 'number':
      return numberSetting(setting)
    case 'durationMs':
      return unitSetting(setting, parseDurationMs, UNIT_PATTERNS.duration, 'milliseconds', '5ms or 2s')
    case 'sizeBytes':
      return unitSetting(setting, parseSizeBytes, UNIT_PATTERNS.size, 'bytes', '64KiB or 1MB')
    case 'boolean':
      return z.boolean().meta(meta(setting))
    case 'string':
      return z.string().min(1).meta(meta(setting))
  }
}

const made = new WeakMap<SettingTable, Record<string, SettingSchema>>()

/** The zod types of a table, made once, since config and matrix both use them. */
function schemasOf(table: SettingTable): Record<string, SettingSchema> {
  const schemas =
    made.get(table) ??
    Object.fromEntries(Object.entries(table).map(([name, setting]) => [name, settingSchema(setting)]))
  made.set(table, schemas)
  return schemas
}

/** The settings of a table as the shape of a map in which each may be absent; `wrap` turns a value's type into an axis'. */
export function settingShape<T extends z.ZodType>(
  table: SettingTable,
  wrap: (schema: SettingSchema) => T,
): Record<string, z.ZodOptional<T>> {
  return Object.fromEntries(Object.entries(schemasOf(table)).map(([name, schema]) => [name, z.optional(wrap(schema))]))
}

const same = (schema: SettingSchema) => schema

/** A map of client settings: unknown names are refused. */
export function settingsMap(table: SettingTable) {
  return z.strictObject(settingShape(table, same)).prefault({}).transform(given)
}

/** A map of topic settings: unknown names are refused. */
export const topicSettingsMap = () => settingsMap(TOPIC_SETTINGS)

export const scalar = z.union([z.string(), z.number(), z.boolean()])

/** A map of broker properties: plugins and other versions may bring names of their own, but typing mistakes and what the harness sets itself are refused. */
export const brokerSettingsMap = () =>
  z
    .object(settingShape(BROKER_SETTINGS, same))
    .catchall(scalar)
    .superRefine(...evenIfBroken((draft, ctx) => checkBrokerNames(Object.keys(draft), ctx)))
    .transform(given)

/** Refuses broker properties that the harness sets itself, and names one or two letters away from a known one. */
export function checkBrokerNames(names: readonly string[], ctx: Ctx): void {
  const known = Object.keys(BROKER_SETTINGS)
  for (const name of names) {
    const owned = HARNESS_OWNED.get(name)
    const near = known.includes(name) || owned !== undefined ? undefined : nearest(name, known, 2)
    if (owned !== undefined)
      addProblem(ctx, 'E128', `${name} is set by the harness itself`, { path: [name], onKey: true, hint: owned })
    else if (near !== undefined)
      addProblem(ctx, 'E113', `${name} is not a broker setting`, {
        path: [name],
        onKey: true,
        hint: `did you mean ${near}?`,
      })
  }
}

/** The zod type of a broker property swept by the matrix. */
export function brokerSettingSchema(name: string): SettingSchema {
  const setting = brokerSetting(name)
  return setting ? settingSchema(setting) : scalar
}

function given(input: Record<string, SettingValue | undefined>): Settings {
  return Object.fromEntries(
    Object.entries(input).filter((entry): entry is [string, SettingValue] => entry[1] !== undefined),
  )
}
