// The `cluster` section: nodes of our own to start, or somebody's brokers to attach to.
import * as z from 'zod'
import { formatBytes } from '../../core/units.ts'
import { show } from '../show.ts'
import {
  addProblem,
  type Ctx,
  type Draft,
  evenIfBroken,
  part,
  positiveDuration,
  positiveInt,
  size,
  slug,
  written,
} from './common.ts'
import { brokerSettingsMap } from './settings.ts'

export const KAFKA_DEFAULT_VERSION = '4.3.1'
const VERSION_PATTERN = '^\\d+\\.\\d+\\.\\d+(-[\\w.]+)?$'
const VERSION_HINT = `write all three parts in quotes, as in "${KAFKA_DEFAULT_VERSION}"`

const version = written(
  `a version such as "${KAFKA_DEFAULT_VERSION}"`,
  {
    type: 'string',
    pattern: VERSION_PATTERN,
    default: KAFKA_DEFAULT_VERSION,
    description: `Kafka version, quoted: "${KAFKA_DEFAULT_VERSION}"`,
  },
  input => {
    if (typeof input === 'number')
      return { ok: false, code: 'E124', message: `was read as the number ${input}`, hint: VERSION_HINT }
    if (new RegExp(VERSION_PATTERN).test(input)) return { ok: true, value: input }
    return { ok: false, code: 'E136', message: `must be a Kafka version, got ${show(input)}`, hint: VERSION_HINT }
  },
)

const CPUSET = /^\d+(-\d+)?(,\d+(-\d+)?)*$/
const cpuset = z
  .string()
  .regex(CPUSET, { error: 'must be a list of cores such as "0", "0-1" or "0,2"' })
  .describe('Cores to use, in quotes: "0-1"')
  .superRefine((text, ctx) => {
    const backwards = text
      .split(',')
      .find(range => Number(range.split('-')[0]) > Number(range.split('-')[1] ?? Number.POSITIVE_INFINITY))
    if (CPUSET.test(text) && backwards !== undefined)
      addProblem(ctx, 'E136', `${backwards} runs backwards`, {
        subject: true,
        hint: `write ${backwards.split('-').reverse().join('-')}`,
      })
  })

function checkMemory(draft: Draft, ctx: Ctx): void {
  const [limit, heap] = [part.number(draft['memory']), part.number(draft['heap'])]
  if (limit === undefined || heap === undefined || heap < limit) return
  addProblem(ctx, 'E128', `a heap of ${formatBytes(heap)} does not fit into a memory limit of ${formatBytes(limit)}`, {
    path: ['heap'],
    relatedPath: ['memory'],
    hint: 'leave a node at least a third for what is not heap',
  })
}

export const resourcesSchema = z
  .strictObject({
    cpus: z.number().positive().max(1024).describe('CPU time per node, in cores').optional(),
    cpuset: cpuset.optional(),
    memory: size.describe('Memory limit of a node').optional(),
    heap: size.describe('Java heap of a node').optional(),
  })
  .superRefine(...evenIfBroken(checkMemory))
  .describe('Limits per node, the same in every provider')

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^,\s:]+):(\d{1,5})$/

const bootstrapServers = z
  .string()
  .describe('Addresses of brokers that already run: host:port, host:port')
  .superRefine((text, ctx) => {
    const addresses = text.split(',').map(address => address.trim())
    const wrong = addresses.find(address => !ADDRESS.test(address))
    if (wrong !== undefined)
      return addProblem(ctx, 'E136', `${show(wrong)} is not host:port`, {
        subject: true,
        hint: 'write host:port, separated by commas: broker-1:9092,broker-2:9092',
      })
    const port = addresses.map(address => Number(ADDRESS.exec(address)?.[2])).find(value => value < 1 || value > 65_535)
    if (port !== undefined)
      addProblem(ctx, 'E121', `${port} is not a port`, { subject: true, hint: 'ports go from 1 to 65535' })
  })

