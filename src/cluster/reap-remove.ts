// Removes what dead runs left: processes first, then what they held; what is gone is struck out, what remains is named with its command.
import { rm, rmdir } from 'node:fs/promises'
import { HarnessError, messageOf } from '../core/errors.ts'
import { runCommand } from './commands.ts'
import { settleJournal } from './journal-file.ts'
import { isAlive } from './proc.ts'
import type { DockerReaper } from './providers/docker/remove.ts'
import { unmountVolume } from './providers/process/log-volume.ts'
import { type DeadRun, describeThing, keyOf, type Leftover, openReaper, type TopicEntry } from './reap.ts'
import { removeEach } from './removal.ts'
import { waitUntil } from './wait.ts'

export type RemoveOptions = {
  docker?: DockerReaper
  /** Leaves topics on other people's brokers for another time, without calling that a failure. */
  leaveTopics?: boolean
}

type Remaining = { text: string; reason: string; command: string }

/** Things hold on to the ones after them. */
const ORDER: readonly Leftover['kind'][] = [
  'process',
  'container',
  'volume',
  'network',
  'group',
  'mount',
  'directory',
  'topic',
]
const END_DEADLINE_MS = 5000
const GROUP_DEADLINE_MS = 2000

/** Removes all of it and settles the journals; E701 names what remains. */
export async function removeLeftovers(runs: readonly DeadRun[], options: RemoveOptions = {}): Promise<void> {
  const engine = lazyEngine(options.docker)
  const remaining = await Promise.all(runs.map(run => removeOfRun(run, engine, options.leaveTopics ?? false)))
  const all = remaining.flat()
  if (all.length === 0) return
  throw new HarnessError({
    code: 'E701',
    message: `not removed: ${all.map(({ text, reason }) => `${text} (${reason})`).join('; ')}`,
    hint: `gauntlet clean, or by hand: ${[...new Set(all.map(({ command }) => command))].join('; ')}`,
  })
}

type Engine = () => Promise<DockerReaper>

function lazyEngine(given: DockerReaper | undefined): Engine {
  let opened: Promise<DockerReaper> | undefined
  return () => {
    opened ??= given ? Promise.resolve(given) : openReaper()
    return opened
  }
}

async function removeOfRun(run: DeadRun, engine: Engine, leaveTopics: boolean): Promise<Remaining[]> {
  const kept = new Set(run.unseen.map(({ entry }) => keyOf(entry)))
  const remaining: Remaining[] = run.unseen.map(({ entry, reason }) => ({
    text: describeThing(entry),
    reason,
    command: commandFor(entry),
  }))
  remaining.push(...(await undoCommands(run, kept)))
  for (const kind of ORDER) {
    const things = run.things.filter(thing => thing.kind === kind)
    if (kind === 'topic' && leaveTopics) {
      for (const thing of things) kept.add(keyOf(thing))
      continue
    }
    await removeEach(kind, things, async thing => {
      try {
        await removeThing(thing, run.journal.runId, engine)
      } catch (error) {
        kept.add(keyOf(thing))
        remaining.push({ text: describeThing(thing), reason: messageOf(error), command: commandFor(thing) })
      }
    })
  }
  await settle(run, kept)
  return remaining
}

/** What a user's command did does not end with the run's own things; the last one is undone first. */
async function undoCommands({ journal }: DeadRun, kept: Set<string>): Promise<Remaining[]> {
  const remaining: Remaining[] = []
  for (const entry of [...journal.open.values()].toReversed()) {
    if (entry.kind !== 'fault' || !entry.command) continue
    const { exitCode, output } = await runCommand(entry.command)
    if (exitCode === 0) continue
    kept.add(keyOf(entry))
    remaining.push({
      text: `fault ${entry.name}`,
      reason: `exit code ${exitCode} ${output}`.trim(),
      command: entry.heal,
    })
  }
  return remaining
}

