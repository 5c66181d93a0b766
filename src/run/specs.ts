// Turns one cell's setup into what each worker process is told.
import { hash32, hashText } from '../core/random.ts'
import { capabilitiesOf } from '../drivers/capabilities.ts'
import type { TopicHandle } from '../drivers/driver.ts'
import type { ConsumerWorkerSpec, ProducerWorkerSpec } from '../load/messages.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { TrialSetup } from '../plan/setup.ts'
import { groupPath, ledgerPath } from '../recording/places.ts'
import type { TrialContext } from './context.ts'

/** What producers need to know of the run around them. */
type ProducerContext = Pick<TrialContext, 'runId' | 'anchor' | 'directory' | 'security'> & {
  cluster: Pick<TrialContext['cluster'], 'bootstrap'>
}

/** The real name of a topic in this trial. */
export function topicName(runId: string, trial: number, name: string): string {
  return `gauntlet-${runId}-t${String(trial).padStart(3, '0')}-${name}`
}

/** The tag of a trial in every envelope. */
export function runTag(runId: string, trial: number): number {
  return hash32(hashText(runId), trial)
}

function handles(
  context: Pick<TrialContext, 'runId'>,
  trial: PlannedTrial,
  setup: TrialSetup,
  names: readonly string[],
): TopicHandle[] {
  return names.map(name => {
    const index = setup.topics.findIndex(topic => topic.name === name)
    return {
      name: topicName(context.runId, trial.number, name),
      index,
      partitions: setup.topics[index]?.partitions ?? 1,
    }
  })
}

/** True where some reader's client does not check the CRC of batches, so the envelope must carry one. */
function needsEnvelopeCrc(setup: TrialSetup): boolean {
  return setup.consumers.some(group => !capabilitiesOf(group.driver, group.mode).checksCrc)
}

/** One spec per producer worker; numbers in envelopes are unique over all groups. */
export function producerSpecs(context: ProducerContext, trial: PlannedTrial, setup: TrialSetup): ProducerWorkerSpec[] {
  const { load, seed } = setup.scenario
  let producerIndex = 0
  return setup.producers.flatMap(group =>
    Array.from(
      { length: group.workers },
      (_, stripe): ProducerWorkerSpec => ({
        role: 'producer',
        worker: `${group.name}-${stripe}`,
        group: group.name,
        driver: group.driver,
        mode: group.mode,
        settings: group.settings,
        compression: group.compression,
        bootstrap: context.cluster.bootstrap,
        ...(context.security ? { security: context.security } : {}),
        topics: handles(context, trial, setup, group.topicNames),
        anchor: context.anchor,
        runTag: runTag(context.runId, trial.number),
        producerIndex: producerIndex++,
        stripe,
        stripes: group.workers,
        share: group.share,
        segments: load.segments,
        pacer: load.pacer,
        arrival: load.arrival,
        catchUp: load.catchUp,
        maxAgeMs: load.maxAgeMs,
        seed: hash32(seed, trial.repetition),
        keys: group.keys,
        values: { size: group.values.size, compressible: group.values.compressible, template: group.values.template },
        headers: group.headers,
        envelope: group.envelope,
        verify: group.verify,
        envelopeCrc: needsEnvelopeCrc(setup),
        ledgerPath: ledgerPath(context.directory, trial.number, `${group.name}-${stripe}`),
        ...(group.scripted ? { scripted: group.scripted } : {}),
      }),
    ),
  )
}

/** A static member's name must be its own: members of one group get it with their number. */
function memberSettings(
  group: TrialSetup['consumers'][number],
  member: number,
): TrialSetup['consumers'][number]['settings'] {
  const id = group.settings['group.instance.id']
  return id === undefined || group.members === 1
    ? group.settings
    : { ...group.settings, 'group.instance.id': `${id}-${member}` }
}

/** Id of a group on the cluster, fresh for every trial. */
export function groupIdOf(runId: string, trial: number, name: string): string {
  return `gauntlet-${runId}-t${String(trial).padStart(3, '0')}-${name}`
}

/** Members of a real consumer group write down what they do. */
export const writesHistory = (driver: string): boolean => capabilitiesOf(driver).assignsPartitions !== true

/** Input partitions of a group: each has a number of its own in the envelopes of what is made of it. */
export const inputsOf = ({ topics }: Pick<TrialSetup, 'topics'>, group: TrialSetup['consumers'][number]): number =>
  topics.filter(({ name }) => group.topicNames.includes(name)).reduce((sum, { partitions }) => sum + partitions, 0)

/** The first number of what a group makes; those of producers come first, then those of groups in order. */
export function firstOutput(setup: TrialSetup, group: TrialSetup['consumers'][number], copy: number): number {
  const before = setup.consumers.slice(0, setup.consumers.indexOf(group)).filter(({ transform }) => transform)
  return (
    setup.producers.reduce((sum, { workers }) => sum + workers, 0) +
    before.reduce((sum, other) => sum + other.groups * inputsOf(setup, other), 0) +
    copy * inputsOf(setup, group)
  )
}

function transformOf(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  group: TrialSetup['consumers'][number],
  { name, member, copy }: { name: string; member: number; copy: number },
): Pick<ConsumerWorkerSpec, 'transform'> {
  const { transform } = group
  const [target] = transform ? handles(context, trial, setup, [transform.to]) : []
  if (!transform || !target) return {}
  return {
    transform: {
      target,
      records: transform.records,
      abort: transform.abort,
      timeoutMs: transform['transaction.timeout.ms'],
      fencing: transform.fencing,
      firstProducer: firstOutput(setup, group, copy),
      seed: hash32(setup.scenario.seed, trial.repetition),
      ledgerPath: ledgerPath(context.directory, trial.number, `${name}-${member}`),
    },
  }
}

/** One spec per group member; every group is fresh. */
export function consumerSpecs(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  beginOffsets: Map<string, number[]>,
): ConsumerWorkerSpec[] {
  const counted = setup.producers.some(group => group.verify === 'counts')
  let reader = 0
  return setup.consumers.flatMap(group =>
    Array.from({ length: group.groups }, (_, copy) => {
      const number = reader++
      const name = group.groups === 1 ? group.name : `${group.name}-${copy}`
      const topics = handles(context, trial, setup, group.topicNames)
      return Array.from(
        { length: group.members },
        (_, member): ConsumerWorkerSpec => ({
          role: 'consumer',
          worker: `${name}-${member}`,
          group: name,
          groupId: groupIdOf(context.runId, trial.number, name),
          member,
          members: group.members,
          start: group.start,
          driver: group.driver,
          mode: group.mode,
          settings: memberSettings(group, member),
          bootstrap: context.cluster.bootstrap,
          ...(context.security ? { security: context.security } : {}),
          topics,
          anchor: context.anchor,
          runTag: runTag(context.runId, trial.number),
          segments: setup.scenario.load.segments,
          processing: group.processing,
          commit: group.commit,
          verify: !counted,
          beginOffsets: topics.map(topic => beginOffsets.get(topic.name) ?? []),
          ...transformOf(context, trial, setup, group, { name, member, copy }),
          ...(writesHistory(group.driver)
            ? { history: { path: groupPath(context.directory, trial.number, `${name}-${member}`), group: number } }
            : {}),
        }),
      )
    }).flat(),
  )
}

/** Partitions of all topics that a group reads. */
export function partitionsRead(readers: readonly ConsumerWorkerSpec[], groupId: string): number {
  return readers.find(spec => spec.groupId === groupId)?.topics.reduce((sum, topic) => sum + topic.partitions, 0) ?? 0
}
