// Attaches to somebody else's cluster for a run: properties, identity, guard and caps, in this order and before any load.
import type { ClientProperties } from '../../cluster/client-properties.ts'
import type { StartedCluster } from '../../cluster/cluster.ts'
import {
  assertAllowed,
  assertMaySendCredentials,
  assertWithinCaps,
  type Caps,
  DEFAULT_CAPS,
  type Demand,
  parseAllowance,
} from '../../cluster/guard.ts'
import { attachCluster } from '../../cluster/providers/external.ts'
import { HarnessError } from '../../core/errors.ts'
import { parseBytesPerSecond, parseDurationMs, parseSizeBytes, type UnitResult } from '../../core/units.ts'
import type { Security } from '../../drivers/driver.ts'
import { largestKeyBytes } from '../../plan/limits.ts'
import type { Plan } from '../../plan/plan.ts'
import { meanSize, type TrialSetup } from '../../plan/setup.ts'
import type { CommandInput } from '../commands.ts'
import type { OptionName } from '../options.ts'

export type Attached = { cluster: StartedCluster; maxBytesPerSecond: number; security?: Security }

/** The cluster of an external scenario, reached, identified and allowed; throws before anything is changed on it. */
export async function attachExternal(
  plan: Plan,
  properties: ClientProperties | undefined,
  input: CommandInput,
): Promise<Attached> {
  const spec = plan.scenario.cluster
  if (spec.kind !== 'external') throw new TypeError('not an external cluster')
  refuseImpossible(plan, input)
  const caps = capsOf(input)
  const allowance =
    input.options['allow-cluster'] === undefined ? undefined : parseAllowance(input.options['allow-cluster'])
  const bootstrap = spec.bootstrapServers
  if (properties?.sendsCredentials) assertMaySendCredentials(bootstrap, allowance)
  if (properties?.sendsPassword) refuseClearPassword(bootstrap, properties)
  const { security } = properties ?? {}
  const cluster = await attachCluster({
    bootstrap,
    ...(security ? { security } : {}),
    ...(properties ? { commandConfig: properties.file } : {}),
    allow: clusterId => assertAllowed({ clusterId, bootstrap }, allowance),
  })
  const brokers = cluster.info.nodes.length
  refuseReplication(plan, brokers)
  assertWithinCaps(demandOf(plan, brokers, input.options['keep-topics'] ?? false), caps)
  return { cluster, maxBytesPerSecond: caps.bytesPerSecond, ...(security ? { security } : {}) }
}

/** What needs nodes of the run's own. */
function refuseImpossible(plan: Plan, input: CommandInput): void {
  if (input.options.witness) {
    throw new HarnessError({
      code: 'E201',
      message: '--witness runs Kafka’s own tools beside nodes that the run starts; this cluster is somebody else’s',
      hint: 'leave --witness out',
    })
  }
  if (plan.boots.some(boot => Object.keys(boot.brokerValues).length > 0)) {
    throw new HarnessError({
      code: 'E128',
      message: 'the matrix sweeps broker settings, which are never changed on somebody else’s cluster',
      hint: 'remove the axes under matrix: brokers',
    })
  }
}

function refuseClearPassword(bootstrap: readonly string[], { file }: ClientProperties): void {
  const outside = bootstrap.filter(address => !/^(localhost|127(\.\d+){3}|\[::1\]):\d+$/.test(address))
  if (outside.length === 0) return
  throw new HarnessError({
    code: 'E206',
    message: `SASL_PLAINTEXT with PLAIN would send the password as clear text to ${outside.join(', ')}`,
    place: { file },
    hint: 'use SASL_SSL, or SCRAM; clear text is taken on loopback only',
  })
}

function refuseReplication(plan: Plan, brokers: number): void {
  const most = Math.max(...plan.setups.flatMap(setup => setup.topics.map(topic => topic.replicationFactor)))
  if (most <= brokers) return
  throw new HarnessError({
    code: 'E127',
    message: `replication.factor ${most} needs ${most} brokers, the cluster has ${brokers}`,
    hint: `write replication.factor: ${brokers} in the topics section`,
  })
}

function capsOf({ options }: CommandInput): Caps {
  const read = (
    name: OptionName,
    text: string | undefined,
    parse: (text: string) => UnitResult,
  ): number | undefined => {
    if (text === undefined) return undefined
    const parsed = parse(text)
    if (parsed.ok) return parsed.value
    throw new HarnessError({ code: 'E201', message: `--${name}: ${parsed.reason}`, hint: parsed.hint })
  }
  const rate = read('max-rate-bytes', options['max-rate-bytes'], text =>
    text.includes('/') ? parseBytesPerSecond(text) : parseSizeBytes(text),
  )
  const durationMs = read('max-duration', options['max-duration'], parseDurationMs)
  return {
    bytesPerSecond: rate ?? DEFAULT_CAPS.bytesPerSecond,
    durationMs: durationMs ?? DEFAULT_CAPS.durationMs,
    partitions: options['max-partitions'] ?? DEFAULT_CAPS.partitions,
    connections: options['max-connections'] ?? DEFAULT_CAPS.connections,
  }
}

/** What the plan would do to a cluster of so many brokers at its worst. */
export function demandOf(plan: Plan, brokers: number, keepsTopics: boolean): Demand {
  const trials = plan.trials.flatMap(trial => plan.setups[trial.cell.index] ?? [])
  const partitions = trials.map(setup => setup.topics.reduce((sum, topic) => sum + topic.partitions, 0))
  return {
    bytesPerSecond: Math.max(...trials.map(peakBytesPerSecond)),
    durationMs: trials.reduce((sum, setup) => sum + setup.durationMs, 0),
    partitions: keepsTopics ? partitions.reduce((sum, count) => sum + count, 0) : Math.max(...partitions),
    // Every client may hold a connection to every broker; one more client asks for offsets.
    connections: Math.max(...trials.map(setup => (clientsOf(setup) + 1) * brokers)),
  }
}

function peakBytesPerSecond(setup: TrialSetup): number {
  const { segments } = setup.scenario.load
  if (segments.some(segment => segment.max)) return Number.POSITIVE_INFINITY
  const perSecond = Math.max(...segments.flatMap(segment => [segment.fromPerSecond, segment.toPerSecond]))
  return setup.producers.reduce((sum, { share, keys, values, headers }) => {
    const bytes = largestKeyBytes(keys) + meanSize(values.size) + headers.count * headers.size
    return sum + perSecond * share * bytes
  }, 0)
}

function clientsOf(setup: TrialSetup): number {
  const producers = setup.producers.reduce((sum, group) => sum + group.workers, 0)
  return setup.consumers.reduce((sum, group) => sum + group.groups * group.members, producers)
}
