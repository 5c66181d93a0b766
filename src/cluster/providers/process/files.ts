// The files of a node: where they lie, how Kafka formats the storage, and how its logs are kept small.
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HarnessError } from '../../../core/errors.ts'
import { type Addresses, nodeProperties, renderProperties } from '../../../topology/properties.ts'
import type { Topology, TopologyNode } from '../../../topology/topology.ts'
import { lastLines } from '../../outside-program.ts'
import { type KafkaInstallation, runKafkaClass } from './installation.ts'
import { hostsFile } from './ports.ts'

/** Written into a data directory as soon as it exists: whose it is. */
export const OWNER_FILE = '.gauntlet-run'
const LOG_SIZE = '10 MB'
const LOG_FILES = 2
const FORMAT_DEADLINE_MS = 60_000
const TAIL_BYTES = 256 * 1024

export type NodeFiles = {
  home: string
  /** What holds the data: a directory, or a volume of a fixed size that is mounted there. */
  volume: string
  data: string
  /** What fills that volume. */
  filler: string
  temp: string
  properties: string
  serverLog: string
  console: string
  /** Kept where the brokers' own side is asked for. */
  gcLog: string
  /** Name resolution of the node in a routed cluster. */
  hosts: string
}

/** Paths of one node. */
export function filesOf(root: string, node: Pick<TopologyNode, 'id'>): NodeFiles {
  const home = join(root, nodeLabel(node))
  return {
    home,
    volume: join(home, 'volume'),
    data: join(home, 'volume', 'data'),
    filler: join(home, 'volume', 'filler'),
    temp: join(home, 'tmp'),
    properties: join(home, 'server.properties'),
    serverLog: join(home, 'server.log'),
    console: join(home, 'console.log'),
    gcLog: join(home, 'gc.log'),
    hosts: join(home, 'hosts'),
  }
}

/** The name of a node's process and directory. */
export function nodeLabel(node: Pick<TopologyNode, 'id'>): string {
  return `node-${node.id}`
}

/** Paths of what all nodes share. */
export function sharedFiles(root: string): Record<'nodeLogging' | 'toolLogging' | 'agent' | 'format' | 'temp', string> {
  return {
    nodeLogging: join(root, 'log4j2-node.xml'),
    toolLogging: join(root, 'log4j2-tool.xml'),
    agent: join(root, 'agent.json'),
    format: join(root, 'format.properties'),
    temp: join(root, 'tmp'),
  }
}

/** Makes the directory of a run; fails where something of that name exists, whoever made it. */
export async function makeRoot(root: string, runId: string): Promise<void> {
  await mkdir(root, { mode: 0o700 })
  await writeFile(join(root, OWNER_FILE), `${runId}\n`)
  const shared = sharedFiles(root)
  await mkdir(shared.temp)
  await writeFile(shared.nodeLogging, NODE_LOGGING)
  await writeFile(shared.toolLogging, TOOL_LOGGING)
}

/** Writes the settings of every node and returns them by node name. */
export async function writeNodeFiles(
  root: string,
  topology: Topology,
  addresses: Addresses,
): Promise<Record<string, Record<string, string>>> {
  const properties: Record<string, Record<string, string>> = {}
  for (const node of topology.nodes) {
    const files = filesOf(root, node)
    await mkdir(files.temp, { recursive: true })
    const own = nodeProperties(topology, addresses, node, files.data)
    await writeFile(files.properties, renderProperties(own))
    if (topology.network === 'routed') await writeFile(files.hosts, hostsFile(topology, node, hostname()))
    properties[node.name] = own
  }
  return properties
}

/**
 * Formats the storage of all nodes with one run of Kafka's own tool: to it they are log directories of the first node.
 * The metadata it writes is the same for every node but for the node's number, which is then set right.
 */
