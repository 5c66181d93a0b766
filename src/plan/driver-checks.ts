// What a plan refuses of drivers: modes, codecs and settings they lack, and values too small for an envelope.
import type { Place, Problem } from '../core/errors.ts'
import { capabilitiesOf, hasMode } from '../drivers/capabilities.ts'
import type { Capabilities } from '../drivers/driver.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../scenario/schema/setting-tables.ts'
import { ENVELOPE_BYTES } from '../scenario/schema/values.ts'
import { checkPools } from './pool-checks.ts'
import type { TrialSetup } from './setup.ts'

type Context = { placeOf: (path: (string | number)[]) => Place }
type Add = (problem: Problem) => void

/** Every group against what its driver can do in its mode. */
export function checkDrivers(scenario: Scenario, setups: readonly TrialSetup[], context: Context): Problem[] {
  const problems = new Map<string, Problem>()
  const add = (problem: Problem) => problems.set(`${problem.code} ${problem.message}`, problem)
  for (const setup of setups) {
    setup.producers.forEach((group, index) => {
      const capabilities = capabilitiesOf(group.driver, group.mode)
      checkMode(group, ['producers', index], context, add)
      const codec = String(group.settings['compression.type'])
      if (!capabilities.codecs.includes(codec))
        add({
          code: 'E126',
          message: `driver ${group.driver} cannot compress with ${codec}`,
          place: context.placeOf(['producers', index]),
          hint: `supported: ${capabilities.codecs.join(', ')}`,
        })
      if (group.settings['enable.idempotence'] === true && group.settings['acks'] !== 'all')
        add({
          code: 'E128',
          message: `enable.idempotence needs acks: all (cell ${setup.cell.label})`,
          place: context.placeOf(['producers', index]),
          hint: 'write enable.idempotence: false, or exclude the cell',
        })
      checkSupport(group.rows, capabilities, 'producer', ['producers', index], context, add)
      checkEnvelope(group, index, setup, context, add)
    })
    setup.consumers.forEach((group, index) => {
      checkMode(group, ['consumers', index], context, add)
      const capabilities = capabilitiesOf(group.driver, group.mode)
      checkSupport(group.rows, capabilities, 'consumer', ['consumers', index], context, add)
      checkProtocol(group.rows, ['consumers', index], context, add)
      checkCommit(group, index, context, add)
      checkTransform(group, index, context, add)
    })
    for (const problem of checkPools(setup, context)) add(problem)
  }
  return [...problems.values(), ...checkReaders(scenario, context)]
}

/** A swept size may be too small for the envelope where the scenario's own is not. */
function checkEnvelope(
  group: TrialSetup['producers'][number],
  index: number,
  setup: TrialSetup,
  context: Context,
  add: Add,
): void {
  const { size } = group.values
  const smallest = typeof size === 'number' ? size : size.min
  if (smallest >= ENVELOPE_BYTES || group.envelope !== 'value' || group.verify !== 'records') return
  add({
    code: 'E128',
    message: `a value of ${smallest} B cannot hold the ${ENVELOPE_BYTES} B envelope (cell ${setup.cell.label})`,
    place: context.placeOf(['producers', index]),
    hint: `sweep sizes of at least ${ENVELOPE_BYTES}B, or write envelope: header, or verify: counts`,
  })
}

function checkReaders(scenario: Scenario, context: Context): Problem[] {
  return scenario.consumers.flatMap((group, index): Problem[] =>
    Object.keys(capabilitiesOf(group.driver).consumer).length === 0
      ? [
          {
            code: 'E203',
            message: `driver ${group.driver} has no consumer`,
            place: context.placeOf(['consumers', index]),
            hint: 'use kafkajs',
          },
        ]
      : [],
  )
}

function checkMode(
  { driver, mode }: Pick<TrialSetup['producers'][number], 'driver' | 'mode'>,
  path: (string | number)[],
  context: Context,
  add: Add,
): void {
  if (hasMode(driver, mode)) return
  add({
    code: 'E203',
    message: `driver ${driver} has no mode ${mode}: nobody ships it`,
    place: context.placeOf(path),
    hint: 'write mode: tuned, or another driver',
  })
}

const TABLES = { producer: PRODUCER_SETTINGS, consumer: CONSUMER_SETTINGS }

function checkSupport(
  rows: TrialSetup['producers'][number]['rows'],
  capabilities: Capabilities,
  role: 'producer' | 'consumer',
  path: (string | number)[],
  context: Context,
  add: Add,
): void {
  const defaultOf = (name: string) =>
    capabilities.defaults ? capabilities.defaults[role][name] : TABLES[role][name]?.default
  for (const row of rows) {
    const how = capabilities[role][row.name]
    // What is left at its default is honoured by doing nothing, whoever wrote it down.
    if (row.source === 'default' || row.value === defaultOf(row.name)) continue
    if (typeof how !== 'object' || !('unsupported' in how)) continue
    add({
      code: 'E203',
      message: `driver ${capabilities.name} cannot honour ${row.name}: ${how.unsupported}`,
      place: context.placeOf([...path, 'config', row.name]),
      hint: 'remove it, or use another driver',
    })
  }
}

function checkCommit(
  { driver, commit }: TrialSetup['consumers'][number],
  index: number,
  context: Context,
  add: Add,
): void {
  if (!capabilitiesOf(driver).assignsPartitions || commit === 'none') return
  add({
    code: 'E203',
    message: `driver ${driver} cannot honour commit: ${commit}: it has no consumer group`,
    place: context.placeOf(['consumers', index, 'commit']),
    hint: 'remove it, or use another driver',
  })
}

function checkTransform(
  { driver, mode, transform }: TrialSetup['consumers'][number],
  index: number,
  context: Context,
  add: Add,
): void {
  if (!transform || capabilitiesOf(driver, mode).transforms) return
  const [who, hint] =
    driver === 'kafkajs'
      ? ['driver kafkajs as shipped', 'write mode: tuned']
      : [`driver ${driver}`, 'write driver: kafkajs']
  add({
    code: 'E203',
    message: `${who} cannot honour transform: no transactions are made with it`,
    place: context.placeOf(['consumers', index, 'transform']),
    hint: `${hint}, or remove it`,
  })
}

/** Timings of membership that the consumer protocol leaves to the brokers; Java's consumer refuses them too. */
const CLASSIC_ONLY = ['session.timeout.ms', 'heartbeat.interval.ms']

function checkProtocol(
  rows: TrialSetup['consumers'][number]['rows'],
  path: (string | number)[],
  context: Context,
  add: Add,
): void {
  if (rows.find(row => row.name === 'group.protocol')?.value !== 'consumer') return
  for (const { name, source } of rows)
    if (CLASSIC_ONLY.includes(name) && source !== 'default')
      add({
        code: 'E128',
        message: `${name} cannot be set with group.protocol: consumer: the brokers decide it`,
        place: context.placeOf([...path, 'config', name]),
        hint: `remove it; under cluster.config it is group.consumer.${name}`,
      })
}
