// The JSON Schema of scenarios, made from the zod schema, so that editors complete keys, show their meaning and mark mistakes.
import * as z from 'zod'
import { UNIT_PATTERNS } from '../core/units.ts'
import { scenarioSchema } from './schema/scenario.ts'

type Json = { [key: string]: unknown }

const TITLE = 'kafka-gauntlet scenario'
const SAFE = Number.MAX_SAFE_INTEGER

/** Where the settings stand whose types the matrix repeats. */
const SETTINGS: Readonly<Record<string, string>> = {
  producers: '#/properties/producers/items/properties/config',
  consumers: '#/properties/consumers/items/properties/config',
  topics: '#/properties/topics/items/properties/config',
  brokers: '#/properties/cluster/properties/config',
}

/** The JSON Schema (draft 7) of what a scenario file may hold; references between sections are checked by the loader alone. */
export function scenarioJsonSchema(): Json {
  const schema = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    target: 'draft-07',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => tidy(jsonSchema as Json),
  }) as Json
  shareSettings(schema)
  const definitions = nameBrokerKinds(schema)
  const { $schema, ...rest } = schema
  return { $schema, title: TITLE, ...rest, definitions }
}

/** Takes out what only says that a number is a number and that an absent map is empty. */
function tidy(schema: Json): void {
  const { default: value } = schema
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  if (isEmpty) delete schema['default']
  if (schema['maximum'] === SAFE) delete schema['maximum']
  if (schema['minimum'] === -SAFE) delete schema['minimum']
}

const mapAt = (value: unknown, ...path: string[]): Json =>
  path.reduce<Json>((here, key) => (here[key] ?? {}) as Json, value as Json)

const settingsAt = (schema: Json, scope: string): Json =>
  mapAt(schema, ...(SETTINGS[scope] ?? '').slice(2).split('/'), 'properties')

/** One value, or the list of values that an axis sweeps. */
const oneOrMany = ($ref: string): Json => ({
  anyOf: [{ $ref }, { type: 'array', minItems: 1, maxItems: 200, items: { $ref } }],
})

/** Lets each axis of the matrix refer to the setting that it sweeps, instead of repeating it. */
function shareSettings(schema: Json): void {
  for (const scope of ['producers', 'consumers', 'topics']) {
    const axes = mapAt(schema, 'properties', 'matrix', 'properties', scope, 'properties')
    const settings = settingsAt(schema, scope)
    for (const name of Object.keys(axes))
      if (name in settings) axes[name] = oneOrMany(`${SETTINGS[scope]}/properties/${name}`)
  }
}

/** Broker properties are many and of few kinds: each kind is defined once, alone and as an axis. */
function nameBrokerKinds(schema: Json): Json {
  const definitions: Json = {}
  const settings = settingsAt(schema, 'brokers')
  const axes = mapAt(schema, 'properties', 'matrix', 'properties', 'brokers', 'properties')
  for (const [name, setting] of Object.entries(settings)) {
    const kind = kindOf(setting as Json)
    if (kind === undefined) {
      axes[name] = oneOrMany(`${SETTINGS['brokers']}/properties/${name}`)
      continue
    }
    definitions[kind] = setting
    definitions[`${kind}-axis`] = oneOrMany(`#/definitions/${kind}`)
    settings[name] = { $ref: `#/definitions/${kind}` }
    axes[name] = { $ref: `#/definitions/${kind}-axis` }
  }
  return definitions
}

/** The name of a broker property's type; those with a meaning or bounds of their own have none. */
function kindOf(setting: Json): string | undefined {
  if ('description' in setting) return undefined
  if (setting['pattern'] === UNIT_PATTERNS.duration) return 'broker-duration'
  if (setting['pattern'] === UNIT_PATTERNS.size) return 'broker-size'
  return typeof setting['type'] === 'string' ? `broker-${setting['type']}` : undefined
}
