// The `matrix` section: settings swept, by whom they belong to, with cells added and left out.
import * as z from 'zod'
import type { Problem } from '../../core/errors.ts'
import { nearest } from '../../core/suggest.ts'
import { listed, show } from '../show.ts'
import { problemsOfValue } from '../single.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import {
  commitSchema,
  compressionSchema,
  driverSchema,
  groupsSchema,
  membersSchema,
  modeSchema,
  workersSchema,
} from './clients.ts'
import {
  addProblem,
  type Ctx,
  type Draft,
  evenIfBroken,
  part,
  rateOrMax,
  type Settings,
  type SettingValue,
} from './common.ts'
import {
  brokerSettingSchema,
  CONSUMER_SETTINGS,
  checkBrokerNames,
  PRODUCER_SETTINGS,
  type SettingTable,
  scalar,
  settingSchema,
  settingShape,
  TOPIC_SETTINGS,
} from './settings.ts'
import { partitionsSchema, replicationSchema, topicCountSchema } from './topics.ts'
import { compressibleSchema, recordSize } from './values.ts'

const SCOPES = ['producers', 'consumers', 'topics', 'brokers', 'load'] as const
export type AxisScope = (typeof SCOPES)[number]

/** One swept setting; `name` is what cells, rules and reports call it. */
export type Axis = { scope: AxisScope; setting: string; name: string; values: SettingValue[] }

export type MatrixSpec = { axes: Axis[]; include: Settings[]; exclude: Settings[] }

type ValueSchema = z.ZodType<SettingValue>

/** Harness fields that may be swept beside Kafka's own settings. */
const FIELDS: Record<AxisScope, Record<string, ValueSchema>> = {
  producers: {
    workers: workersSchema,
    driver: driverSchema,
    mode: modeSchema,
    compression: compressionSchema,
    'values.size': recordSize,
    'values.compressible': compressibleSchema,
  },
  consumers: { groups: groupsSchema, members: membersSchema, commit: commitSchema },
  topics: { partitions: partitionsSchema, 'replication.factor': replicationSchema, count: topicCountSchema },
  brokers: {},
  load: { rate: rateOrMax },
}
const TABLES: Record<AxisScope, SettingTable> = {
  producers: PRODUCER_SETTINGS,
  consumers: CONSUMER_SETTINGS,
  topics: TOPIC_SETTINGS,
  brokers: BROKER_SETTINGS,
  load: {},
}

/** How one value of an axis is read, wherever it stands: in the axis, in a cell, in `when`. */
function valueSchema(scope: AxisScope, setting: string): ValueSchema {
  const field = Object.hasOwn(FIELDS[scope], setting) ? FIELDS[scope][setting] : undefined
  if (field) return field
  if (scope === 'brokers') return brokerSettingSchema(setting)
  const known = Object.hasOwn(TABLES[scope], setting) ? TABLES[scope][setting] : undefined
  return known ? settingSchema(known) : scalar
}

/** The values of an axis: a list, or one value alone. */
const axisOf = (schema: ValueSchema) => z.union([schema, z.array(schema).check(z.minLength(1), z.maxLength(200))])

const fieldShape = (scope: AxisScope) =>
  Object.fromEntries(Object.entries(FIELDS[scope]).map(([name, schema]) => [name, z.optional(axisOf(schema))]))

function axisMap(scope: AxisScope) {
  return z.strictObject({ ...fieldShape(scope), ...settingShape(TABLES[scope], axisOf) }).optional()
}

const brokerAxisMap = z
  .object(settingShape(BROKER_SETTINGS, axisOf))
  .catchall(axisOf(scalar))
  .superRefine(...evenIfBroken((draft, ctx) => checkBrokerNames(Object.keys(draft), ctx)))
  .optional()

const cellMap = z.record(z.string(), scalar)

const matrixShape = z.strictObject({
  producers: axisMap('producers').describe(
    'Producer settings, and workers, driver, mode, compression, values.size, values.compressible',
  ),
  consumers: axisMap('consumers').describe('Consumer settings, and groups, members, commit'),
  topics: axisMap('topics').describe('Topic settings, and partitions, replication.factor, count'),
  brokers: brokerAxisMap.describe('Broker properties; each value needs a boot of its own'),
  load: axisMap('load').describe('rate'),
  include: z.array(cellMap).max(200).describe('Whole cells to add').optional(),
  exclude: z.array(cellMap).max(200).describe('Cells to leave out: every cell that has these values').optional(),
})

/** The axes of a matrix, as far as it could be read; a setting swept in two scopes is named with its scope. */
export function axesOf(input: unknown): Axis[] {
  const swept = SCOPES.flatMap(scope =>
    Object.entries(part.map(part.map(input)[scope]))
      .filter(([, values]) => values !== undefined)
      .map(([setting, values]) => ({
        scope,
        setting,
        values: (Array.isArray(values) ? values : [values]) as SettingValue[],
      })),
  )
  return swept.map(axis => {
    const isShared = swept.some(other => other.setting === axis.setting && other.scope !== axis.scope)
    return { ...axis, name: isShared ? `${axis.scope}.${axis.setting}` : axis.setting }
  })
}

/** The values of an axis as text, as far as they could be read. */
export function wordsOf(axis: Axis): string[] {
  return axis.values.map(part.word).filter(word => word !== '')
}

