// Reads a Kafka client properties file into what a driver needs to connect; what is secret in it is kept out of every message.
import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { Properties } from 'properties-file/parser'
import { HarnessError, messageOf, type Problem } from '../core/errors.ts'
import { nearest } from '../core/suggest.ts'
import type { Security } from '../drivers/driver.ts'
import { CONSUMER_SETTINGS, NOT_YET_HONOURED, PRODUCER_SETTINGS } from '../scenario/schema/setting-tables.ts'
import { readJaas, SASL_MECHANISMS, type Sasl } from './jaas.ts'
import { checkPem, lackOfTls, readStore, restorePem, type StoreResult, type StoreRole } from './key-stores.ts'

export type Protocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export type ClientProperties = {
  file: string
  protocol: Protocol
  /** What a driver takes; absent for PLAINTEXT. */
  security?: Security
  /** A user name and a proof of its password go to whoever answers. */
  sendsCredentials: boolean
  /** The password itself would go over the wire, for everybody to read. */
  sendsPassword: boolean
  /** Settings of producers and consumers, as written, each with its line. */
  settings: Record<string, Row>
  warnings: string[]
}

type Tls = {
  rejectUnauthorized: true
  ca?: string
  cert?: string
  key?: string
  passphrase?: string
  minVersion?: TlsVersion
  maxVersion?: TlsVersion
}
type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** Certificates, keys and passwords; shows none of them when it is printed or turned into JSON. */
export class ClientSecurity implements Security {
  readonly ssl?: Tls
  readonly sasl?: Sasl

  constructor(parts: { ssl?: Tls; sasl?: Sasl }) {
    if (parts.ssl) this.ssl = parts.ssl
    if (parts.sasl) this.sasl = parts.sasl
  }

  toJSON(): string {
    return '[hidden]'
  }

  [inspect.custom](): string {
    return '[hidden]'
  }
}

export type Row = { value: string; line: number }

/** One file while it is read: its rows, and everything wrong with it so far. */
type Reading = { file: string; rows: Map<string, Row>; problems: Problem[]; warnings: string[] }

const MAX_FILE_BYTES = 256 * 1024
const PROTOCOLS: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const TLS_VERSIONS: readonly string[] = ['TLSv1.2', 'TLSv1.3']

const USED = [
  'security.protocol',
  'bootstrap.servers',
  'sasl.mechanism',
  'sasl.jaas.config',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.certificates',
  'ssl.truststore.password',
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.enabled.protocols',
  'ssl.endpoint.identification.algorithm',
]

/** Kafka knows these, but they mean nothing outside Java or are the run's own to decide. */
const WITHOUT_EFFECT = [
  ...['ssl.protocol', 'ssl.provider', 'ssl.cipher.suites', 'ssl.keymanager.algorithm', 'ssl.trustmanager.algorithm'],
  ...['ssl.secure.random.implementation', 'ssl.engine.factory.class', 'security.providers', 'config.providers'],
  ...['group.id', 'auto.offset.reset', 'enable.auto.commit', 'allow.auto.create.topics', 'auto.include.jmx.reporter'],
  ...['key.serializer', 'value.serializer', 'key.deserializer', 'value.deserializer', 'interceptor.classes'],
  ...['metric.reporters', 'partitioner.class', 'bootstrap.controllers'],
]
const WITHOUT_EFFECT_PREFIX = /^sasl\.(kerberos|login|oauthbearer|client)\./

/** Names of other clients, and what Kafka's own tools call the same. */
const FOREIGN: Readonly<Record<string, string>> = {
  'sasl.mechanisms': 'sasl.mechanism',
  'sasl.username': 'sasl.jaas.config',
  'sasl.password': 'sasl.jaas.config',
  'ssl.ca.location': 'ssl.truststore.location',
  'ssl.ca.pem': 'ssl.truststore.certificates',
  'ssl.certificate.location': 'ssl.keystore.location',
  'ssl.key.location': 'ssl.keystore.location',
  'enable.ssl.certificate.verification': 'ssl.truststore.location',
}

