// Somebody else's cluster: reached or refused with the reason, loaded only where it was named, and left as it was found.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { listJournals } from '../../src/cluster/journal-file.ts'
import { attachCluster } from '../../src/cluster/providers/external.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { readRecording } from '../../src/recording/read.ts'
import { makeCertificate } from '../support/certificate.ts'
import { type CliResult, runCli, startCli } from '../support/cli.ts'
import { startLyingProxy } from '../support/lying-proxy.ts'
import { requireOrSkip } from '../support/require.ts'
import { expectSound } from '../support/sound.ts'
import { type Held, startCluster, topologyOf, useOwnJournals } from './process-support.ts'

const state = useOwnJournals()
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-external-'))
const held: Held[] = []
afterAll(async () => {
  for (const one of held) await one[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(context => requireOrSkip('java', context))

/** One broker for all tests that need no other settings. */
async function plainCluster(): Promise<Held['cluster']> {
  if (held.length === 0) held.push(await startCluster(topologyOf()))
  return held[0]?.cluster ?? expect.fail('no cluster')
}

type Written = {
  bootstrap: string[]
  config?: string
  seconds?: number
  rate?: string
  partitions?: number
  factor?: number
}

function scenario(name: string, written: Written): string {
  const { bootstrap, config, seconds = 3, rate = '200/s', partitions = 3, factor = 1 } = written
  const path = join(folder, `${name}.yaml`)
  const lines = [
    'version: 1',
    `name: ${name}`,
    'cluster:',
    `  bootstrap.servers: "${bootstrap.join(',')}"`,
    ...(config === undefined ? [] : [`  command-config: ${config}`]),
    `topics: [{ name: events, partitions: ${partitions}, replication.factor: ${factor} }]`,
    'producers: [{ name: writers, values: { size: 200B } }]',
    'consumers: [{ name: readers }]',
    `load: { phases: [{ phase: warmup, for: 1s, rate: 200/s }, { phase: steady, for: ${seconds}s, rate: ${rate} }] }`,
    'expect: [errors == 0, acked == stored, consumed == stored]',
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

const gauntlet = (...args: string[]): Promise<CliResult> =>
  runCli([...args, '--out', folder], { env: { GAUNTLET_STATE: state } })

const clean = (...args: string[]): Promise<CliResult> => runCli(['clean', ...args], { env: { GAUNTLET_STATE: state } })

async function withAdmin<T>(brokers: string[], ask: (admin: ClusterAdmin) => Promise<T>): Promise<T> {
  const admin = await ClusterAdmin.connect({ brokers })
  try {
    return await ask(admin)
  } finally {
    await admin.close()
  }
}
const topicsOn = (brokers: string[]) => withAdmin(brokers, admin => admin.listTopics())
const ours = (topics: string[]) => topics.filter(name => name.startsWith('gauntlet-'))

describe('a cluster that answers', () => {
  it('is loaded where its id was named, and left as it was', async () => {
    const { bootstrap, info } = await plainCluster()
    const before = await topicsOn(bootstrap)
    const config = 'named.properties'
    writeFileSync(join(folder, config), 'compression.type=zstd\nfetch.max.wait.ms=77\nlinger.msec=3\n')
    const result = await gauntlet('run', scenario('named', { bootstrap, config }), '--allow-cluster', info.clusterId)
    const { trials } = await readRecording(expectSound(result))
    expect(result.stderr).toMatch(/named\.properties:3 .*did you mean linger\.ms/)
    const [trial] = trials
    // What stands in the file is what the codec of the client did.
    expect(trial?.intervals.some(({ counters }) => Number(counters['compressedBytes']) > 0)).toBe(true)
    const reader = trial?.record?.clients.find(({ role }) => role === 'consumer')
    const row = { name: 'fetch.max.wait.ms', value: '77', source: 'properties file' }
    expect(reader?.settings).toContainEqual(row)
    expect(result.stdout).toContain('the brokers belong to somebody else')
    expect(ours(await topicsOn(bootstrap))).toEqual(ours(before))
    expect((await listJournals()).filter(journal => journal.owner !== 'alive')).toEqual([])
  })

  it.each([
    ['no id was named', []],
    ['another id was named', ['--allow-cluster', 'Vp3Qm8b0RkyHc1aWz5tXuA']],
    ['the id comes from the environment', []],
  ])('is refused with exit 5 where %s, before anything is made on it', async (_, flags) => {
    const { bootstrap, info } = await plainCluster()
    const before = await topicsOn(bootstrap)
    process.env['GAUNTLET_ALLOW_CLUSTER'] = info.clusterId
    const result = await gauntlet('run', scenario('refused', { bootstrap }), ...flags).finally(() => {
      delete process.env['GAUNTLET_ALLOW_CLUSTER']
    })
    expect(result.exitCode).toBe(5)
    expect(result.stderr).toMatch(/^E401 .*\n.*→/)
    expect(await topicsOn(bootstrap)).toEqual(before)
  })

  it('is refused with exit 5 above the caps, all of them at once, each with its flag', async () => {
    const { bootstrap, info } = await plainCluster()
    const file = scenario('heavy', { bootstrap, seconds: 100, rate: '20k/s', partitions: 30 })
    const result = await gauntlet('run', file, '--allow-cluster', info.clusterId)
    expect(result.exitCode).toBe(5)
    expect(result.stderr.match(/E403/g)).toHaveLength(3)
    for (const flag of ['--max-rate-bytes', '--max-duration', '--max-partitions']) expect(result.stderr).toContain(flag)
    expect(ours(await topicsOn(bootstrap))).toEqual([])
  })

  it('is loaded above a cap that was raised', async () => {
    const { bootstrap, info } = await plainCluster()
    const file = scenario('raised', { bootstrap, seconds: 1, partitions: 13 })
    const result = await gauntlet('run', file, '--allow-cluster', info.clusterId, '--max-partitions', '13')
    expectSound(result)
  })

  it('gets topics whose retention is bounded, and keeps them where it is asked to', async () => {
    const { bootstrap, info } = await plainCluster()
    const file = scenario('kept', { bootstrap, seconds: 1 })
    const result = await gauntlet('run', file, '--allow-cluster', info.clusterId, '--keep-topics')
    expectSound(result)
    const [topic = ''] = ours(await topicsOn(bootstrap))
    const settings = await withAdmin(bootstrap, admin => admin.topicConfigs(topic))
    const value = (name: string) => settings.find(setting => setting.name === name)?.value
    expect([value('retention.ms'), value('retention.bytes')]).toEqual(['3600000', '67108864'])
    await withAdmin(bootstrap, admin => admin.deleteTopics([topic]))
  })

  it.each([
    ['more replicas than it has brokers', { factor: 3 }, [], 'E127'],
    ['a rate without bound', { rate: 'max' }, [], 'E403'],
    ['tools that need nodes of ours', {}, ['--witness'], '--witness'],
  ])('is not touched for %s', async (_, written, flags, fragment) => {
    const { bootstrap, info } = await plainCluster()
    const result = await gauntlet(
      'run',
      scenario('odd', { bootstrap, ...written }),
      '--allow-cluster',
      info.clusterId,
      ...flags,
    )
    expect([2, 5]).toContain(result.exitCode)
    expect(result.stderr).toContain(fragment)
    expect(ours(await topicsOn(bootstrap))).toEqual([])
  })

  it('gets rid of the topics of a run that was killed, and of no others', async () => {
    const { bootstrap, info } = await plainCluster()
    const foreign = 'gauntlet-20260101-000000-dead-t001-events'
    await withAdmin(bootstrap, admin =>
      admin.createTopics([{ name: foreign, partitions: 1, replicationFactor: 1, config: {} }]),
    )
    const file = scenario('killed', { bootstrap, seconds: 30 })
    const run = startCli(['run', file, '--out', folder, '--allow-cluster', info.clusterId], {
      env: { GAUNTLET_STATE: state },
    })
    run.done.catch(() => undefined)
    await run.until(/sent .*acked/)
    run.child.kill('SIGKILL')
    await run.done
    expect(ours(await topicsOn(bootstrap))).toHaveLength(2)
    const listed = await clean()
    expect(listed.stdout).toContain('gauntlet clean --yes')
    expect(ours(await topicsOn(bootstrap))).toHaveLength(2)
    const cleaned = await clean('--yes')
    expect(cleaned.exitCode, cleaned.stderr).toBe(0)
    expect(ours(await topicsOn(bootstrap))).toEqual([foreign])
    await withAdmin(bootstrap, admin => admin.deleteTopics([foreign]))
  })
})

describe('a cluster that cannot be reached', () => {
  const servers: Server[] = []
  afterAll(() => servers.forEach(server => server.close()))

  async function listening(onConnection: (end: () => void) => void): Promise<string> {
    const server = createServer(socket => {
      socket.on('error', () => socket.destroy())
      onConnection(() => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }

  it.each<[string, () => Promise<string[]>, RegExp[]]>([
    ['nobody listens', async () => ['127.0.0.1:1'], [/127\.0\.0\.1:1: refused/]],
    [
      'every address fails in its own way',
      async () => ['127.0.0.1:1', 'no-such-host.invalid:9092'],
      [/127\.0\.0\.1:1: refused/, /no-such-host\.invalid:9092: .*not a name that DNS knows/],
    ],
    ['something listens and never answers', async () => [await listening(() => undefined)], [/the port is open/]],
    ['something else than Kafka answers', async () => [await listening(end => end())], [/the port is open/]],
  ])('%s: exit 4 with the cause, within ten seconds', async (_, make, patterns) => {
    const result = await gauntlet('run', scenario('lost', { bootstrap: await make() }), '--allow-cluster', 'x')
    expect(result.exitCode).toBe(4)
    for (const pattern of patterns) expect(result.stderr).toMatch(pattern)
    expect(result.seconds).toBeLessThan(10)
    expect(result.stderr).not.toContain(' at ')
  })

  it('a broker advertises an address that cannot be dialled: which one, and that the bootstrap answers', async () => {
    const { bootstrap, info } = await plainCluster()
    const port = Number(bootstrap[0]?.split(':')[1])
    const proxy = await startLyingProxy(port, 1)
    try {
      const attached = attachCluster({
        bootstrap: [`127.0.0.1:${proxy.port}`],
        allow: id => expect(id).toBe(info.clusterId),
      })
      await expect(attached).rejects.toMatchObject({
        code: 'E307',
        message: `127.0.0.1:${proxy.port} answers, but broker 1 advertises 127.0.0.1:1, which cannot be reached: refused; nothing listens there`,
      })
    } finally {
      proxy.close()
    }
  })
})

describe('a cluster behind TLS and passwords', () => {
  const PASSWORD = 'open-sesame-4711'
  const server = makeCertificate({ name: 'broker' })
  const stranger = makeCertificate({ name: 'stranger' })
  let secured: Held | undefined

  beforeEach(async () => {
    if (secured) return
    const store = join(folder, 'broker.pem')
    writeFileSync(store, server.key + server.certificate, { mode: 0o600 })
    const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
    const config = {
      'listener.security.protocol.map': 'CLIENT:SASL_SSL,OBSERVER:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': store,
      'listener.name.client.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.client.plain.sasl.jaas.config': `${plain} required user_alice="${PASSWORD}";`,
      'listener.name.client.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    }
    secured = await startCluster(topologyOf({ config }))
    held.push(secured)
    const added = await secured.cluster.tool?.('kafka.admin.ConfigCommand', [
      ...['--bootstrap-server', secured.cluster.observerBootstrap.join(',')],
      ...['--alter', '--entity-type', 'users', '--entity-name', 'bob'],
      ...['--add-config', `SCRAM-SHA-512=[password=${PASSWORD}]`],
    ])
    expect(added, added?.stderr).toMatchObject({ exitCode: 0 })
  }, 120_000)

  type Login = { mechanism?: string; user?: string; password?: string; authority?: string }

  function properties({
    mechanism = 'PLAIN',
    user = 'alice',
    password = PASSWORD,
    authority = server.certificate,
  }: Login): string {
    const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
    writeFileSync(join(folder, 'ca.pem'), authority)
    const lines = [
      'security.protocol=SASL_SSL',
      `sasl.mechanism=${mechanism}`,
      `sasl.jaas.config=org.apache.kafka.common.security.${module} required username="${user}" password="${password}";`,
      'ssl.truststore.type=PEM',
      'ssl.truststore.location=ca.pem',
    ]
    writeFileSync(join(folder, 'client.properties'), `${lines.join('\n')}\n`, { mode: 0o600 })
    return 'client.properties'
  }

  async function run(login: Login, allow: (id: string, bootstrap: string[]) => string): Promise<CliResult> {
    if (!secured) throw new Error('no secured cluster')
    const { bootstrap, info } = secured.cluster
    const file = scenario('secured', { bootstrap, config: properties(login), seconds: 1 })
    return gauntlet('run', file, '--allow-cluster', allow(info.clusterId, bootstrap))
  }
  const pinned = (id: string, bootstrap: string[]): string => `${id}@${bootstrap.join(',')}`

  it.each<[string, Login]>([
    ['PLAIN', {}],
    ['SCRAM-SHA-512', { mechanism: 'SCRAM-SHA-512', user: 'bob' }],
  ])('is loaded with %s over TLS, and no file of the run holds the password', async (_, login) => {
    const result = await run(login, pinned)
    expectSound(result)
    const files = [folder, state].flatMap(root =>
      readdirSync(root, { recursive: true })
        .map(name => join(root, String(name)))
        .filter(path => statSync(path).isFile() && !path.endsWith('client.properties')),
    )
    expect(files.length).toBeGreaterThan(8)
    for (const path of files) expect(readFileSync(path).includes(PASSWORD), path).toBe(false)
    expect(result.stdout + result.stderr).not.toContain(PASSWORD)
  })

  it('gets no credentials where only the scenario names its address', async () => {
    const result = await run({}, id => id)
    expect(result.exitCode).toBe(5)
    expect(result.stderr).toMatch(/credentials would be sent to .*which only the scenario names/)
  })

  it.each<[string, Login]>([
    ['a wrong password', { password: 'wrong-password-1' }],
    ['a user that is not known', { user: 'mallory' }],
    ['an authority that did not sign its certificate', { authority: stranger.certificate }],
  ])('refuses %s: exit 4, the cause, and no password', async (_, login) => {
    const result = await run(login, pinned)
    expect(result.exitCode).toBe(4)
    expect(result.stderr).toContain('E307')
    for (const secret of [PASSWORD, 'wrong-password-1']) expect(result.stderr + result.stdout).not.toContain(secret)
    expect(result.seconds).toBeLessThan(10)
  })
})
