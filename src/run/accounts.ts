// The accounts kept with a trial: topics with their offsets and effective settings, clients with resolved settings.
import { capabilitiesOf } from '../drivers/capabilities.ts'
import { COMMITS_AHEAD, FENCED_BY_EPOCH, NO_GROUP, NOT_FENCED, POOLED } from '../drivers/driver.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { Resolved } from '../plan/settings.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { ClientAccount, ResolvedSetting, TopicAccount, TrialRecord } from '../recording/format.ts'
import type { TrialContext } from './context.ts'
import { firstOutput, inputsOf, topicName, writesHistory } from './specs.ts'

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

/** Beside Kafka's own settings, so that comparisons tell such a producer from others. */
const POOLED_SETTING: ResolvedSetting = { name: 'compression', value: 'pool', source: 'scenario' }

/** Clients as they were configured. */
export function clientAccounts(setup: TrialSetup): ClientAccount[] {
  const producers = setup.producers.map((group): ClientAccount => {
    const capabilities = capabilitiesOf(group.driver, group.mode)
    const isPooled = group.compression === 'pool'
    return {
      group: group.name,
      role: 'producer',
      driver: group.driver,
      mode: group.mode,
      workers: group.workers,
      batchedBy: capabilities.kind === 'batch' && group.mode === 'tuned' ? 'harness' : 'client',
      settings: [...rows(group.rows), ...(isPooled ? [POOLED_SETTING] : [])],
      badges: [...capabilities.badges, ...(isPooled ? [POOLED] : []), ...effective(group.rows)],
    }
  })
  const consumers = setup.consumers.map((group): ClientAccount => {
    const { assignsPartitions, commitsAhead, tellsSource } = capabilitiesOf(group.driver)
    const isAhead = commitsAhead && group.commit === 'auto'
    return {
      group: group.name,
      role: 'consumer',
      driver: group.driver,
      mode: group.mode,
      workers: group.groups * group.members,
      ...(isAhead ? { commitsAhead: true } : {}),
      ...(tellsSource ? { tellsSource } : {}),
      batchedBy: 'client',
      settings: rows(group.rows),
      badges: [...(assignsPartitions ? [NO_GROUP] : []), ...(isAhead ? [COMMITS_AHEAD] : [])],
    }
  })
  return [...producers, ...transformAccounts(setup), ...consumers]
}

/** The writing side of groups that transform. */
const transformAccounts = (setup: TrialSetup): ClientAccount[] =>
  setup.consumers.flatMap((group): ClientAccount[] => {
    const { transform } = group
    if (!transform) return []
    const row = (name: string, value: string | number, source: string): ResolvedSetting => ({
      ...{ name, source },
      value: String(value),
    })
    return [
      {
        ...{ group: group.name, role: 'producer', driver: group.driver, mode: group.mode },
        workers: group.groups * group.members,
        numbers: group.groups * inputsOf(setup, group),
        batchedBy: 'client',
        settings: [
          row('acks', 'all', 'transform'),
          row('enable.idempotence', 'true', 'transform'),
          row('max.in.flight.requests.per.connection', 1, 'transform'),
          row(
            'transactional.id',
            `one per ${transform.fencing === 'partition' ? 'input partition' : 'member and partition'}`,
            'transform',
          ),
          row('transform.fencing', transform.fencing, 'scenario'),
          row('transaction.timeout.ms', transform['transaction.timeout.ms'], 'scenario'),
          row('transform.records', transform.records, 'scenario'),
          row('transform.abort', transform.abort, 'scenario'),
        ],
        badges: [transform.fencing === 'partition' ? FENCED_BY_EPOCH : NOT_FENCED],
      },
    ]
  })

const effective = (resolved: readonly Resolved[]): string[] =>
  resolved.flatMap(row => (row.note?.startsWith('effective') ? [`${row.name}: ${row.note}`] : []))

/** What every consumer group read of what its topics hold. */
export function readerAccounts(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  topics: readonly TopicAccount[],
  seen: { received: ReadonlyMap<string, number>; readersReachedEnd: boolean },
  truth: TrialRecord['truth'],
): TrialRecord['readers'] {
  const transacted = truth && 'transacted' in truth ? truth.transacted : []
  /** Offsets that a reader is given no record for. */
  const withoutRecord = (topic: TopicAccount, readsCommitted: boolean): number => {
    const { markers, hidden } = transacted?.find(one => topics[one.topic] === topic) ?? { markers: 0, hidden: 0 }
    return markers + (readsCommitted ? hidden : 0)
  }
  const stored = (names: readonly string[], readsCommitted: boolean): number =>
    topics
      .filter(topic => names.includes(topic.name))
      .reduce(
        (sum, topic) =>
          sum +
          topic.endOffsets.reduce((all, end, p) => all + end - (topic.beginOffsets[p] ?? 0), 0) -
          withoutRecord(topic, readsCommitted),
        0,
      )
  return setup.consumers.flatMap(group =>
    Array.from({ length: group.groups }, (_, copy) => {
      const name = group.groups === 1 ? group.name : `${group.name}-${copy}`
      const names = group.topicNames.map(topic => topicName(context.runId, trial.number, topic))
      const consumed = seen.received.get(name) ?? 0
      const expected = stored(names, group.settings['isolation.level'] === 'read_committed')
      const reached = seen.readersReachedEnd || consumed >= expected
      const members = writesHistory(group.driver) ? { members: group.members } : {}
      return {
        group: name,
        topics: names,
        consumed,
        expected,
        reached,
        ...members,
        ...transformOf(context, trial, setup, group, copy),
      }
    }),
  )
}

function transformOf(
  { runId }: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  group: TrialSetup['consumers'][number],
  copy: number,
): Pick<TrialRecord['readers'][number], 'transform'> {
  if (!group.transform) return {}
  const to = topicName(runId, trial.number, group.transform.to)
  return { transform: { to, firstNumber: firstOutput(setup, group, copy), fencing: group.transform.fencing } }
}
