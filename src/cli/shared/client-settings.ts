// The client properties file of an external cluster: read once, its settings of producers and consumers as the lowest layer over the defaults.
import { dirname, resolve } from 'node:path'
import { type ClientProperties, loadClientProperties } from '../../cluster/client-properties.ts'
import { HarnessError, type Problem } from '../../core/errors.ts'
import type { Layer } from '../../plan/settings.ts'
import type { Settings } from '../../scenario/schema/common.ts'
import { parseAxisValue } from '../../scenario/schema/matrix.ts'
import type { Scenario } from '../../scenario/schema/scenario.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../scenario/schema/setting-tables.ts'
import type { CommandInput } from '../commands.ts'

const SOURCE = 'properties file'
const TABLES = { producers: PRODUCER_SETTINGS, consumers: CONSUMER_SETTINGS } as const

type Scope = keyof typeof TABLES

/** The properties file that a scenario or a flag names; undefined where neither does. */
export async function readProperties(
  scenario: Scenario,
  scenarioFile: string,
  input: CommandInput,
): Promise<ClientProperties | undefined> {
  const { cluster } = scenario
  if (cluster.kind !== 'external' || cluster.commandConfig === undefined) return undefined
  // A path in the scenario belongs to its folder, one on the command line to the folder of the caller.
  const isFromScenario = input.options['command-config'] === undefined
  const properties = await loadClientProperties(
    resolve(isFromScenario ? dirname(scenarioFile) : '.', cluster.commandConfig),
  )
  for (const warning of properties.warnings) input.io.error(`warning: ${warning}`)
  return properties
}

/** The settings of a properties file as one layer for each kind of client; throws every value that cannot be read. */
export function propertyLayers({ file, settings }: ClientProperties): Record<Scope, Layer> {
  const problems = new Map<string, Problem>()
  const layerOf = (scope: Scope): Layer => {
    const values: Settings = {}
    for (const [name, { value, line }] of Object.entries(settings)) {
      const setting = Object.hasOwn(TABLES[scope], name) ? TABLES[scope][name] : undefined
      if (!setting) continue
      const text = setting.type === 'boolean' ? value.toLowerCase() : value
      const parsed =
        setting.type === 'string' && text !== ''
          ? { ok: true as const, value: text }
          : parseAxisValue(scope, name, text)
      if (parsed.ok) values[name] = parsed.value
      else
        for (const problem of parsed.problems) {
          problems.set(`${line} ${problem.message}`, { ...problem, place: { file, line } })
        }
    }
    return { source: SOURCE, values, yields: true }
  }
  const layers = { producers: layerOf('producers'), consumers: layerOf('consumers') }
  if (problems.size > 0) throw new HarnessError([...problems.values()])
  return layers
}