function checkRepeats(axis: Axis, ctx: Ctx): void {
  axis.values.forEach((value, index) => {
    const first = axis.values.findIndex(other => typeof other !== 'object' && other === value)
    if (first < 0 || first === index) return
    addProblem(ctx, 'E128', `${axis.setting} lists ${part.word(value)} twice`, {
      path: [axis.scope, axis.setting, index],
      relatedPath: [axis.scope, axis.setting, first],
      hint: 'write each value once',
    })
  })
}

/** The axis a name means, or a problem that says which there are. */
export function findAxis(
  name: string,
  axes: readonly Axis[],
  ctx: Ctx,
  path: (string | number)[],
  what: string,
): Axis | undefined {
  const found = axes.find(axis => axis.name === name)
  if (found) return found
  const names = axes.map(axis => axis.name)
  const scoped = axes.filter(axis => axis.setting === name).map(axis => axis.name)
  const near = nearest(name, names)
  const hint =
    scoped.length > 0
      ? `write ${listed(scoped)}`
      : near
        ? `did you mean ${near}?`
        : names.length > 0
          ? `axes: ${names.join(', ')}`
          : 'the matrix has no axes'
  addProblem(ctx, 'E130', `${what}${show(name).slice(1, -1)} is not an axis of the matrix`, { path, onKey: true, hint })
  return undefined
}

/** One value of a setting or field given outside a scenario, as a flag gives it: `linger.ms` and `20ms`. */
export function parseAxisValue(
  scope: AxisScope,
  setting: string,
  text: string,
): { ok: true; value: SettingValue } | { ok: false; problems: Problem[] } {
  const shape = Object.fromEntries(
    Object.keys({ ...FIELDS[scope], ...TABLES[scope] }).map(name => [name, z.optional(valueSchema(scope, name))]),
  )
  const schema =
    scope === 'brokers'
      ? z
          .object(shape)
          .catchall(scalar)
          .superRefine((input, ctx) => checkBrokerNames(Object.keys(input), ctx))
      : z.strictObject(shape)
  const result = problemsOfValue(schema, setting, text)
  if (!result.ok) return result
  return { ok: true, value: result.value as SettingValue }
}

/** One value as the axis has it, or undefined with a problem; `5ms` and 5 are the same linger.ms. */
export function readAxisValue(
  axis: Axis,
  value: SettingValue,
  ctx: Ctx,
  path: (string | number)[],
): SettingValue | undefined {
  const result = valueSchema(axis.scope, axis.setting).safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const hint = issue && 'params' in issue ? (issue.params as { hint?: string }).hint : undefined
  addProblem(ctx, 'E130', `${show(value)} is not a value of ${axis.name}`, {
    path,
    hint: hint ?? `values: ${listed(wordsOf(axis))}`,
  })
  return undefined
}

function checkCells(input: Draft, axes: readonly Axis[], ctx: Ctx): void {
  for (const kind of ['include', 'exclude'] as const) {
    part.list(input[kind]).forEach((cell, index) => {
      const path = [kind, index]
      const names = Object.keys(part.map(cell))
      const found = names.map(name => findAxis(name, axes, ctx, [...path, name], ''))
      const missing = axes.filter(axis => !found.includes(axis)).map(axis => axis.name)
      if (kind === 'include' && missing.length > 0)
        addProblem(ctx, 'E133', `an included cell needs every axis; missing: ${missing.join(', ')}`, {
          path,
          hint: `add ${missing[0]}: …`,
        })
      if (kind === 'exclude' && names.length === 0)
        addProblem(ctx, 'E133', 'an empty exclude would leave out every cell', {
          path,
          hint: 'name at least one axis and its value',
        })
      for (const axis of found)
        if (axis) checkCellValue(axis, part.map(cell)[axis.name], kind === 'exclude', ctx, [...path, axis.name])
    })
  }
}

function checkCellValue(axis: Axis, value: unknown, mustExist: boolean, ctx: Ctx, path: (string | number)[]): void {
  if (value === undefined || typeof value === 'object') return
  const read = readAxisValue(axis, value as SettingValue, ctx, path)
  if (read === undefined || !mustExist || wordsOf(axis).includes(part.word(read))) return
  addProblem(ctx, 'E130', `${axis.name} is never ${part.word(value)}`, {
    path,
    hint: `values: ${listed(wordsOf(axis))}`,
  })
}

/** Cell values in the axes' own units. */
function readCells(cells: readonly Settings[] | undefined, axes: readonly Axis[]): Settings[] {
  return (cells ?? []).map(cell =>
    Object.fromEntries(
      Object.entries(cell).map(([name, value]) => {
        const axis = axes.find(candidate => candidate.name === name)
        return [name, axis ? valueSchema(axis.scope, axis.setting).parse(value) : value]
      }),
    ),
  )
}

export const matrixSchema = matrixShape
  .superRefine(
    ...evenIfBroken((draft, ctx) => {
      const axes = axesOf(draft)
      for (const axis of axes) checkRepeats(axis, ctx)
      checkCells(draft, axes, ctx)
    }),
  )
  .prefault({})
  .transform((input): MatrixSpec => {
    const axes = axesOf(input)
    return { axes, include: readCells(input.include, axes), exclude: readCells(input.exclude, axes) }
  })
  .describe('Settings swept; every combination is a cell')
