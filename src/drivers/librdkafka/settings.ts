// Kafka's setting names → librdkafka's, for what differs; security in librdkafka's own terms.
import type { ConsumerOptions, ProducerOptions, Security, Settings } from '../driver.ts'

export type Config = Record<string, string | number | boolean>

/** librdkafka keeps some settings per topic: given among the client's they would be replaced by the defaults of topics. */
export type Configs = { client: Config; topic: Config }

/** More than a batch of batch.size can hold, so that size decides and not count. */
const MAX_BATCH_RECORDS = 1_000_000
const MAX_QUEUED_RECORDS = 10_000_000
const STATISTICS_MS = 200
/** Beyond the largest fetch answer: its framing. */
const ANSWER_OVERHEAD_BYTES = 1024
const DEFAULT_MAX_ANSWER_BYTES = 100_000_000

type ProducerParts = Pick<ProducerOptions, 'settings' | 'security' | 'bootstrap' | 'clientId'>
type ConsumerParts = Pick<
  ConsumerOptions,
  'settings' | 'security' | 'bootstrap' | 'clientId' | 'groupId' | 'commit' | 'member'
>

export function producerConfig(options: ProducerParts): Configs {
  const { settings } = options
  const level = settings[`compression.${String(settings['compression.type'])}.level`]
  const topic = {
    ...same(settings, ['acks', 'delivery.timeout.ms', 'request.timeout.ms']),
    ...(level === undefined ? {} : { 'compression.level': Number(level) }),
  }
  const client = {
    ...common(options),
    ...same(settings, [
      'linger.ms',
      'batch.size',
      'compression.type',
      'enable.idempotence',
      'max.in.flight.requests.per.connection',
      'retries',
    ]),
    'retry.backoff.ms': Math.max(1, Number(settings['retry.backoff.ms'])),
    'batch.num.messages': MAX_BATCH_RECORDS,
    'message.max.bytes': Number(settings['max.request.size']),
    'queue.buffering.max.kbytes': Math.ceil(Number(settings['buffer.memory']) / 1024),
    'queue.buffering.max.messages': MAX_QUEUED_RECORDS,
    dr_cb: true,
  }
  return { client, topic }
}

export function consumerConfig(options: ConsumerParts): Configs {
  const { settings } = options
  const maxBytes = Number(settings['fetch.max.bytes'])
  const client = {
    ...common(options),
    ...same(settings, [
      'session.timeout.ms',
      'heartbeat.interval.ms',
      'max.poll.interval.ms',
      'isolation.level',
      'auto.commit.interval.ms',
      'client.rack',
      'max.partition.fetch.bytes',
    ]),
    'fetch.min.bytes': Math.max(1, Number(settings['fetch.min.bytes'])),
    'fetch.wait.max.ms': Number(settings['fetch.max.wait.ms']),
    'fetch.max.bytes': maxBytes,
    'receive.message.max.bytes': Math.max(DEFAULT_MAX_ANSWER_BYTES, maxBytes + ANSWER_OVERHEAD_BYTES),
    'group.id': options.groupId,
    'enable.auto.commit': options.commit === 'auto',
    ...(settings['group.instance.id'] === undefined
      ? {}
      : { 'group.instance.id': `${String(settings['group.instance.id'])}-${options.member}` }),
    rebalance_cb: true,
    offset_commit_cb: true,
  }
  return { client, topic: { 'auto.offset.reset': 'earliest' } }
}

function common(options: ProducerParts): Config {
  return {
    'metadata.broker.list': options.bootstrap.join(','),
    'client.id': options.clientId,
    'metadata.max.age.ms': Number(options.settings['metadata.max.age.ms']),
    'socket.timeout.ms': Number(options.settings['request.timeout.ms']),
    'statistics.interval.ms': STATISTICS_MS,
    ...securityConfig(options.security),
  }
}

function same(settings: Settings, names: readonly string[]): Config {
  return Object.fromEntries(names.flatMap(name => (settings[name] === undefined ? [] : [[name, settings[name]]])))
}

type Tls = { ca?: string; cert?: string; key?: string; passphrase?: string }
type Sasl = { mechanism: string; username: string; password: string }

function securityConfig(security: Security | undefined): Config {
  const ssl = security?.ssl as Tls | undefined
  const sasl = security?.sasl as Sasl | undefined
  if (!ssl && !sasl) return {}
  return {
    'security.protocol': `${sasl ? 'sasl_' : ''}${ssl ? 'ssl' : 'plaintext'}`,
    ...(ssl ? { 'ssl.endpoint.identification.algorithm': 'https' } : {}),
    ...(ssl?.ca === undefined ? {} : { 'ssl.ca.pem': ssl.ca }),
    ...(ssl?.cert === undefined ? {} : { 'ssl.certificate.pem': ssl.cert }),
    ...(ssl?.key === undefined ? {} : { 'ssl.key.pem': ssl.key }),
    ...(ssl?.passphrase === undefined ? {} : { 'ssl.key.password': ssl.passphrase }),
    ...(sasl
      ? {
          'sasl.mechanisms': sasl.mechanism.toUpperCase(),
          'sasl.username': sasl.username,
          'sasl.password': sasl.password,
        }
      : {}),
  }
}
