// Turns a worker's options into properties of Kafka's Java client; secrets go through the pipe, never into arguments or environment.
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../scenario/schema/settings.ts'
import type { ConsumerOptions, ProducerOptions, Security, Settings } from '../driver.ts'

export type Properties = Record<string, string>

/** Averages then cover the whole life of the client, so that totals can be told from them. */
const METRICS: Properties = { 'metrics.sample.window.ms': '86400000', 'metrics.num.samples': '2' }

/** Settings of the classic protocol that the client refuses beside group.protocol=consumer, where the broker decides. */
const CLASSIC_ONLY = ['session.timeout.ms', 'heartbeat.interval.ms']

type Tls = {
  ca?: string
  cert?: string
  key?: string
  passphrase?: string
  minVersion?: string
  maxVersion?: string
}
type Sasl = { mechanism: string; username: string; password: string }

export function producerProperties(options: Omit<ProducerOptions, 'record' | 'nowUs'>): Properties {
  return {
    ...own(PRODUCER_SETTINGS, options.settings),
    ...METRICS,
    ...securityProperties(options.security),
    'bootstrap.servers': options.bootstrap.join(','),
    'client.id': options.clientId,
  }
}

type ConsumerParts = Pick<
  ConsumerOptions,
  'settings' | 'security' | 'bootstrap' | 'clientId' | 'groupId' | 'commit' | 'member'
>

export function consumerProperties(options: ConsumerParts): Properties {
  const { settings } = options
  const properties = own(CONSUMER_SETTINGS, settings)
  if (settings['group.protocol'] === 'consumer') for (const name of CLASSIC_ONLY) delete properties[name]
  return {
    ...properties,
    ...METRICS,
    ...securityProperties(options.security),
    'bootstrap.servers': options.bootstrap.join(','),
    'client.id': options.clientId,
    'group.id': options.groupId,
    'auto.offset.reset': 'earliest',
    'enable.auto.commit': String(options.commit === 'auto'),
    // Every member of a group needs a name of its own.
    ...(settings['group.instance.id'] === undefined
      ? {}
      : { 'group.instance.id': `${String(settings['group.instance.id'])}-${options.member}` }),
  }
}

function own(table: object, settings: Settings): Properties {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([name]) => Object.hasOwn(table, name))
      .map(([name, value]) => [name, String(value)]),
  )
}

function securityProperties(security: Security | undefined): Properties {
  const ssl = security?.ssl as Tls | undefined
  const sasl = security?.sasl as Sasl | undefined
  if (!ssl && !sasl) return {}
  return {
    'security.protocol': `${sasl ? 'SASL_' : ''}${ssl ? 'SSL' : 'PLAINTEXT'}`,
    ...(ssl ? tlsProperties(ssl) : {}),
    ...(sasl ? { 'sasl.mechanism': sasl.mechanism.toUpperCase(), 'sasl.jaas.config': jaas(sasl) } : {}),
  }
}

function tlsProperties({ ca, cert, key, passphrase, minVersion, maxVersion }: Tls): Properties {
  const versions = ['TLSv1.2', 'TLSv1.3'].filter(
    version => (minVersion ?? 'TLSv1.2') <= version && version <= (maxVersion ?? 'TLSv1.3'),
  )
  return {
    'ssl.enabled.protocols': versions.join(','),
    ...(ca === undefined ? {} : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': ca }),
    ...(cert === undefined || key === undefined
      ? {}
      : { 'ssl.keystore.type': 'PEM', 'ssl.keystore.certificate.chain': cert, 'ssl.keystore.key': key }),
    ...(passphrase === undefined ? {} : { 'ssl.key.password': passphrase }),
  }
}

function jaas({ mechanism, username, password }: Sasl): string {
  const module = mechanism.startsWith('scram') ? 'scram.ScramLoginModule' : 'plain.PlainLoginModule'
  const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
  return `org.apache.kafka.common.security.${module} required username=${quote(username)} password=${quote(password)};`
}
