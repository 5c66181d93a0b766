// Resolves the settings of one group in one cell: matrix over flags over scenario over properties file over defaults, each value with its source.
import type { Capabilities } from '../drivers/driver.ts'
import type { Settings, SettingValue } from '../scenario/schema/common.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../scenario/schema/settings.ts'

export type Resolved = { name: string; value: SettingValue; source: string; note?: string }

/** Where a value may come from besides the defaults, strongest last; one that yields was written for another client, so what a driver lacks is left out. */
export type Layer = { source: string; values: Settings; yields?: true }

/** Layers from outside the scenario: under its own values, and over them. */
export type OuterLayers = { under: readonly Layer[]; over: readonly Layer[] }

const TABLES = { producer: PRODUCER_SETTINGS, consumer: CONSUMER_SETTINGS }

/** Over Java's defaults, or over the library's own where it runs as its users get it. */
function resolve(
  role: 'producer' | 'consumer',
  layers: readonly Layer[],
  capabilities: Capabilities,
): Map<string, Resolved> {
  const out = new Map<string, Resolved>()
  const shipped = capabilities.defaults?.[role]
  const defaultOf = (name: string): SettingValue | undefined => (shipped ? shipped[name] : TABLES[role][name]?.default)
  for (const name of Object.keys(TABLES[role])) {
    const value = defaultOf(name)
    if (value === undefined) continue
    const note = shipped ? { note: `the default of ${capabilities.name}` } : {}
    out.set(name, { name, value, source: 'default', ...note })
  }
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer.values)) {
      const how = capabilities[role][name]
      const isLacking = typeof how === 'object' && 'unsupported' in how && value !== defaultOf(name)
      if (!layer.yields || !isLacking) out.set(name, { name, value, source: layer.source })
    }
  return out
}

function addNotes(resolved: Map<string, Resolved>, support: Capabilities['producer']): Resolved[] {
  return [...resolved.values()].map(row => {
    const how = support[row.name]
    if (how === 'harness') return { ...row, note: 'by the harness' }
    if (typeof how === 'object' && 'emulated' in how) return { ...row, note: `emulated: ${how.emulated}` }
    return row
  })
}

/** Most requests in flight under which a broker can still tell duplicates. */
const MAX_IDEMPOTENT_IN_FLIGHT = 5

/** Java switches idempotence on by itself at acks=all, and leaves it off where retries or requests in flight do not allow it. */
function defaultIdempotence(resolved: ReadonlyMap<string, Resolved>): Resolved {
  const value = (name: string): SettingValue | undefined => resolved.get(name)?.value
  const isAll = value('acks') === 'all'
  const isPossible =
    Number(value('retries')) > 0 && Number(value('max.in.flight.requests.per.connection')) <= MAX_IDEMPOTENT_IN_FLIGHT
  const note = isAll && !isPossible ? 'off: it needs retries and at most 5 requests in flight' : 'true only at acks=all'
  return { name: 'enable.idempotence', value: isAll && isPossible, source: 'default', note }
}

/** All producer settings of a group; idempotence follows acks as in the Java client, where nothing else is said. */
export function resolveProducer(layers: readonly Layer[], capabilities: Capabilities): Resolved[] {
  const resolved = resolve('producer', layers, capabilities)
  if (!resolved.has('enable.idempotence')) resolved.set('enable.idempotence', defaultIdempotence(resolved))
  const idempotent = resolved.get('enable.idempotence')?.value === true
  const flight = resolved.get('max.in.flight.requests.per.connection')
  const limit = capabilities.maxInFlightIdempotent
  const rows = addNotes(resolved, capabilities.producer)
  if (!idempotent || !flight || limit === undefined || Number(flight.value) <= limit) return rows
  return rows.map(row =>
    row.name === flight.name
      ? { ...row, note: `effective ${limit}: ${capabilities.name} sends one idempotent request at a time per broker` }
      : row,
  )
}

/** All consumer settings of a group. */
export function resolveConsumer(layers: readonly Layer[], capabilities: Capabilities): Resolved[] {
  return addNotes(resolve('consumer', layers, capabilities), capabilities.consumer)
}

/** What a layer that yields says and a driver cannot do, each with the reason. */
export function leftOut(
  layers: readonly Layer[],
  rows: readonly Resolved[],
  support: Capabilities['producer'],
): string[] {
  return layers
    .filter(layer => layer.yields)
    .flatMap(({ source, values }) =>
      Object.entries(values).flatMap(([name, value]) => {
        const how = support[name]
        const isTaken = rows.some(row => row.name === name && row.source === source)
        const isLacking = typeof how === 'object' && 'unsupported' in how && !isTaken
        return isLacking ? [`${name}=${value} of the ${source} is not taken: ${how.unsupported}`] : []
      }),
    )
}

/** Rows → a plain map for workers. */
export function asSettings(rows: readonly Resolved[]): Settings {
  return Object.fromEntries(rows.map(row => [row.name, row.value]))
}
