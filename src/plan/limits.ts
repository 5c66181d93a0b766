// What could never be acknowledged: records larger than the client, the topic or the broker takes, and more replicas in sync than there are.
import type { Place, Problem } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'
import type { Axis } from '../scenario/schema/matrix.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'
import { TOPIC_SETTINGS } from '../scenario/schema/setting-tables.ts'
import { ENVELOPE_BYTES } from '../scenario/schema/values.ts'
import { valuesOfScope } from './cells.ts'
import type { ProducerSetup, TopicSetup, TrialSetup } from './setup.ts'

type Path = (string | number)[]
type PlaceOf = (path: Path) => Place

const BATCH_HEADER_BYTES = 61
const ENVELOPE_HEADER_NAME_BYTES = 8
const BROKER_LIMIT = 'message.max.bytes'
const TOPIC_LIMIT = 'max.message.bytes'

/** Bytes of a length as Kafka writes it: zigzag, seven bits a byte. */
function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = Math.floor((value * 2) / 128); rest > 0; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

const withLength = (bytes: number): number => varintBytes(bytes) + bytes

/** Bytes of the longest key that a group draws. */
export function largestKeyBytes(keys: ProducerSetup['keys']): number {
  if (keys === 'none') return 0
  return new TextEncoder().encode(keys.prefix).length + String(keys.cardinality - 1).length
}

/** The largest record of a group as a batch of its own, before compression, byte for byte. */
export function largestBatchBytes({ values, keys, headers, envelope, verify }: ProducerSetup): number {
  const value = typeof values.size === 'number' ? values.size : values.size.max
  const key = largestKeyBytes(keys)
  let headerBytes = 0
  for (let index = 0; index < headers.count; index++)
    headerBytes += withLength(`h${index}`.length) + withLength(headers.size)
  const hasEnvelopeHeader = verify === 'records' && envelope === 'header'
  if (hasEnvelopeHeader) headerBytes += withLength(ENVELOPE_HEADER_NAME_BYTES) + withLength(ENVELOPE_BYTES)
  const count = headers.count + (hasEnvelopeHeader ? 1 : 0)
  // Attributes, and the deltas of time and offset, take a byte each; no key is written as length −1, in one byte too.
  const record = 3 + withLength(key) + withLength(value) + varintBytes(count) + headerBytes
  return BATCH_HEADER_BYTES + withLength(record)
}

type Limit = { name: string; bytes: number }

/** What a topic takes, and who says so; undefined where only somebody else's broker knows. */
function limitOf(topic: TopicSetup, setup: TrialSetup, axes: readonly Axis[]): Limit | undefined {
  const own = topic.config[TOPIC_LIMIT]
  if (own !== undefined) return { name: `${TOPIC_LIMIT} of ${topic.declared}`, bytes: Number(own) }
  const { cluster } = setup.scenario
  if (cluster.kind !== 'started') return undefined
  const ofBroker = valuesOfScope(setup.cell.values, axes, 'brokers')[BROKER_LIMIT] ?? cluster.config[BROKER_LIMIT]
  if (ofBroker !== undefined) return { name: `${BROKER_LIMIT} of the brokers`, bytes: Number(ofBroker) }
  return { name: `${TOPIC_LIMIT}, which is Kafka’s default,`, bytes: Number(TOPIC_SETTINGS[TOPIC_LIMIT]?.default) }
}

const isSwept = (axes: readonly Axis[], scope: Axis['scope'], setting: string): boolean =>
  axes.some(axis => axis.scope === scope && axis.setting === setting)

const sizePath = (axes: readonly Axis[], index: number): Path =>
  isSwept(axes, 'producers', 'values.size')
    ? ['matrix', 'producers', 'values.size']
    : ['producers', index, 'values', 'size']

