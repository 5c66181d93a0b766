// What a plan refuses before anything starts, and what it points out: rules without data, settings a driver lacks, cells that are alike.
import type { Place, Problem } from '../core/errors.ts'
import { findMetric } from '../core/metrics.ts'
import { capabilitiesOf } from '../drivers/capabilities.ts'
import { applies, type Expectation } from '../scenario/schema/expect.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'
import { cpuLimitOf } from '../topology/topology.ts'
import type { Cell } from './cells.ts'
import { checkDrivers } from './driver-checks.ts'
import { checkInSync, checkRecordSizes, limitNotes } from './limits.ts'
import type { TrialSetup } from './setup.ts'
import { skewNote } from './sizing.ts'

type Context = { placeOf: (path: (string | number)[]) => Place; cores: number }

/** True where every producer of a cell runs without acknowledgements. */
const withoutAcks = (setup: TrialSetup): boolean => setup.producers.every(group => group.settings['acks'] === '0')
const withoutEnvelope = (setup: TrialSetup): boolean => setup.producers.some(group => group.verify === 'counts')

const ASK_BROKERS = 'cluster: { broker.metrics: true }'
const tellsMetrics = ({ cluster }: Scenario): boolean => cluster.kind === 'started' && cluster.brokerMetrics === true

function lackOf(rule: Expectation, setup: TrialSetup): string | undefined {
  const names = rule.target.kind === 'metric' ? [rule.metric, rule.target.name] : [rule.metric]
  for (const name of names) {
    const metric = findMetric(name)
    if (metric?.metric.needs === 'acks' && withoutAcks(setup)) return `${name} has no data where acks is 0`
    if (metric?.metric.needs === 'consumers' && setup.consumers.length === 0)
      return `${name} has no data without consumers`
    if (metric?.metric.needs === 'sources' && !setup.consumers.some(group => capabilitiesOf(group.driver).tellsSource))
      return `${name} has no data without a consumer with driver: wire, which tells who served it`
    if (metric?.metric.needs === 'transforms' && setup.consumers.every(group => !group.transform))
      return `${name} has no data without a consumer group that transforms`
    if (metric?.base.startsWith('e2e') && setup.consumers.every(group => group.transform))
      return `${name} has no data without a reader behind the transform`
    if (metric?.metric.needs === 'faults' && setup.scenario.faults.length === 0)
      return `${name} has no data without faults`
    if (metric?.metric.needs === 'broker.metrics' && !tellsMetrics(setup.scenario))
      return `${name} has no data without ${ASK_BROKERS}`
    if (metric?.base.startsWith('e2e') && withoutEnvelope(setup)) return `${name} has no data with verify: counts`
  }
  return undefined
}

function checkRules(
  scenario: Scenario,
  cells: readonly Cell[],
  setups: readonly TrialSetup[],
  context: Context,
): Problem[] {
  return scenario.expect.flatMap((rule): Problem[] => {
    const own = cells.filter(cell => applies(rule, cell.values))
    const place = context.placeOf(['expect', rule.index])
    if (own.length === 0)
      return [
        { code: 'E202', message: `"${rule.text}" applies to no cell`, place, hint: 'check the values under when' },
      ]
    for (const cell of own) {
      const setup = setups[cell.index]
      const lack = setup ? lackOf(rule, setup) : undefined
      if (lack)
        return [
          {
            code: 'E202',
            message: `"${rule.text}" can have no data: ${lack} (cell ${cell.label})`,
            place,
            hint: lack.endsWith(ASK_BROKERS)
              ? `write ${ASK_BROKERS}, or run with --broker-metrics`
              : 'scope the rule with when: { acks: [1, all] }, or remove it',
          },
        ]
    }
    return []
  })
}

/** A condition that nothing can meet would be a guard in name only. */
function checkStop({ stop }: Scenario, setups: readonly TrialSetup[], context: Context): Problem[] {
  return stop.limits.flatMap(({ name, text }): Problem[] => {
    const lack =
      name === 'lag' && setups.every(setup => setup.consumers.length === 0)
        ? 'no data without consumers'
        : name === 'ack.p99' && setups.some(withoutAcks)
          ? 'no data where acks is 0'
          : undefined
    if (!lack) return []
    const message = `"${text}" can never stop the run: ${lack}`
    return [{ code: 'E202', message, place: context.placeOf(['stop', name]), hint: 'remove the condition' }]
  })
}

