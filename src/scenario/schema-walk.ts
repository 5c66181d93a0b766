// Looks into the zod schema by path: which keys a map knows, what a value should be, and where a misplaced key belongs.
import * as z from 'zod'

type Schema = z.core.$ZodType
type Path = readonly PropertyKey[]

const defOf = (schema: Schema) => (schema as z.core.$ZodTypes)._zod.def

/** Takes off one wrapper that does not change what is written: optional, default, transform. */
function unwrapOnce(schema: Schema): Schema | undefined {
  const def = defOf(schema)
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') return def.innerType
  return def.type === 'pipe' ? def.in : undefined
}

function unwrap(schema: Schema): Schema {
  let inner = schema
  for (let next = unwrapOnce(inner); next; next = unwrapOnce(inner)) inner = next
  return inner
}

/** The alternatives that a schema allows, unwrapped; a value's own `phase` (or other discriminator) narrows them. */
function alternatives(schema: Schema, value: unknown): Schema[] {
  const inner = unwrap(schema)
  const def = defOf(inner)
  if (def.type !== 'union') return [inner]
  const all = def.options.flatMap(option => alternatives(option, value))
  const discriminator = 'discriminator' in def && typeof def.discriminator === 'string' ? def.discriminator : undefined
  const chosen = discriminator === undefined ? undefined : childOf(value, discriminator)
  const narrowed = all.filter(
    option => chosen !== undefined && literalsOf(shapeOf(option)?.[discriminator ?? '']).includes(chosen),
  )
  return narrowed.length > 0 ? narrowed : all
}

function childOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  const def = defOf(schema)
  return def.type === 'object' ? def.shape : undefined
}

function literalsOf(schema: Schema | undefined): unknown[] {
  const def = schema && defOf(unwrap(schema))
  return def?.type === 'literal' ? def.values : []
}

function step(schema: Schema, key: PropertyKey): Schema | undefined {
  const def = defOf(schema)
  if (def.type === 'array') return def.element
  if (def.type === 'record') return def.valueType
  if (def.type !== 'object') return undefined
  return Object.hasOwn(def.shape, key) ? def.shape[String(key)] : def.catchall
}

/** The schemas that may stand at a path of a value. */
function schemasAt(root: Schema, path: Path, value: unknown): Schema[] {
  let found = alternatives(root, value)
  let here = value
  for (const key of path) {
    here = childOf(here, key)
    found = found.flatMap(schema => step(schema, key) ?? []).flatMap(schema => alternatives(schema, here))
  }
  return found
}

/** Keys of the map at a path. */
export function knownKeys(root: Schema, path: Path, value: unknown): string[] {
  return [...new Set(schemasAt(root, path, value).flatMap(schema => Object.keys(shapeOf(schema) ?? {})))]
}

/** The values of a union's discriminator at a path: the kinds of phases. */
export function discriminatorValues(root: Schema, path: Path, key: string): string[] {
  return schemasAt(root, path, undefined)
    .flatMap(schema => literalsOf(shapeOf(schema)?.[key]))
    .map(String)
}

/** Where misplaced keys of a map belong: `acks`, written beside `config`, belongs under it. */
export function homesIn(root: Schema, path: Path, value: unknown): Map<string, string> {
  const inner = knownKeys(root, path, value).map(home => [home, knownKeys(root, [...path, home], value)] as const)
  return new Map(inner.toReversed().flatMap(([home, keys]) => keys.map(key => [key, home] as const)))
}

/** The description of the value at a path, as editors show it. */
export function describedAt(root: Schema, path: Path, value: unknown): string | undefined {
  const key = path.at(-1)
  if (key === undefined) return undefined
  for (const parent of schemasAt(root, path.slice(0, -1), value)) {
    for (let schema = step(parent, key); schema; schema = unwrapOnce(schema)) {
      const description = z.globalRegistry.get(schema)?.description
      if (description !== undefined) return description
    }
  }
  return undefined
}