/** Reads a properties file and what it refers to; throws every mistake of it at once. */
export async function loadClientProperties(path: string): Promise<ClientProperties> {
  const { text, isOpenToOthers } = await readText(path)
  const reading: Reading = { file: path, rows: new Map(), problems: [], warnings: [] }
  const settings = sortRows(reading, text)
  const protocol = readProtocol(reading)
  const ssl = protocol.endsWith('SSL') ? await readTls(reading) : undefined
  const sasl = protocol.startsWith('SASL') ? readSasl(reading) : undefined
  if (reading.problems.length > 0) throw new HarnessError(reading.problems)
  if (isOpenToOthers && (sasl || ssl?.key !== undefined))
    reading.warnings.push(`${path} holds a secret and can be read by others: chmod 600 ${path}`)
  return {
    file: path,
    protocol,
    ...(ssl || sasl ? { security: new ClientSecurity({ ...(ssl ? { ssl } : {}), ...(sasl ? { sasl } : {}) }) } : {}),
    sendsCredentials: sasl !== undefined,
    sendsPassword: protocol === 'SASL_PLAINTEXT' && sasl?.mechanism === 'plain',
    settings,
    warnings: reading.warnings,
  }
}

async function readText(path: string): Promise<{ text: string; isOpenToOthers: boolean }> {
  const refuse = (message: string, cause?: unknown): HarnessError =>
    new HarnessError(
      {
        code: 'E206',
        message,
        place: { file: path },
        hint: 'check command-config in the scenario, or --command-config',
      },
      { cause },
    )
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? `properties file not found: ${resolve(path)}` : messageOf(error), error)
  })
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw refuse('not a regular file')
    if (facts.size > MAX_FILE_BYTES) throw refuse('larger than 256 KiB, which no client properties file is')
    return { text: await file.readFile('utf8'), isOpenToOthers: (facts.mode & 0o077) !== 0 }
  } finally {
    await file.close()
  }
}

/** Sorts what is written into what connects, what a client is set to, and what is warned of. */
function sortRows(reading: Reading, text: string): Record<string, Row> {
  const settings: Record<string, Row> = {}
  for (const node of new Properties(text).nodes) {
    if (node.type !== 'property') continue
    const { key, value, startingLineNumber: line } = node
    const warn = (message: string): void => void reading.warnings.push(`${reading.file}:${line}  ${message}`)
    if (reading.rows.has(key)) warn(`${key} is given twice; the last one holds`)
    if (/\$\{[^}]*\}/.test(value)) {
      const hint = 'write the value itself, or have the file made where the secret is known'
      const message = `${isName(key) ? key : 'a line'} refers to a config provider, which is not supported`
      reading.problems.push({ code: 'E206', message, place: { file: reading.file, line }, hint })
    }
    if (USED.includes(key)) reading.rows.set(key, { value: value.trim(), line })
    else if (isSetting(key)) settings[key] = { value: value.trim(), line }
    else if (NOT_YET_HONOURED.has(key)) warn(`${key} is honoured by no driver yet, so it is not taken`)
    else if (WITHOUT_EFFECT.includes(key) || WITHOUT_EFFECT_PREFIX.test(key)) warn(`${key} has no effect here`)
    else warn(unknownKey(key))
  }
  return settings
}

function isSetting(name: string): boolean {
  return Object.hasOwn(PRODUCER_SETTINGS, name) || Object.hasOwn(CONSUMER_SETTINGS, name)
}

/** Only what looks like the name of a setting is repeated: a value on a line of its own reads as a key. */
function isName(key: string): boolean {
  return /^[a-z]+(\.[a-z0-9]+)+$/.test(key)
}

function unknownKey(key: string): string {
  const known = [...USED, ...Object.keys(PRODUCER_SETTINGS), ...Object.keys(CONSUMER_SETTINGS), ...NOT_YET_HONOURED]
  if (!isName(key)) return 'this is no setting of a Kafka client'
  const near = Object.hasOwn(FOREIGN, key) ? FOREIGN[key] : nearest(key, known)
  return `${key} is no setting of a Kafka client${near ? `; did you mean ${near}?` : ''}`
}

function problem(reading: Reading, name: string, message: string, hint: string): void {
  const line = reading.rows.get(name)?.line
  const place = { file: reading.file, ...(line === undefined ? {} : { line }) }
  reading.problems.push({ code: 'E206', message, place, hint })
}

function readProtocol(reading: Reading): Protocol {
  const written = reading.rows.get('security.protocol')?.value.toUpperCase() ?? 'PLAINTEXT'
  if (PROTOCOLS.includes(written)) return written as Protocol
  problem(reading, 'security.protocol', 'security.protocol is none that Kafka knows', `write ${PROTOCOLS.join(', ')}`)
  return 'PLAINTEXT'
}

