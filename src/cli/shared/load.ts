// Scenario file + flags + environment → plan; the same for run and plan, so that both mean the same.
import { availableParallelism } from 'node:os'
import type { ClientProperties } from '../../cluster/client-properties.ts'
import { HarnessError, type Problem } from '../../core/errors.ts'
import { lackOfDriver } from '../../drivers/index.ts'
import { DEFAULT_MAX_CELLS, makePlan, type Plan } from '../../plan/plan.ts'
import type { Layer, Resolved } from '../../plan/settings.ts'
import { type LoadedScenario, loadScenario } from '../../scenario/load.ts'
import { rateOrMax, type Settings } from '../../scenario/schema/common.ts'
import { parseAxisValue } from '../../scenario/schema/matrix.ts'
import type { Scenario } from '../../scenario/schema/scenario.ts'
import type { CommandInput } from '../commands.ts'
import type { OptionName } from '../options.ts'
import { propertyLayers, readProperties } from './client-settings.ts'
import { withOverlay } from './overlay.ts'

export type Loaded = { loaded: LoadedScenario; plan: Plan; properties?: ClientProperties }

const SOURCE_TEXT = { flag: 'flag', environment: 'environment', default: 'default' } as const

/** Loads and plans; throws every problem found. `overlay` texts are laid over the scenario, as `--candidate-with` writes them. */
export async function loadPlan(file: string, input: CommandInput, overlay: readonly string[] = []): Promise<Loaded> {
  const loaded = await loadScenario(file)
  const overrides: Resolved[] = []
  const scenario = withOverlay(override(loaded.scenario, input, overrides), overlay)
  const layers = settingLayers(input, scenario)
  const properties = await readProperties(scenario, loaded.file, input)
  const lowest = properties ? propertyLayers(properties) : undefined
  const plan = makePlan(scenario, {
    placeOf: loaded.placeOf,
    cores: availableParallelism(),
    maxCells: input.options['max-cells'] ?? DEFAULT_MAX_CELLS,
    producerLayers: { under: lowest ? [lowest.producers] : [], over: layers.producers },
    consumerLayers: { under: lowest ? [lowest.consumers] : [], over: layers.consumers },
    overrides: [...overrides, ...layers.rows],
  })
  await checkClients(plan, properties)
  return { loaded, plan, ...(properties ? { properties } : {}) }
}

/** Some drivers need a client that does not come with us; what it lacks is told before anything starts. */
async function checkClients(plan: Plan, properties: ClientProperties | undefined): Promise<void> {
  const problems: Problem[] = []
  const groups = plan.setups.flatMap(({ producers, consumers }) => [...producers, ...consumers])
  for (const name of new Set(groups.map(group => group.driver))) {
    const lack = await lackOfDriver(name, properties?.security)
    if (lack) problems.push({ code: 'E314', message: lack.reason, hint: lack.hint })
  }
  if (problems.length > 0) throw new HarnessError(problems)
}

function override(scenario: Scenario, input: CommandInput, overrides: Resolved[]): Scenario {
  const { options, sources } = input
  const note = (name: OptionName, value: string | number) =>
    overrides.push({ name, value, source: SOURCE_TEXT[sources[name] ?? 'default'] })
  let next = scenario
  for (const name of ['repeat', 'seed'] as const) {
    const value = options[name]
    if (value === undefined) continue
    const least = name === 'repeat' ? 1 : 0
    if (!Number.isInteger(value) || value < least)
      throw new HarnessError({ code: 'E201', message: `--${name} ${value} is not a whole number of at least ${least}` })
    note(name, value)
    next = { ...next, [name]: value }
  }
  if (options.rate !== undefined) {
    note('rate', options.rate)
    next = withRate(next, options.rate)
  }
  return withCluster(next, input, note)
}

