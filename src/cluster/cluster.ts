// What the harness may ask of a cluster: addresses, samples, logs, Kafka's own tools, and narrow powers over nodes.
import type { Flow, Link, Stream } from '../topology/links.ts'
import type { Topology } from '../topology/topology.ts'
import type { Journal } from './journal.ts'
import type { LogPlace, TailCut } from './tails.ts'

export type ProviderName = 'docker' | 'process' | 'external'

export type NodeInfo = {
  id: number
  name: string
  roles: string[]
  /** host:port of the listener that workers dial; absent on dedicated controllers. */
  client?: string
  /** host:port of the listener that is never proxied. */
  observer?: string
  /** Container id or process id, as text. */
  handle?: string
  /** Cores that the node may use at most; absent where nothing bounds it. */
  cpuLimit?: number
}

export type ClusterInfo = {
  provider: ProviderName
  clusterId: string
  kafkaVersion: string
  image?: string
  imageId?: string
  /** How workers reach the brokers: loopback, static container address, published port, through a proxy, or the user's own. */
  path: 'loopback' | 'container-address' | 'published-port' | 'routed' | 'external'
  nodes: NodeInfo[]
  startedInMs?: number
  /** server.properties of each node as started, by node name. */
  properties: Record<string, Record<string, string>>
  /** The client properties file by which somebody else's cluster is reached. */
  commandConfig?: string
  /** What could not be done as asked on this machine, for the report to say. */
  notes?: string[]
}

/** Cumulative counters of one node at one instant; rates are made from differences. */
export type NodeSample = {
  node: string
  atUs: number
  cpuSeconds: number
  memoryBytes: number
  netInBytes?: number
  netOutBytes?: number
  diskReadBytes?: number
  diskWriteBytes?: number
}

/** What one broker counted by itself at one instant. */
export type BrokerSample = { node: string; atUs: number; values: Record<string, number> }

/** Stops of one broker's JVM; times on the monotonic clock of its machine. */
export type NodePauses = { node: string; pauses: { monotonicNs: number; us: number }[] }

/** The brokers' own side, where it was asked for. */
export type BrokerMetrics = {
  /** Brokers that answered in time; the reason of each other one goes to `onLack`. */
  sample(nowUs: () => number, onLack: (node: string, reason: string) => void): Promise<BrokerSample[]>
  pauses(): Promise<NodePauses[]>
}

/** The powers that faults and clean-up need; every one is journaled by the provider before the act. */
export type NodePowers = CpuPowers &
  DiskPowers & {
    /** Stops the node's threads without ending it (SIGSTOP, docker pause). */
    freeze(nodeId: number): Promise<void>
    thaw(nodeId: number): Promise<void>
    /** Ends the node at once (SIGKILL). */
    kill(nodeId: number): Promise<void>
    /** Ends the node in order (SIGTERM); resolves with its exit code. */
    stop(nodeId: number): Promise<number>
    start(nodeId: number): Promise<void>
    /** running, frozen or gone, read back from the system. */
    state(nodeId: number): Promise<'running' | 'frozen' | 'gone'>
    /** Which start of the node this is, in words; another one after every start. */
    incarnation(nodeId: number): Promise<string>
  }

export type CpuPowers = {
  /** Leaves the node so many cores of CPU time. */
  limitCpu(nodeId: number, cpus: number): Promise<void>
  /** Gives back what it had before. */
  unlimitCpu(nodeId: number): Promise<void>
  /** The limit of `limitCpu` as the system tells it, in words; undefined where there is none. */
  cpuLimit(nodeId: number): Promise<string | undefined>
}

export type DiskPowers = {
  /** Cuts so much off the end of the newest segment of these partitions, where it has them; only of a node that is gone. */
  cutTails(nodeId: number, places: readonly LogPlace[], bytes: number): Promise<TailCut[]>
  /** Makes the log directory such that nothing can be created in it. */
  failLogDir(nodeId: number): Promise<void>
  /** Puts it right again, with all that it held; of a node that is gone, or was never struck. */
  restoreLogDir(nodeId: number): Promise<void>
  /** Fills the volume of a fixed size that holds the log directory, to the last byte. */
  fillLog(nodeId: number): Promise<void>
  /** Gives the space back; of a volume that was never filled too. */
  emptyLog(nodeId: number): Promise<void>
  /** That volume, read back from the system. */
  logSpace(nodeId: number): Promise<DiskSpace>
}

export type DiskSpace = { totalBytes: number; freeBytes: number }

/** What is done to the bytes of a link; values in Toxiproxy's own terms (milliseconds, KB/s, bytes). */
export type LinkToxic = {
  type: 'timeout' | 'latency' | 'bandwidth' | 'reset_peer' | 'slicer' | 'limit_data' | 'slow_close'
  attributes: Record<string, number>
}
export type LinkState = {
  link: string
  isOpen: boolean
  /** True where a fault still wants it closed. */
  isRefused: boolean
  toxics: { name: string; type: string; stream: Stream }[]
}

/** The powers over proxied links; a tag names one fault, is journaled before the act, and cures what was done under it. */
export type LinkPowers = {
  readonly links: readonly Link[]
  /** Servers that hung and were replaced. */
  readonly rebuilt: number
  poison(tag: string, flows: readonly Flow[], toxic: LinkToxic): Promise<void>
  /** Ends the connections of links and refuses new ones. */
  refuse(tag: string, links: readonly string[]): Promise<void>
  cure(tag: string): Promise<void>
  /** Every link as its server tells it. */
  read(): Promise<LinkState[]>
  /** host:port at which the source of a link dials it. */
  entrance(link: string): string
}

export type ToolResult = { exitCode: number; stdout: string; stderr: string }

export type StartedCluster = AsyncDisposable & {
  readonly info: ClusterInfo
  /** Addresses for workers. */
  readonly bootstrap: string[]
  /** Addresses for metadata, offsets and truth reads. */
  readonly observerBootstrap: string[]
  /** Absent where the brokers are the user's own. */
  readonly powers?: NodePowers
  /** Absent where nodes and clients dial each other directly. */
  readonly links?: LinkPowers
  sample(nowUs: () => number): Promise<NodeSample[]>
  /** Absent where it was not asked for. */
  readonly brokerMetrics?: BrokerMetrics
  /** The last lines of a node's log. */
  logs(nodeId: number, lines: number): Promise<string>
  /** Runs one of Kafka's own tool classes; addresses among its arguments are the ones above. Absent where none is at hand. */
  tool?(mainClass: string, args: string[]): Promise<ToolResult>
  /** Gives the nodes every core of the host, until the function it resolves with gives their CPU limits back; absent where nothing bounds them, or for good. */
  readonly liftLimits?: () => Promise<() => Promise<void>>
  /** Bytes of the log directories of topics whose name starts so, summed over nodes; segments only. */
  logDirBytes?(topicPrefix: string): Promise<number>
}

export type StartRequest = {
  topology: Topology
  image?: string
  runId: string
  journal: Journal
  readyTimeoutMs: number
  signal?: AbortSignal
  onProgress?: (text: string) => void
  /** Keep the cluster after the process ends (cluster up). */
  detach?: boolean
}

/** Starts nodes of our own. */
export type Provider = {
  name: ProviderName
  /** Undefined where this machine can use the provider, else the reason and the fix. */
  unavailable(request: { kafkaVersion: string; image?: string }): Promise<{ reason: string; hint: string } | undefined>
  start(request: StartRequest): Promise<StartedCluster>
}
