// One broker with every kind of listener, for tests of the protocol: plain, TLS, and both with SASL.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findKafkaJars } from '../../src/cluster/jars.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { metadataV8 } from '../../src/protocol/requests/metadata.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'

export const USER = 'ann'
export const PASSWORD = 'correct horse battery staple'
const STORE_PASSWORD = 'changeit'
const READY_MS = 30_000
const run = promisify(execFile)
const LISTENERS = ['PLAIN', 'TLS', 'SASL', 'SASLTLS', 'CONTROLLER'] as const
type Listener = (typeof LISTENERS)[number]

const java = (name: string): string => {
  const home = process.env['JAVA_HOME']
  return home ? join(home, 'bin', name) : name
}

/** Kafka's jars: an unpacked Kafka, or the cache that the harness fills. */
async function classPath(): Promise<string> {
  const { libsDir } = await findKafkaJars({ version: KAFKA_DEFAULT_VERSION })
  return join(libsDir, '*')
}

/** Ports nobody listens on; all are held until the last is found. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<Server>(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

export class TestBroker implements AsyncDisposable {
  readonly ports: Record<Listener, number>
  /** The broker's certificate, which is its own authority. */
  readonly certificate: string
  private readonly folder: string
  private readonly libs: string
  private process: ChildProcess | undefined

  private constructor(parts: { ports: Record<Listener, number>; certificate: string; folder: string; libs: string }) {
    this.ports = parts.ports
    this.certificate = parts.certificate
    this.folder = parts.folder
    this.libs = parts.libs
  }

  /** Formats and starts; ready means that it names itself as leader of the cluster. */
  static async start(): Promise<TestBroker> {
    const [libs, found] = await Promise.all([classPath(), freePorts(LISTENERS.length)])
    const folder = await mkdtemp(join(tmpdir(), 'gauntlet-protocol-'))
    const ports = Object.fromEntries(LISTENERS.map((name, i) => [name, found[i]])) as Record<Listener, number>
    try {
      const certificate = await makeStore(folder)
      await format(libs, folder, ports)
      const broker = new TestBroker({ ports, certificate, folder, libs })
      await broker.boot().catch(async (error: unknown) => {
        await broker.kill()
        throw error
      })
      return broker
    } catch (error) {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      throw error
    }
  }

  /** host:port of a listener, by name where the certificate is to be checked. */
  address(listener: Listener): string {
    return `localhost:${this.ports[listener]}`
  }

  async boot(): Promise<void> {
    const options = ['-Xmx512m', '-Xms512m', '-XX:TieredStopAtLevel=1', '-cp', this.libs]
    const child = spawn(java('java'), [...options, 'kafka.Kafka', join(this.folder, 'server.properties')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process = child
    let log = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (log += String(chunk)))
    const until = performance.now() + READY_MS
    while (!(await this.isReady())) {
      if (child.exitCode !== null || performance.now() > until)
        throw new Error(`the broker did not start:\n${log.slice(-3000)}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  /** Ends the broker at once. */
  async kill(): Promise<void> {
    const child = this.process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  private async isReady(): Promise<boolean> {
    try {
      const connection = await Connection.open({ host: 'localhost', port: this.ports.PLAIN, clientId: 'test' })
      const { brokers } = await connection.request(metadataV8, { topics: [] })
      await connection.close()
      return brokers.length === 1
    } catch {
      return false
    }
  }
}

/** A key store for the broker; returns its certificate as PEM. */
async function makeStore(folder: string): Promise<string> {
  const store = ['-keystore', join(folder, 'broker.p12'), '-storepass', STORE_PASSWORD, '-alias', 'broker']
  const subject = ['-dname', 'CN=broker', '-ext', 'SAN=dns:localhost,ip:127.0.0.1', '-validity', '2']
  await run(java('keytool'), ['-genkeypair', ...store, ...subject, '-keyalg', 'EC', '-storetype', 'PKCS12'])
  await run(java('keytool'), ['-exportcert', ...store, '-rfc', '-file', join(folder, 'broker.pem')])
  return readFile(join(folder, 'broker.pem'), 'utf8')
}

/** A new data directory that knows the user by SCRAM. */
async function format(libs: string, folder: string, ports: Record<Listener, number>): Promise<void> {
  const file = join(folder, 'server.properties')
  await writeFile(file, properties(ports, folder))
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
    '--add-scram',
    `${mechanism}=[name=${USER},password="${PASSWORD}"]`,
  ])
  const task = ['format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', file, ...scram]
  await run(java('java'), ['-cp', libs, 'kafka.tools.StorageTool', ...task])
}

function properties(ports: Record<Listener, number>, folder: string): string {
  const security = 'org.apache.kafka.common.security'
  const addresses = (names: readonly Listener[], host: string): string =>
    names.map(name => `${name}://${host}:${ports[name]}`).join(',')
  const lines: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.CONTROLLER}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: addresses(LISTENERS, '127.0.0.1'),
    'advertised.listeners': addresses(LISTENERS.slice(0, -1), 'localhost'),
    'listener.security.protocol.map':
      'PLAIN:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT,SASLTLS:SASL_SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAIN',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.num.partitions': '3',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    'ssl.keystore.location': join(folder, 'broker.p12'),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.password': STORE_PASSWORD,
    'ssl.key.password': STORE_PASSWORD,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  }
  for (const listener of ['sasl', 'sasltls']) {
    const own = `listener.name.${listener}`
    lines[`${own}.plain.sasl.jaas.config`] = `${security}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`
    for (const bits of ['256', '512'])
      lines[`${own}.scram-sha-${bits}.sasl.jaas.config`] = `${security}.scram.ScramLoginModule required;`
  }
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