const commandConfig = z
  .string()
  .min(1)
  .describe('A client properties file, as Kafka’s own tools take it; relative to the scenario’s folder')
  .superRefine((path, ctx) => {
    if (path.split(/[\\/]/).includes('..'))
      addProblem(ctx, 'E132', `must not lead out of the scenario’s folder`, {
        hint: 'write a path below that folder, or an absolute one',
      })
  })

const LEAST_VOLUME_BYTES = 64 * 1024 * 1024

const clusterShape = z.strictObject({
  layout: z
    .enum(['one-broker', 'three-brokers', 'three-brokers-routed', 'dedicated'])
    .describe('A named layout; nodes and controllers describe any other')
    .optional(),
  nodes: positiveInt.max(15).describe('Number of brokers').optional(),
  controllers: z
    .enum(['combined', 'dedicated'])
    .describe('Controllers in the brokers, or three nodes of their own')
    .optional(),
  network: z.enum(['direct', 'routed']).describe('routed: every link runs through a proxy').optional(),
  provider: z
    .enum(['auto', 'docker', 'process'])
    .meta({ default: 'auto' })
    .describe('auto: docker where a daemon answers, else JVM processes')
    .optional(),
  kafka: version.optional(),
  image: z.string().min(1).describe('Container image of a node').optional(),
  resources: resourcesSchema.optional(),
  workers: z.strictObject({ cpuset: cpuset.optional() }).describe('Cores for the worker processes').default({}),
  config: brokerSettingsMap().describe('Broker properties by Kafka’s own names').optional(),
  'broker.metrics': z
    .boolean()
    .describe('true: the brokers tell their own counters once a second, so that the report names what saturated')
    .optional(),
  'log.volume': size
    .describe('A volume of this size for the log of each broker, in memory: 256MiB; what disk-full fills')
    .superRefine((bytes, ctx) => {
      if (bytes < LEAST_VOLUME_BYTES)
        addProblem(ctx, 'E117', `${formatBytes(bytes)} are too little for a broker’s own topics`, {
          subject: true,
          hint: `write at least ${formatBytes(LEAST_VOLUME_BYTES)}`,
        })
    })
    .optional(),
  racks: z.array(slug).min(1).max(15).describe('broker.rack of the nodes, in turn').optional(),
  'ready.timeout': positiveDuration
    .describe('How long a node may take to come up; 90s where this is left out')
    .optional(),
  'bootstrap.servers': bootstrapServers.optional(),
  'command-config': commandConfig.optional(),
})

export type StartedClusterSpec = {
  kind: 'started'
  brokers: number
  controllers: 'combined' | 'dedicated'
  network: 'direct' | 'routed'
  provider: 'auto' | 'docker' | 'process'
  kafka: string
  image?: string
  resources: z.output<typeof resourcesSchema>
  workers: { cpuset?: string | undefined }
  config: Record<string, string | number | boolean>
  racks: string[]
  readyTimeoutMs: number
  /** The brokers run Prometheus' JMX agent and keep a GC log. */
  brokerMetrics?: true
  /** Every broker's log lies on a volume of this size. */
  logVolumeBytes?: number
}
export type ExternalClusterSpec = { kind: 'external'; bootstrapServers: string[]; commandConfig?: string }
export type ClusterSpec = StartedClusterSpec | ExternalClusterSpec

type Layout = { nodes: number; controllers?: 'dedicated'; network?: 'routed' }

/** What each layout fixes; the rest may be said beside it. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  'one-broker': { nodes: 1 },
  'three-brokers': { nodes: 3 },
  'three-brokers-routed': { nodes: 3, network: 'routed' },
  dedicated: { nodes: 3, controllers: 'dedicated' },
}

type Written = z.output<typeof clusterShape>

/** What describes nodes to start, and so has no meaning for brokers that already run. */
const STARTED_ONLY = [
  'layout',
  'nodes',
  'controllers',
  'network',
  'provider',
  'kafka',
  'image',
  'resources',
  'config',
  'racks',
  'broker.metrics',
  'log.volume',
  'ready.timeout',
] as const