function checkResources(scenario: Scenario, context: Context): Problem[] {
  const { cluster } = scenario
  if (cluster.kind !== 'started') return []
  const { cpus, cpuset } = cluster.resources
  const problems: Problem[] = []
  const place = context.placeOf(['cluster', 'resources'])
  if (cpus !== undefined && cpus > context.cores)
    problems.push({
      code: 'E204',
      message: `${cpus} cpus per node, this machine has ${context.cores}`,
      place,
      hint: `write at most ${context.cores}`,
    })
  for (const [who, set] of [
    ['nodes', cpuset],
    ['workers', cluster.workers.cpuset],
  ] as const) {
    const highest = set === undefined ? -1 : Math.max(...set.split(/[,-]/).map(Number))
    if (highest >= context.cores)
      problems.push({
        code: 'E204',
        message: `cpuset ${set} of the ${who} names core ${highest}, this machine has cores 0 to ${context.cores - 1}`,
        place,
        hint: `write cores 0 to ${context.cores - 1}`,
      })
  }
  return problems
}

/** A brown-out that leaves a node all it has takes nothing away, and would still be read back as a limit. */
function checkBrownOuts({ cluster, faults }: Scenario, context: Context): Problem[] {
  if (cluster.kind !== 'started') return []
  const allowed = cpuLimitOf(cluster.resources) ?? Number.POSITIVE_INFINITY
  const isBound = allowed < context.cores
  const has = Math.min(allowed, context.cores)
  const { line, column } = context.placeOf(['cluster', 'resources'])
  return faults.flatMap(({ kind, index, options }): Problem[] => {
    const left = Number(options['cpus'])
    if (kind !== 'brown-out' || left < has) return []
    const why = isBound ? `resources give each node ${has} (${line}:${column})` : `this machine has ${has}`
    return [
      {
        code: isBound ? 'E128' : 'E204',
        message: `brown-out leaves ${left} cpus, and ${why}: nothing is taken away`,
        place: context.placeOf(['faults', index, 'cpus']),
        hint: `write less than ${has}, such as cpus: ${Math.min(0.2, has / 5)}`,
      },
    ]
  })
}

function checkReplication(scenario: Scenario, setups: readonly TrialSetup[], context: Context): Problem[] {
  if (scenario.cluster.kind !== 'started') return []
  const { brokers } = scenario.cluster
  const bad = setups.flatMap(setup => setup.topics.filter(topic => topic.replicationFactor > brokers))
  const first = bad[0]
  return first
    ? [
        {
          code: 'E127',
          message: `replication.factor ${first.replicationFactor} of ${first.name} needs as many brokers, the cluster has ${brokers}`,
          place: context.placeOf(['matrix', 'topics']),
          hint: `at most ${brokers}`,
        },
      ]
    : []
}

/** Every reason not to start. */
export function checkPlan(
  scenario: Scenario,
  cells: readonly Cell[],
  setups: readonly TrialSetup[],
  context: Context,
): Problem[] {
  return [
    ...checkRules(scenario, cells, setups, context),
    ...checkStop(scenario, setups, context),
    ...checkDrivers(scenario, setups, context),
    ...checkResources(scenario, context),
    ...checkBrownOuts(scenario, context),
    ...checkReplication(scenario, setups, context),
    ...checkRecordSizes(scenario, setups, context.placeOf),
    ...checkInSync(scenario, setups, context.placeOf),
  ]
}

/** What is worth knowing before the run, without being wrong. */
export function notesOf(scenario: Scenario, cells: readonly Cell[], setups: readonly TrialSetup[]): string[] {
  const notes = new Set<string>()
  const brokers = scenario.cluster.kind === 'started' ? scenario.cluster.brokers : 1
  const acks = new Set(setups.flatMap(setup => setup.producers.map(group => String(group.settings['acks']))))
  if (
    acks.has('all') &&
    acks.has('1') &&
    setups.every(setup => setup.topics.every(topic => topic.replicationFactor === 1))
  )
    notes.add('replication.factor is 1: acks=all equals acks=1, the leader is the only replica')
  for (const setup of setups) {
    for (const topic of setup.topics) {
      const skew = skewNote(topic.declared, topic.partitions, brokers)
      if (skew) notes.add(skew)
      const codec = topic.config['compression.type']
      const clients = setup.producers
        .filter(group => group.topicNames.includes(topic.name))
        .map(group => String(group.settings['compression.type']))
      if (codec && codec !== 'producer' && clients.some(client => client !== codec))
        notes.add(
          `topic ${topic.declared} has compression.type=${codec}: the broker recompresses batches that come as ${[...new Set(clients)].join(', ')}`,
        )
    }
    for (const group of [...setup.producers, ...setup.consumers])
      for (const text of group.leftOut) notes.add(`${group.name}: ${text}`)
    for (const group of setup.producers)
      for (const row of group.rows)
        if (row.note?.startsWith('effective')) notes.add(`${group.name}: ${row.name} ${row.note}`)
  }
  for (const note of limitNotes(scenario, setups)) notes.add(note)
  if (scenario.load.segments.some(segment => segment.max))
    notes.add('closed loop (max): response times start at hand-over, there is no schedule to be late against')
  if (cells.length > 1 && scenario.repeat === 1)
    notes.add('repeat is 1: differences between cells include the noise of this machine; repeat: 3 or more shows it')
  return [...notes]
}