/** A fault ends with what it acted on, so it is struck out once nothing of the run is kept. */
async function settle({ journal }: DeadRun, kept: ReadonlySet<string>): Promise<void> {
  const open = [...journal.open]
  const isKept = (entry: (typeof open)[number][1]): boolean =>
    entry.kind === 'fault' && !entry.command ? kept.size > 0 : kept.has(keyOf(entry))
  const undone = open.filter(([, entry]) => !isKept(entry)).map(([number]) => number)
  await settleJournal(journal.path, undone, undone.length === open.length && kept.size === 0)
}

async function removeThing(thing: Leftover, runId: string, engine: Engine): Promise<void> {
  switch (thing.kind) {
    case 'process':
      return endProcess(thing)
    case 'directory':
      return rm(thing.path, { recursive: true, force: true, maxRetries: 3 })
    case 'group':
      return removeGroup(thing.path)
    case 'mount':
      return unmountVolume(thing.path, runId)
    case 'topic':
      return removeTopic(thing, runId)
    default:
      return (await engine()).remove(thing)
  }
}

/** SIGKILL ends a stopped process too; nobody else's is hit, since the start time is compared right before. */
async function endProcess({ pid, startTicks }: Extract<Leftover, { kind: 'process' }>): Promise<void> {
  if (!isAlive(pid, startTicks)) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
  if (!(await waitUntil(() => !isAlive(pid, startTicks), END_DEADLINE_MS))) throw new Error('it did not end')
}

/** A group is busy for a moment after its last process has ended. */
async function removeGroup(path: string): Promise<void> {
  let reason: unknown
  const isGone = await waitUntil(async () => {
    try {
      await rmdir(path)
      return true
    } catch (error) {
      reason = error
      return (error as NodeJS.ErrnoException).code === 'ENOENT'
    }
  }, GROUP_DEADLINE_MS)
  if (!isGone) throw reason
}

/** Only on the cluster that the journal names, and only what carries the prefix of the run. */
async function removeTopic(topic: TopicEntry, runId: string): Promise<void> {
  if (!topic.name.startsWith(`gauntlet-${runId}-`)) throw new Error('its name is not one of this run')
  const { ClusterAdmin } = await import('../protocol/admin.ts')
  const security = topic.commandConfig === undefined ? undefined : await securityFrom(topic.commandConfig)
  const brokers = topic.bootstrap
  const admin = await ClusterAdmin.connect({ brokers, retries: 0, ...(security ? { security } : {}) })
  try {
    const { clusterId } = await admin.describeCluster()
    if (clusterId !== topic.clusterId) throw new Error(`cluster ${clusterId} answers there now`)
    if ((await admin.listTopics()).includes(topic.name)) await admin.deleteTopics([topic.name])
  } finally {
    await admin.close()
  }
}

async function securityFrom(file: string) {
  const { loadClientProperties } = await import('./client-properties.ts')
  return (await loadClientProperties(file)).security
}

/** The command that removes a thing by hand. */
function commandFor(thing: Leftover | DeadRun['unseen'][number]['entry']): string {
  switch (thing.kind) {
    case 'process':
      return thing.pid === undefined ? 'gauntlet clean' : `kill -9 ${thing.pid}`
    case 'directory':
      return `rm -r ${thing.path}`
    case 'mount':
      return `umount ${thing.path}`
    case 'group':
      return `rmdir ${thing.path}`
    case 'container':
      return `docker rm -f -v ${thing.name}`
    case 'volume':
    case 'network':
      return `docker ${thing.kind} rm ${thing.name}`
    case 'topic': {
      const config = thing.commandConfig === undefined ? '' : ` --command-config ${thing.commandConfig}`
      return `kafka-topics.sh --bootstrap-server ${thing.bootstrap.join(',')}${config} --delete --topic ${thing.name}`
    }
    case 'fault':
      return thing.heal
    default:
      return thing satisfies never
  }
}
