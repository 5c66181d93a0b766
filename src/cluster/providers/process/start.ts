// Starts the nodes of a topology as JVMs: ports, files, storage, limits, processes; again with other ports where one got taken.

import { rm, writeFile } from 'node:fs/promises'
import { HarnessError, messageOf } from '../../../core/errors.ts'
import type { Addresses, Endpoint } from '../../../topology/properties.ts'
import { brokersOf, type Topology } from '../../../topology/topology.ts'
import { agentOption } from '../../broker-metrics/agent.ts'
import { gcLogOption } from '../../broker-metrics/gc-log.ts'
import { agentConfig } from '../../broker-metrics/rules.ts'
import type { StartRequest } from '../../cluster.ts'
import { newKafkaId } from '../../kafka-id.ts'
import type { ProxyLinks } from '../../links/powers.ts'
import { NODE_MARKER, RUN_MARKER } from '../../proc.ts'
import { waitForCluster } from '../../ready.ts'
import type { Belongings } from './belongings.ts'
import { filesOf, formatStorage, nodeLabel, readFirstError, readNodeLog, sharedFiles, writeNodeFiles } from './files.ts'
import { type KafkaInstallation, nodeCommand } from './installation.ts'
import { makeLimits } from './limits.ts'
import { NodeProcess } from './node-process.ts'
import { layOutOnLoopback } from './ports.ts'
import { startProxies } from './proxies.ts'

export type StartContext = {
  request: StartRequest
  installation: KafkaInstallation
  root: string
  belongings: Belongings
  /** Further JVM options of the nodes. */
  jvmOptions: readonly string[]
}

export type RunningNodes = {
  clusterId: string
  addresses: Addresses
  properties: Record<string, Record<string, string>>
  notes: string[]
  /** Where brokers tell their own counters; empty where that is not asked for. */
  agents: Record<number, Endpoint>
  links?: ProxyLinks
}

const PORT_TRIES = 3
const LAST_WORDS_LINES = 50
const FORMAT = 'format'
/** What a JVM needs of our environment; the rest, secrets among it, is none of its business. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'JAVA_HOME', 'JAVA_TOOL_OPTIONS']

/** Starts all nodes and waits until the cluster is ready. */
export async function startNodes(context: StartContext): Promise<RunningNodes> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(context)
    } catch (error) {
      if (!(error instanceof HarnessError) || error.code !== 'E303') throw error
      if (attempt === PORT_TRIES) {
        const message = `a port was taken ${PORT_TRIES} times in a row: ${messageOf(error)}`
        throw new HarnessError({ code: 'E303', message, hint: 'see who listens: ss -ltnp' }, { cause: error })
      }
      await context.belongings.endNodes()
      for (const node of context.request.topology.nodes) {
        await rm(filesOf(context.root, node).home, { recursive: true, force: true })
      }
    }
  }
}

async function startOnce(context: StartContext): Promise<RunningNodes> {
  const { request, root, installation, belongings } = context
  const { topology, signal } = request
  const { addresses, proxyApis, agents } = await layOutOnLoopback(topology)
  const properties = await writeNodeFiles(root, topology, addresses)
  if (topology.logVolumeBytes !== undefined)
    for (const node of brokersOf(topology))
      await belongings.mount(filesOf(root, node).volume, request.journal.runId, topology.logVolumeBytes)
  const clusterId = newKafkaId()
  const own = signal ? { signal } : {}
  const env = environmentOf(request.journal.runId, FORMAT)
  const entry = await request.journal.record({ kind: 'process', name: FORMAT })
  try {
    await formatStorage(installation, root, topology, properties, clusterId, { env, ...own })
  } finally {
    await request.journal.undone(entry)
  }
  signal?.throwIfAborted()
  const environment = (name: string) => environmentOf(request.journal.runId, name)
  const links =
    topology.network === 'routed' ? await startProxies(context, addresses, proxyApis, environment) : undefined
  if (topology.brokerMetrics) await writeFile(sharedFiles(root).agent, agentConfig())
  const notes = await spawnNodes(context, agents)
  await becomeReady(belongings.nodes, topology, addresses, clusterId, request)
  return { clusterId, addresses, properties, notes, agents, ...(links ? { links } : {}) }
}