export async function formatStorage(
  kafka: KafkaInstallation,
  root: string,
  topology: Topology,
  properties: Record<string, Record<string, string>>,
  clusterId: string,
  run: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<void> {
  const [first] = topology.nodes
  if (!first) throw new RangeError('a cluster without nodes')
  const shared = sharedFiles(root)
  const directories = topology.nodes.map(node => filesOf(root, node).data)
  await writeFile(shared.format, renderProperties({ ...properties[first.name], 'log.dirs': directories.join(',') }))
  const result = await runKafkaClass(kafka, {
    mainClass: 'kafka.tools.StorageTool',
    args: ['format', '--cluster-id', clusterId, '--config', shared.format],
    logging: shared.toolLogging,
    temp: shared.temp,
    deadlineMs: FORMAT_DEADLINE_MS,
    ...run,
  })
  if (result.exitCode !== 0) {
    throw new HarnessError({
      code: 'E306',
      message: `Kafka could not format the storage:\n${lastLines(`${result.stdout}\n${result.stderr}`, 20)}`,
      hint: 'broker properties of the scenario are checked here first: look for the property that is named',
    })
  }
  await Promise.all(topology.nodes.map(node => setNodeId(join(filesOf(root, node).data, 'meta.properties'), node.id)))
}

async function setNodeId(path: string, id: number): Promise<void> {
  const text = await readFile(path, 'utf8')
  const pattern = /^node\.id=\d+$/m
  if (!pattern.test(text)) throw new Error(`${path} names no node.id`)
  await writeFile(path, text.replace(pattern, `node.id=${id}`))
}

/** The last lines that a node wrote, to its log and, where the JVM itself had to say something, to its console. */
export async function readNodeLog(files: NodeFiles, lines: number): Promise<string> {
  const [log, said] = await Promise.all([readTail(files.serverLog), readTail(files.console)])
  const console = said.trim() === '' ? '' : `console:\n${lastLines(said, lines)}`
  return [lastLines(log, lines), console].filter(part => part !== '').join('\n')
}

/** The first line of a node's log that reports an error: the ones after it are often only its consequences. */
export async function readFirstError(files: NodeFiles): Promise<string | undefined> {
  const log = await readTail(files.serverLog)
  return /^.* (?:ERROR|FATAL) .*(?:\n(?!\[).*){0,3}/m.exec(log)?.[0]
}

/** The end of a file in whole lines; nothing where there is none. */
export async function readTail(path: string, tailBytes = TAIL_BYTES): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const length = Math.min(size, tailBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    const text = buffer.toString('utf8', 0, bytesRead)
    return length < size ? text.slice(text.indexOf('\n') + 1) : text
  } finally {
    await file.close()
  }
}

/** Bytes of the segment files of all partitions whose topic starts so. */
export async function sumSegmentBytes(dataDirectory: string, topicPrefix: string): Promise<number> {
  const partitions = (await readdir(dataDirectory)).filter(
    name => name.startsWith(topicPrefix) && /^.+-\d+$/.test(name),
  )
  const sums = await Promise.all(
    partitions.map(async partition => {
      const directory = join(dataDirectory, partition)
      const names = await readdir(directory).catch(ignoreGone([] as string[]))
      const sizes = names
        .filter(name => name.endsWith('.log'))
        .map(name => stat(join(directory, name)).then(found => found.size, ignoreGone(0)))
      return sum(await Promise.all(sizes))
    }),
  )
  return sum(sums)
}

/** Kafka may delete a segment or a partition between two looks at it. */
function ignoreGone<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

const NODE_LOGGING = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
  <Appenders>
    <RollingFile name="server" fileName="\${sys:gauntlet.log}" filePattern="\${sys:gauntlet.log}.%i">
      <PatternLayout pattern="[%d] %p %m (%c)%n"/>
      <SizeBasedTriggeringPolicy size="${LOG_SIZE}"/>
      <DefaultRolloverStrategy max="${LOG_FILES}"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="server"/></Root>
  </Loggers>
</Configuration>
`

const TOOL_LOGGING = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders>
    <Console name="stderr" target="SYSTEM_ERR"><PatternLayout pattern="%p %m (%c)%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="stderr"/></Root>
  </Loggers>
</Configuration>
`