function withRate(scenario: Scenario, text: string): Scenario {
  const parsed = rateOrMax.safeParse(text)
  if (!parsed.success)
    throw new HarnessError({
      code: 'E201',
      message: `--rate ${text}: ${parsed.error.issues[0]?.message ?? 'not a rate'}`,
      hint: 'write 500/s, 20k/s or max',
    })
  const rate = parsed.data
  const segments = scenario.load.segments.map(segment =>
    segment.kind === 'ramp' || segment.kind === 'step'
      ? segment
      : {
          ...segment,
          max: rate === 'max',
          fromPerSecond: rate === 'max' ? 0 : rate,
          toPerSecond: rate === 'max' ? 0 : rate,
        },
  )
  return { ...scenario, load: { ...scenario.load, segments } }
}

function withCluster(
  scenario: Scenario,
  input: CommandInput,
  note: (name: OptionName, value: string) => void,
): Scenario {
  const { options } = input
  if (scenario.cluster.kind === 'external') {
    if (options['broker-metrics'])
      throw new HarnessError({ code: 'E201', message: '--broker-metrics: the brokers are not ours to change' })
    const config = options['command-config']
    if (config === undefined) return scenario
    note('command-config', config)
    return { ...scenario, cluster: { ...scenario.cluster, commandConfig: config } }
  }
  const cluster = { ...scenario.cluster }
  if (options.provider !== undefined) {
    note('provider', options.provider)
    cluster.provider = options.provider as typeof cluster.provider
  }
  if (options.image !== undefined) {
    note('image', options.image)
    cluster.image = options.image
  }
  if (options.kafka !== undefined) {
    if (!/^\d+\.\d+\.\d+/.test(options.kafka))
      throw new HarnessError({
        code: 'E201',
        message: `--kafka ${options.kafka} is not a version`,
        hint: 'write all three parts: 4.3.1',
      })
    note('kafka', options.kafka)
    cluster.kafka = options.kafka
  }
  if (options['broker-metrics'] !== undefined) {
    note('broker-metrics', String(options['broker-metrics']))
    if (options['broker-metrics']) cluster.brokerMetrics = true
    else delete cluster.brokerMetrics
  }
  return { ...scenario, cluster }
}

/** `--set producers.linger.ms=20ms` as layers over the scenario; an axis of the matrix still wins, so setting one is refused. */
function settingLayers(
  input: CommandInput,
  scenario: Scenario,
): { producers: Layer[]; consumers: Layer[]; rows: Resolved[] } {
  const source = SOURCE_TEXT[input.sources.set ?? 'flag']
  const values: Record<'producers' | 'consumers', Settings> = { producers: {}, consumers: {} }
  const rows: Resolved[] = []
  for (const text of input.options.set ?? []) {
    const match = /^(producers|consumers)\.([\w.]+)=(.*)$/.exec(text)
    if (!match)
      throw new HarnessError({
        code: 'E201',
        message: `--set ${text} cannot be read`,
        hint: 'write producers.linger.ms=20ms or consumers.fetch.min.bytes=64KiB',
      })
    const [, scope, name, raw] = match as unknown as [string, 'producers' | 'consumers', string, string]
    if (scenario.matrix.axes.some(axis => axis.scope === scope && axis.setting === name))
      throw new HarnessError({
        code: 'E201',
        message: `--set ${scope}.${name}: the matrix sweeps this setting`,
        hint: 'remove the axis, or set another setting',
      })
    const parsed = parseAxisValue(scope, name, raw)
    if (!parsed.ok)
      throw new HarnessError(
        parsed.problems.map((problem): Problem => ({ ...problem, message: `--set ${text}: ${problem.message}` })),
      )
    values[scope][name] = parsed.value
    rows.push({ name: `${scope}.${name}`, value: parsed.value, source })
  }
  const layer = (settings: Settings): Layer[] =>
    Object.keys(settings).length > 0 ? [{ source, values: settings }] : []
  return { producers: layer(values.producers), consumers: layer(values.consumers), rows }
}