/** Starts one process per node; returns what could not be done as asked. */
async function spawnNodes(context: StartContext, agents: RunningNodes['agents']): Promise<string[]> {
  const { request, root, installation, belongings, jvmOptions } = context
  const notes = new Set<string>()
  for (const node of request.topology.nodes) {
    const files = filesOf(root, node)
    const label = nodeLabel(node)
    const limits = await makeLimits(label, request.runId, node.resources, path => belongings.announceGroup(path))
    for (const note of limits.notes) notes.add(note)
    const java = nodeCommand(installation, {
      heapBytes: node.resources.heapBytes,
      logging: sharedFiles(root).nodeLogging,
      log: files.serverLog,
      temp: files.temp,
      properties: files.properties,
      options: [
        ...limits.jvmOptions,
        ...jvmOptions,
        ...resolution(request.topology, files.hosts),
        ...watching(context, agents[node.id], files.gcLog),
      ],
    })
    const process = new NodeProcess(node, files, {
      command: [...limits.prefix, ...java],
      env: environmentOf(request.journal.runId, label),
      journal: request.journal,
      detach: request.detach ?? false,
    })
    belongings.nodes.push(process)
    await process.start()
  }
  return [...notes]
}

/** In a routed cluster every JVM resolves its peers' names to its own proxy. */
function resolution(topology: Topology, hosts: string): string[] {
  return topology.network === 'routed' ? [`-Djdk.net.hosts.file=${hosts}`] : []
}

/** The agent and the GC log of a broker whose own side is asked for. */
function watching(
  { installation, root }: StartContext,
  endpoint: Endpoint | undefined,
  gcLog: string,
): readonly string[] {
  if (installation.agentJar === undefined || endpoint === undefined) return []
  return [agentOption(installation.agentJar, endpoint, sharedFiles(root).agent), gcLogOption(gcLog)]
}

/** The environment of a process of ours, with the marks that tell whose it is. */
export function environmentOf(runId: string, name: string): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap(key => (process.env[key] === undefined ? [] : [[key, process.env[key]] as const]))
  return { ...Object.fromEntries(passed), [RUN_MARKER]: runId, [NODE_MARKER]: name }
}

async function becomeReady(
  nodes: readonly NodeProcess[],
  topology: Topology,
  addresses: Addresses,
  clusterId: string,
  request: StartRequest,
): Promise<void> {
  try {
    const found = await waitForCluster({
      brokers: observerAddresses(topology, addresses),
      expected: brokersOf(topology).length,
      deadlineMs: request.readyTimeoutMs,
      ...(request.signal ? { signal: request.signal } : {}),
      stillAlive: () => refuseEnded(nodes),
    })
    if (found === clusterId) return
    throw new HarnessError({
      code: 'E303',
      message: `cluster ${found} answers where ${clusterId} was started`,
      hint: 'see who listens: ss -ltnp',
    })
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== 'E306') throw error
    await refuseEnded(nodes)
    const [first, ...others] = error.problems
    if (!first) throw error
    const message = `${first.message}; last log lines:\n${await lastWords(nodes)}`
    throw new HarnessError([{ ...first, message }, ...others], { cause: error })
  }
}

/** E308 where a node has ended without being told to, E303 where it found a port taken. */
async function refuseEnded(nodes: readonly NodeProcess[]): Promise<void> {
  const node = nodes.find(candidate => candidate.endedByItself)
  if (!node?.endedByItself) return
  const { exitCode, signal } = node.endedByItself
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`
  const error = await readFirstError(node.files)
  const words = `${error === undefined ? '' : `${error}\n…\n`}${await lastWords([node])}`
  throw new HarnessError({
    code: /Address already in use/i.test(words) ? 'E303' : 'E308',
    message: `${node.node.name} ended by itself with ${how}; its first error and its last log lines:\n${words}`,
    hint: '`config` and `resources` of the scenario decide what the node was given',
  })
}

async function lastWords(nodes: readonly NodeProcess[]): Promise<string> {
  const logs = await Promise.all(
    nodes.map(async ({ node, files }) => ({ name: node.name, text: await readNodeLog(files, LAST_WORDS_LINES) })),
  )
  if (logs.length === 1) return logs[0]?.text ?? ''
  return logs.map(({ name, text }) => `--- ${name}\n${text}`).join('\n')
}

/** Where workers dial. */
export function clientAddresses(topology: Topology, addresses: Addresses): string[] {
  return brokersOf(topology).map(node => textOf(addresses, node.id, 'CLIENT'))
}

/** Where truth is asked for. */
export function observerAddresses(topology: Topology, addresses: Addresses): string[] {
  return brokersOf(topology).map(node => textOf(addresses, node.id, 'OBSERVER'))
}

function textOf(addresses: Addresses, nodeId: number, listener: 'CLIENT' | 'OBSERVER'): string {
  const address = addresses[nodeId]?.[listener]?.advertised
  if (!address) throw new TypeError(`node ${nodeId} has no ${listener} listener`)
  return `${address.host}:${address.port}`
}
