// What the docker tests share: a journal that remembers its order, topologies, Kafka's own witness, and things that must stay untouched.
import { execFile } from 'node:child_process'
import { appendFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Journal, JournalEntry } from '../../src/cluster/journal.ts'
import type { DockerClient } from '../../src/cluster/providers/docker/client.ts'
import { dockerProvider } from '../../src/cluster/providers/docker/provider.ts'
import { KAFKA_DEFAULT_VERSION, type StartedClusterSpec } from '../../src/scenario/schema/cluster.ts'
import { describeTopology, type Topology } from '../../src/topology/topology.ts'

const exec = promisify(execFile)

/** True where this machine lacks what the docker suites need; the reason goes to the list that `npm test` prints. */
export async function lacksDocker(): Promise<boolean> {
  const engine = await dockerProvider.unavailable({ kafkaVersion: KAFKA_DEFAULT_VERSION })
  const programs = ['kcat', 'docker-compose']
  const missing = await Promise.all(
    programs.map(async name => ((await isInstalled(name)) ? undefined : `${name} is not installed`)),
  )
  const reasons = [engine ? `Docker: ${engine.reason} (${engine.hint})` : undefined, ...missing].filter(
    reason => reason !== undefined,
  )
  const log = process.env['GAUNTLET_SKIP_LOG']
  if (log !== undefined && reasons.length > 0) await appendFile(log, reasons.map(reason => `${reason}\n`).join(''))
  return reasons.length > 0
}

function isInstalled(program: string): Promise<boolean> {
  return exec('which', [program]).then(
    () => true,
    () => false,
  )
}

export type MemoryJournal = Journal & { open(): JournalEntry[]; readonly all: readonly JournalEntry[] }

/** A journal in memory: the entries in order, and which of them are still open. */
export function memoryJournal(
  runId: string,
  onRecord: (entry: JournalEntry) => Promise<void> = async () => {},
): MemoryJournal {
  const all: JournalEntry[] = []
  const undone = new Set<number>()
  return {
    runId,
    all,
    open: () => all.filter((_, index) => !undone.has(index)),
    record: async entry => {
      await onRecord(entry)
      return all.push(entry) - 1
    },
    undone: async entryNumber => void undone.add(entryNumber),
    close: async () => {},
  }
}

/** A topology as a scenario would describe it. */
export function topologyOf(overrides: Partial<StartedClusterSpec> = {}): Topology {
  return describeTopology({
    kind: 'started',
    brokers: 1,
    controllers: 'combined',
    network: 'direct',
    provider: 'docker',
    kafka: KAFKA_DEFAULT_VERSION,
    resources: {},
    workers: {},
    config: {},
    racks: [],
    readyTimeoutMs: 60_000,
    ...overrides,
  })
}

/** Containers, volumes and networks whose name holds a text, labelled or not. */
export async function namedOn(client: DockerClient, text: string): Promise<string[]> {
  const [containers, volumes, networks] = await client.call('list everything', docker =>
    Promise.all([docker.listContainers({ all: true }), docker.listVolumes(), docker.listNetworks()]),
  )
  return [
    ...containers.map(found => `container ${found.Names[0]?.slice(1)}`),
    ...volumes.Volumes.map(found => `volume ${found.Name}`),
    ...networks.map(found => `network ${found.Name}`),
  ].filter(name => name.includes(text))
}

/** Writes lines to a topic with kcat, acknowledged by all in-sync replicas. */
export async function produce(bootstrap: readonly string[], topic: string, lines: readonly string[]): Promise<void> {
  const child = exec('kcat', ['-P', '-q', '-b', bootstrap.join(','), '-t', topic, '-X', 'acks=all'], {
    timeout: 60_000,
  })
  child.child.stdin?.end(`${lines.join('\n')}\n`)
  await child
}

/** Reads a topic to its end with kcat. */
export async function consume(bootstrap: readonly string[], topic: string): Promise<string[]> {
  const { stdout } = await exec('kcat', ['-C', '-e', '-q', '-b', bootstrap.join(','), '-t', topic, '-o', 'beginning'], {
    timeout: 60_000,
  })
  return stdout.split('\n').filter(line => line !== '')
}

/** Runs a program and returns what it printed on standard output. */
export async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  return (await exec(program, [...args], { timeout: 180_000, env: { ...process.env, ...env } })).stdout
}