function readSasl(reading: Reading): Sasl | undefined {
  const mechanism = reading.rows.get('sasl.mechanism')?.value ?? 'GSSAPI'
  if (!SASL_MECHANISMS.includes(mechanism)) {
    const shown = /^[A-Z0-9_-]{1,30}$/.test(mechanism) ? mechanism : 'as written'
    const usual = reading.rows.has('sasl.mechanism') ? '' : ', Kafka’s default,'
    const message = `sasl.mechanism ${shown}${usual} is not available yet`
    problem(reading, 'sasl.mechanism', message, `write ${SASL_MECHANISMS.join(', ')}`)
    return undefined
  }
  const jaas = reading.rows.get('sasl.jaas.config')
  const read = readJaas(jaas?.value ?? '', mechanism)
  if (read.ok) return read.sasl
  problem(
    reading,
    'sasl.jaas.config',
    jaas ? `sasl.jaas.config ${read.reason}` : 'sasl.jaas.config is missing',
    read.hint,
  )
  return undefined
}

async function readTls(reading: Reading): Promise<Tls> {
  checkHostnames(reading)
  const ca = await storeOf(reading, 'truststore', reading.rows.get('ssl.truststore.certificates')?.value)
  const chain = reading.rows.get('ssl.keystore.certificate.chain')?.value
  const ownKey = reading.rows.get('ssl.keystore.key')?.value
  const inline = chain === undefined && ownKey === undefined ? undefined : `${ownKey ?? ''}\n${chain ?? ''}`
  const own = await storeOf(reading, 'keystore', inline)
  const passphrase = reading.rows.get('ssl.key.password')?.value
  const tls: Tls = {
    rejectUnauthorized: true,
    ...versionsOf(reading),
    ...(ca === undefined ? {} : { ca }),
    ...(own === undefined ? {} : { cert: own, key: own, ...(passphrase === undefined ? {} : { passphrase }) }),
  }
  const lack = lackOfTls(tls)
  if (lack !== undefined && reading.problems.length === 0)
    problem(
      reading,
      own === undefined ? 'ssl.truststore.location' : 'ssl.keystore.location',
      lack,
      'see ssl.key.password and the PEM files',
    )
  return tls
}

/** An empty algorithm would accept any certificate of the right authority for any host. */
function checkHostnames(reading: Reading): void {
  const name = 'ssl.endpoint.identification.algorithm'
  const row = reading.rows.get(name)
  if (!row || row.value.toLowerCase() === 'https') return
  const hint = `remove the line; dial brokers by a name that stands in their certificate`
  problem(reading, name, `${name} would switch off the check of host names, which is refused`, hint)
}

function versionsOf(reading: Reading): { minVersion?: TlsVersion; maxVersion?: TlsVersion } {
  const row = reading.rows.get('ssl.enabled.protocols')
  if (!row) return {}
  const wanted = row.value.split(',').map(text => text.trim())
  const versions = TLS_VERSIONS.filter(version => wanted.includes(version)) as TlsVersion[]
  const [minVersion, maxVersion] = [versions[0], versions.at(-1)]
  if (minVersion && maxVersion && wanted.every(text => TLS_VERSIONS.includes(text))) return { minVersion, maxVersion }
  problem(
    reading,
    'ssl.enabled.protocols',
    'ssl.enabled.protocols may name only TLSv1.2 and TLSv1.3',
    `write ${TLS_VERSIONS.join(',')}`,
  )
  return {}
}

/** The PEM text of a store, from its file or from the properties themselves; undefined where there is none. */
async function storeOf(reading: Reading, role: StoreRole, inline: string | undefined): Promise<string | undefined> {
  const name = `ssl.${role}.location`
  const location = reading.rows.get(name)
  let result: StoreResult
  if (location) result = await readStore(await locate(reading.file, location.value), role)
  else if (inline !== undefined) result = checkPem(restorePem(inline), role, `ssl.${role}.* in the file itself`)
  else return undefined
  if (result.ok) return result.pem
  problem(reading, name, result.reason, result.hint)
  return undefined
}

/** Relative to the properties file; else, as Kafka's own tools take it, to the working directory. */
async function locate(file: string, path: string): Promise<string> {
  if (isAbsolute(path)) return path
  const beside = join(dirname(resolve(file)), path)
  return access(beside).then(
    () => beside,
    () => resolve(path),
  )
}
