// gauntlet cluster: a cluster to work with by hand, which outlives the command that starts it.
import type { StartedCluster } from '../../cluster/cluster.ts'
import { listStanding, logOf, nodesOf, type StandingCluster } from '../../cluster/detached.ts'
import { openJournal } from '../../cluster/journal-file.ts'
import { findLeftovers } from '../../cluster/reap.ts'
import { removeLeftovers } from '../../cluster/reap-remove.ts'
import { EXIT, HarnessError, messageOf } from '../../core/errors.ts'
import { nearest } from '../../core/suggest.ts'
import { clusterSchema, type StartedClusterSpec } from '../../scenario/schema/cluster.ts'
import { describeTopology } from '../../topology/topology.ts'
import type { CommandInput } from '../commands.ts'
import { alignColumns } from '../shared/columns.ts'
import { newRunId } from '../shared/manifest.ts'
import { chooseProvider } from '../shared/providers.ts'
import { onSignals } from '../shared/signals.ts'
import { countThings, sweepDeadRuns } from '../shared/sweep.ts'

const ACTIONS: Readonly<Record<string, (input: CommandInput) => Promise<number>>> = { up, status, logs, down }

/** Runs one of the actions. */
export async function execute(input: CommandInput): Promise<number> {
  const [name = ''] = input.positionals
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (action) return action(input)
  const near = nearest(name, Object.keys(ACTIONS))
  throw new HarnessError({
    code: 'E201',
    message: `cluster ${name} is not an action${near ? `; did you mean ${near}?` : ''}`,
    hint: `gauntlet cluster ${Object.keys(ACTIONS).join(' | ')}`,
  })
}

async function up(input: CommandInput): Promise<number> {
  const { io } = input
  const spec = specOf(input)
  const say = (text: string): void => io.line(io.style('dim', text))
  await sweepDeadRuns(say)
  const provider = await chooseProvider(spec, say)
  const id = newRunId()
  const journal = await openJournal(id)
  const signals = onSignals(text => io.error(text))
  try {
    const cluster = await provider.start({
      topology: describeTopology(spec),
      runId: id,
      journal,
      readyTimeoutMs: spec.readyTimeoutMs,
      signal: signals.signal,
      onProgress: say,
      detach: true,
      ...(spec.image === undefined ? {} : { image: spec.image }),
    })
    // Until this line is on disk the next run would take the cluster for what a crash left.
    await journal.detach({ info: withoutProperties(cluster), bootstrap: cluster.bootstrap })
    describeUp(input, id, cluster)
    return EXIT.pass
  } catch (error) {
    if (signals.received === undefined) throw error
    io.error(`stopped while starting: ${messageOf(error)}`)
    return signals.received
  } finally {
    await journal.close()
    signals.release()
  }
}

function specOf({ options }: CommandInput): StartedClusterSpec {
  const parsed = clusterSchema.safeParse({
    nodes: options.brokers ?? 1,
    ...(options.provider === undefined ? {} : { provider: options.provider }),
    ...(options.kafka === undefined ? {} : { kafka: options.kafka }),
    ...(options.image === undefined ? {} : { image: options.image }),
  })
  if (parsed.success && parsed.data.kind === 'started') return parsed.data
  const issue = parsed.error?.issues[0]
  const option = issue?.path[0] === 'nodes' ? 'brokers' : String(issue?.path[0])
  throw new HarnessError({
    code: 'E201',
    message: `--${option}: ${issue?.message ?? 'cannot be used'}`,
    hint: 'gauntlet cluster up --brokers 3 --kafka 4.3.1',
  })
}

function withoutProperties({ info }: StartedCluster): StandingCluster['info'] {
  const { properties: _, ...rest } = info
  return rest
}

function describeUp({ io }: CommandInput, id: string, { info, bootstrap }: StartedCluster): void {
  const seconds = ((info.startedInMs ?? 0) / 1000).toFixed(1)
  io.line(
    `${io.style('green', 'up')}  cluster ${id}  (${info.provider}, Kafka ${info.kafkaVersion}, ready in ${seconds} s)`,
  )
  const rows = info.nodes.map(node => [String(node.id), node.name, node.roles.join('+'), node.client ?? '–'])
  for (const line of alignColumns([['id', 'node', 'roles', 'client address'], ...rows])) io.line(`  ${line}`)
  for (const note of info.notes ?? []) io.line(io.style('yellow', `note: ${note}`))
  io.line()
  io.line(`export BOOTSTRAP=${bootstrap.join(',')}`)
  io.line(io.style('dim', 'gauntlet cluster status | logs | down'))
}

async function status({ io }: CommandInput): Promise<number> {
  const clusters = await listStanding()
  if (clusters.length === 0) io.line('no cluster is up; gauntlet cluster up starts one')
  for (const cluster of clusters) {
    const { id, startedAt, info, bootstrap } = cluster
    io.line(`cluster ${id}  ${info.provider}, Kafka ${info.kafkaVersion}, since ${startedAt}`)
    const nodes = await nodesOf(cluster)
    const rows = nodes.map(node => [String(node.id), node.name, node.roles.join('+'), node.client ?? '–', node.state])
    for (const line of alignColumns([['id', 'node', 'roles', 'client address', 'state'], ...rows])) io.line(`  ${line}`)
    io.line(`  export BOOTSTRAP=${bootstrap.join(',')}`)
  }
  return EXIT.pass
}

async function logs({ io, options, positionals }: CommandInput): Promise<number> {
  const cluster = chosen(await listStanding(), positionals[1])
  const { nodes } = cluster.info
  const wanted = options.node === undefined ? nodes : nodes.filter(node => node.name === options.node)
  if (wanted.length === 0) {
    const names = nodes.map(node => node.name)
    const near = nearest(options.node ?? '', names)
    throw new HarnessError({
      code: 'E201',
      message: `cluster ${cluster.id} has no node ${options.node}${near ? `; did you mean ${near}?` : ''}`,
      hint: `nodes: ${names.join(', ')}`,
    })
  }
  for (const node of wanted) {
    if (wanted.length > 1) io.line(io.style('bold', `--- ${node.name}`))
    io.line(await logOf(cluster, node, options.lines ?? 50))
  }
  return EXIT.pass
}

async function down({ io, positionals }: CommandInput): Promise<number> {
  const clusters = await listStanding()
  if (clusters.length === 0 && positionals[1] === undefined) {
    io.line('no cluster is up')
    return EXIT.pass
  }
  const cluster = chosen(clusters, positionals[1])
  const found = await findLeftovers({ detached: [cluster.id] })
  await removeLeftovers(found)
  const things = found.flatMap(run => run.things)
  io.line(
    `down  cluster ${cluster.id}: removed ${things.length > 0 ? countThings(things) : 'its journal, the rest was gone'}`,
  )
  return EXIT.pass
}

/** The one that is up, or the one that is named. */
function chosen(clusters: readonly StandingCluster[], id: string | undefined): StandingCluster {
  const found = id === undefined ? clusters : clusters.filter(cluster => cluster.id === id)
  const [only] = found
  if (only && found.length === 1) return only
  const ids = clusters.map(cluster => cluster.id)
  const several = found.length > 1 ? `${found.length} clusters are up: say which` : undefined
  throw new HarnessError({
    code: 'E201',
    message: several ?? (id === undefined ? 'no cluster is up' : `no cluster ${id} is up`),
    hint: ids.length > 0 ? `gauntlet cluster ACTION ${ids.join(' | ')}` : 'gauntlet cluster up starts one',
  })
}