function layoutOf(layout: unknown): Layout | undefined {
  const name = part.text(layout)
  return name !== undefined && Object.hasOwn(LAYOUTS, name) ? LAYOUTS[name] : undefined
}

function checkCluster(input: Draft, ctx: Ctx): void {
  if (input['bootstrap.servers'] !== undefined) {
    for (const key of STARTED_ONLY) {
      if (input[key] !== undefined)
        addProblem(ctx, 'E128', `${key} describes nodes to start, bootstrap.servers brokers that already run`, {
          path: [key],
          relatedPath: ['bootstrap.servers'],
          hint: 'keep one of them',
        })
    }
    return
  }
  if (input['command-config'] !== undefined)
    addProblem(ctx, 'E128', 'command-config belongs to brokers that already run', {
      path: ['command-config'],
      hint: 'add bootstrap.servers, or remove it',
    })
  const layout = layoutOf(input['layout'])
  if (layout) {
    for (const key of ['nodes', 'controllers', 'network'] as const) {
      if (input[key] === undefined || layout[key] === undefined || input[key] === layout[key]) continue
      addProblem(
        ctx,
        'E128',
        `layout ${part.word(input['layout'])} means ${key}: ${layout[key]}, got ${show(input[key])}`,
        {
          path: [key],
          relatedPath: ['layout'],
          hint: `remove layout, or ${key}`,
        },
      )
    }
  }
  if ((input['network'] ?? layout?.network) === 'routed' && (part.number(input['nodes']) ?? layout?.nodes ?? 1) < 2) {
    addProblem(ctx, 'E128', 'one broker has no links to others', {
      path: [input['network'] ? 'network' : 'layout'],
      hint: 'write layout: three-brokers-routed',
    })
  }
  const nodes = part.number(input['nodes']) ?? layout?.nodes ?? 1
  if (part.list(input['racks']).length > nodes)
    addProblem(ctx, 'E128', `${part.list(input['racks']).length} racks for ${nodes} node(s)`, {
      path: ['racks'],
      relatedPath: [input['nodes'] === undefined ? 'layout' : 'nodes'],
      hint: 'write at most one rack per node',
    })
}

/** `cluster:` as written → one of two specs; a layout and its parts may not contradict each other. */
export const clusterSchema = clusterShape
  .superRefine(...evenIfBroken(checkCluster))
  .prefault({})
  .transform((input): ClusterSpec => {
    const servers = input['bootstrap.servers']
    if (servers === undefined) return startedSpec(input)
    return {
      kind: 'external',
      bootstrapServers: servers.split(',').map(address => address.trim()),
      ...(input['command-config'] === undefined ? {} : { commandConfig: input['command-config'] }),
    }
  })
  .describe('What the run talks to: nodes to start, or bootstrap.servers of your own')

function startedSpec(input: Written): StartedClusterSpec {
  const layout = layoutOf(input.layout)
  return {
    kind: 'started',
    brokers: input.nodes ?? layout?.nodes ?? 1,
    controllers: input.controllers ?? layout?.controllers ?? 'combined',
    network: input.network ?? layout?.network ?? 'direct',
    provider: input.provider ?? 'auto',
    kafka: input.kafka ?? KAFKA_DEFAULT_VERSION,
    ...(input.image === undefined ? {} : { image: input.image }),
    resources: input.resources ?? {},
    workers: input.workers,
    config: input.config ?? {},
    racks: input.racks ?? [],
    readyTimeoutMs: input['ready.timeout'] ?? 90_000,
    ...(input['broker.metrics'] ? { brokerMetrics: true as const } : {}),
    ...(input['log.volume'] === undefined ? {} : { logVolumeBytes: input['log.volume'] }),
  }
}