/** Every limit of a cell that a group's largest record is above. */
function exceeded(group: ProducerSetup, setup: TrialSetup, axes: readonly Axis[]): (Limit & { hint: string })[] {
  const bytes = largestBatchBytes(group)
  const found: (Limit & { hint: string })[] = []
  const request = Number(group.settings['max.request.size'])
  if (bytes > request)
    found.push({
      name: 'max.request.size of the producer',
      bytes: request,
      hint: `max.request.size: ${bytes} in its config`,
    })
  // Only without compression is it known what the broker will see.
  if (group.settings['compression.type'] !== 'none') return found
  for (const topic of setup.topics.filter(({ name }) => group.topicNames.includes(name))) {
    const limit = limitOf(topic, setup, axes)
    if (limit && bytes > limit.bytes)
      found.push({ ...limit, hint: `${TOPIC_LIMIT}: ${bytes} in the config of the topic` })
  }
  return found
}

/** Records that the client or every broker would refuse, each time anew. */
export function checkRecordSizes(scenario: Scenario, setups: readonly TrialSetup[], placeOf: PlaceOf): Problem[] {
  const { axes } = scenario.matrix
  const problems = new Map<string, Problem>()
  for (const setup of setups)
    setup.producers.forEach((group, index) => {
      if (group.driver === 'null' || group.driver === 'scripted') return
      for (const { name, bytes, hint } of exceeded(group, setup, axes)) {
        const where = axes.length > 0 ? ` (cell ${setup.cell.label})` : ''
        const size = largestBatchBytes(group)
        const message = `${group.name}: a record of up to ${size} bytes with its framing is above ${name} ${bytes}, so it can never be stored`
        const key = `${group.name} ${name} ${bytes}`
        if (problems.has(key)) continue
        const wayOut = `write a smaller size, or ${hint}`
        problems.set(key, {
          code: 'E207',
          message: message + where,
          place: placeOf(sizePath(axes, index)),
          hint: wayOut,
        })
      }
    })
  return [...problems.values()]
}

/** Cells in which acks=all waits for more replicas than a topic has. */
export function checkInSync(scenario: Scenario, setups: readonly TrialSetup[], placeOf: PlaceOf): Problem[] {
  const { axes } = scenario.matrix
  const problems = new Map<string, Problem>()
  for (const setup of setups)
    for (const [index, topic] of setup.topics.entries()) {
      const least = Number(topic.config['min.insync.replicas'])
      const waits = setup.producers.some(
        group => group.topicNames.includes(topic.name) && group.settings['acks'] === 'all',
      )
      if (!waits || least <= topic.replicationFactor || problems.has(topic.declared)) continue
      const swept = ['min.insync.replicas', 'replication.factor'].find(name => isSwept(axes, 'topics', name))
      const place = placeOf(swept ? ['matrix', 'topics', swept] : ['topics', index, 'config', 'min.insync.replicas'])
      const where = axes.length > 0 ? ` (cell ${setup.cell.label})` : ''
      problems.set(topic.declared, {
        code: 'E128',
        message: `min.insync.replicas ${least} of ${topic.declared} is above its replication.factor ${topic.replicationFactor}: no write with acks: all can succeed${where}`,
        place,
        hint: swept ? 'leave such cells out under matrix: exclude' : `write at most ${topic.replicationFactor}`,
      })
    }
  return [...problems.values()]
}

/** Batches and compressed records that may be refused, without it being certain. */
export function limitNotes(scenario: Scenario, setups: readonly TrialSetup[]): string[] {
  const { axes } = scenario.matrix
  return setups.flatMap(setup =>
    setup.producers.flatMap(group =>
      setup.topics
        .filter(({ name }) => group.topicNames.includes(name))
        .flatMap(topic => {
          const limit = limitOf(topic, setup, axes)
          const codec = group.settings['compression.type']
          const record = largestBatchBytes(group)
          const batch = Number(group.settings['batch.size'])
          if (limit === undefined) return []
          if (record > limit.bytes && codec !== 'none')
            return [
              `${group.name}: a record of up to ${record} bytes is above ${limit.name} ${limit.bytes} unless ${codec} makes it smaller`,
            ]
          if (batch > limit.bytes && codec === 'none')
            return [
              `${group.name}: batch.size ${formatBytes(batch)} is above ${limit.name} ${limit.bytes}: full batches will be refused`,
            ]
          return []
        }),
    ),
  )
}
