// The accounts kept with a trial: topics with their offsets and effective settings, clients with resolved settings.
import { capabilitiesOf } from '../drivers/capabilities.ts'
import { COMMITS_AHEAD, NO_GROUP } from '../drivers/driver.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { Resolved } from '../plan/settings.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { ClientAccount, ResolvedSetting, TopicAccount, TrialRecord } from '../recording/format.ts'
import type { TrialContext } from './context.ts'
import { topicName, writesHistory } from './specs.ts'

/** Topics as they stand after the trial; settings are read back from the cluster. */
export async function readTopicAccounts(
  context: TrialContext,
  setup: TrialSetup,
  names: readonly string[],
  begin: Map<string, number[]>,
): Promise<TopicAccount[]> {
  return Promise.all(
    setup.topics.map(async (topic, index): Promise<TopicAccount> => {
      const name = names[index] ?? ''
      const [offsets, effective] = await Promise.all([context.admin.offsets(name), context.admin.topicConfigs(name)])
      const shown = effective.filter(
        row =>
          row.name in topic.config ||
          [
            'compression.type',
            'min.insync.replicas',
            'cleanup.policy',
            'message.timestamp.type',
            'max.message.bytes',
            'segment.bytes',
            'unclean.leader.election.enable',
          ].includes(row.name),
      )
      return {
        name,
        declared: topic.declared,
        partitions: topic.partitions,
        replicationFactor: topic.replicationFactor,
        beginOffsets: begin.get(name) ?? [],
        endOffsets: offsets.latest,
        settings: shown.map(row => ({ name: row.name, value: row.value, source: row.source })),
      }
    }),
  )
}

const rows = (resolved: readonly Resolved[]): ResolvedSetting[] =>
  resolved.map(row => ({
    name: row.name,
    value: String(row.value),
    source: row.source,
    ...(row.note ? { note: row.note } : {}),
  }))

/** Clients as they were configured. */
export function clientAccounts(setup: TrialSetup): ClientAccount[] {
  const producers = setup.producers.map((group): ClientAccount => {
    const capabilities = capabilitiesOf(group.driver, group.mode)
    return {
      group: group.name,
      role: 'producer',
      driver: group.driver,
      mode: group.mode,
      workers: group.workers,
      batchedBy: capabilities.kind === 'batch' && group.mode === 'tuned' ? 'harness' : 'client',
      settings: rows(group.rows),
      badges: [...capabilities.badges, ...effective(group.rows)],
    }
  })
  const consumers = setup.consumers.map((group): ClientAccount => {
    const { assignsPartitions, commitsAhead } = capabilitiesOf(group.driver)
    const isAhead = commitsAhead && group.commit === 'auto'
    return {
      group: group.name,
      role: 'consumer',
      driver: group.driver,
      mode: group.mode,
      workers: group.groups * group.members,
      ...(isAhead ? { commitsAhead: true } : {}),
      batchedBy: 'client',
      settings: rows(group.rows),
      badges: [...(assignsPartitions ? [NO_GROUP] : []), ...(isAhead ? [COMMITS_AHEAD] : [])],
    }
  })
  return [...producers, ...consumers]
}

const effective = (resolved: readonly Resolved[]): string[] =>
  resolved.flatMap(row => (row.note?.startsWith('effective') ? [`${row.name}: ${row.note}`] : []))

/** What every consumer group read of what its topics hold. */
export function readerAccounts(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  topics: readonly TopicAccount[],
  seen: { received: ReadonlyMap<string, number>; readersReachedEnd: boolean },
): TrialRecord['readers'] {
  const stored = (names: readonly string[]): number =>
    topics
      .filter(topic => names.includes(topic.name))
      .reduce(
        (sum, topic) => sum + topic.endOffsets.reduce((all, end, p) => all + end - (topic.beginOffsets[p] ?? 0), 0),
        0,
      )
  return setup.consumers.flatMap(group =>
    Array.from({ length: group.groups }, (_, copy) => {
      const name = group.groups === 1 ? group.name : `${group.name}-${copy}`
      const names = group.topicNames.map(topic => topicName(context.runId, trial.number, topic))
      const consumed = seen.received.get(name) ?? 0
      const expected = stored(names)
      const reached = seen.readersReachedEnd || consumed >= expected
      const members = writesHistory(group.driver) ? { members: group.members } : {}
      return { group: name, topics: names, consumed, expected, reached, ...members }
    }),
  )
}
