// Looks at what one fault of a journal still does: only things that the journal names and that carry the run's mark are touched.
import { messageOf } from '../core/errors.ts'
import { runCommand } from './commands.ts'
import type { Finding } from './heal-finding.ts'
import { lookAtReplicas } from './heal-replicas.ts'
import type { FaultyProxy, JournalEntry, UndoCommand } from './journal.ts'
import { type ProxyState, Toxiproxy } from './links/toxiproxy.ts'
import { isAlive, readProcess } from './proc.ts'
import type { DeadRun, Leftover } from './reap.ts'
import { waitUntil } from './wait.ts'

export type FaultEntry = Extract<JournalEntry, { kind: 'fault' }>

/** What healing needs of an engine besides its list. */
export type ContainerReviver = {
  state(name: string): Promise<'running' | 'frozen' | 'gone'>
  unpause(name: string): Promise<void>
  start(name: string): Promise<void>
  /** True where it has these limits. */
  hasLimits(name: string, limits: Record<string, number>): Promise<boolean>
  limit(name: string, limits: Record<string, number>): Promise<void>
  /** True where a fault has filled its log volume. */
  isFilled(name: string): Promise<boolean>
  empty(name: string): Promise<void>
}

type Process = Extract<Leftover, { kind: 'process' }>

const SIGNAL_DEADLINE_MS = 3000
/** As the powers over nodes name their faults. */
const NODE_FAULT = /^(freeze|kill|stop|limit|fill) (\S+)$/

/** The state of one fault now. */
export async function lookAtFault(
  run: DeadRun,
  entry: FaultEntry,
  engine: () => Promise<ContainerReviver>,
): Promise<Finding> {
  try {
    if (entry.command) return lookAtCommand(entry, entry.command)
    if (entry.replicas) return await lookAtReplicas(run, entry.replicas)
    if (entry.proxies) return await lookAtProxies(run, entry.name, entry.proxies)
    const [, verb = '', target = ''] = NODE_FAULT.exec(entry.name) ?? []
    if (isJournaledContainer(run, target)) return await lookAtContainer(run, verb, target, engine, entry.limits)
    if (verb !== '') return lookAtProcess(run, verb, target)
    if (run.things.length + run.unseen.length === 0) return { is: 'over', text: 'what it acted on is gone' }
    return { is: 'stuck', text: 'the journal does not say what it acted on' }
  } catch (error) {
    return { is: 'stuck', text: messageOf(error) }
  }
}

/** Entries whose command has succeeded in this process: nobody else can tell that it was run. */
const undone = new WeakSet<FaultEntry>()

/** What the user's command did is not known here, so it is undone until its command says that it is. */
function lookAtCommand(entry: FaultEntry, command: UndoCommand): Finding {
  if (undone.has(entry)) return { is: 'over', text: 'its command has undone it' }
  const end = async (): Promise<void> => {
    const { exitCode, output } = await runCommand(command)
    if (exitCode !== 0) throw new Error(`${entry.heal} ended with exit code ${exitCode}${output ? `: ${output}` : ''}`)
    undone.add(entry)
  }
  return { is: 'acting', text: `${entry.heal} has not been run`, end }
}

function isJournaledContainer({ journal }: DeadRun, name: string): boolean {
  return [...journal.open.values()].some(entry => entry.kind === 'container' && entry.name === name)
}

/** A container is brought back to work however it was stopped: one fault may have struck what another had frozen. */
async function lookAtContainer(
  run: DeadRun,
  verb: string,
  name: string,
  engine: () => Promise<ContainerReviver>,
  limits?: Record<string, number>,
): Promise<Finding> {
  const unseen = run.unseen.find(({ entry }) => entry.kind === 'container' && entry.name === name)
  if (unseen) return { is: 'stuck', text: unseen.reason }
  if (!run.things.some(thing => thing.kind === 'container' && thing.name === name))
    return { is: 'over', text: `container ${name} is gone` }
  const reviver = await engine()
  // A node that was started without room would end at once.
  if (verb === 'fill' && (await reviver.isFilled(name)))
    return {
      is: 'acting',
      text: `the log volume of container ${name} is full`,
      end: async () => {
        await reviver.empty(name)
        await reviver.start(name)
      },
    }
  const state = await reviver.state(name)
  if (state === 'running' && limits && !(await reviver.hasLimits(name, limits)))
    return { is: 'acting', text: `container ${name} has little CPU time`, end: () => reviver.limit(name, limits) }
  if (state === 'running') return { is: 'over', text: `container ${name} is running` }
  if (state === 'frozen') return { is: 'acting', text: `container ${name} is frozen`, end: () => reviver.unpause(name) }
  return { is: 'acting', text: `container ${name} is stopped`, end: () => reviver.start(name) }
}

function lookAtProcess({ things, journal }: DeadRun, verb: string, name: string): Finding {
  const processes = things.filter(thing => thing.kind === 'process')
  const found = processes.find(process => process.name === name)
  if (found) {
    const text = `process ${name} (pid ${found.pid})`
    if (verb === 'limit' && journal.owner === 'alive')
      return {
        is: 'stuck',
        text: `${text} is stopped again and again by its own run`,
        command: `kill -INT ${journal.lease?.pid}`,
      }
    if (!isFrozen(found)) return { is: 'over', text: `${text} is running` }
    return { is: 'acting', text: `${text} is frozen`, end: () => thaw(found) }
  }
  if (verb === 'freeze' || verb === 'limit' || processes.length === 0)
    return { is: 'over', text: `process ${name} is gone` }
  const command = journal.owner === 'alive' ? `kill -INT ${journal.lease?.pid}` : 'gauntlet clean'
  return { is: 'stuck', text: `process ${name} is gone, and only its own run can start it again`, command }
}

function isFrozen({ pid, startTicks }: Process): boolean {
  const found = readProcess(pid)
  return found?.startTicks === startTicks && /^t$/i.test(found.state)
}

/** Nobody else's process is hit, since the start time is compared right before. */
async function thaw(process_: Process): Promise<void> {
  const { pid, startTicks } = process_
  if (!isAlive(pid, startTicks)) return
  process.kill(pid, 'SIGCONT')
  await waitUntil(() => !isFrozen(process_), SIGNAL_DEADLINE_MS)
}

type Faulty = { client: Toxiproxy; proxy: ProxyState; toxics: string[]; isClosed: boolean }

/** A server that is gone took its toxics along; on one that stands only this fault's toxics and links are touched. */
async function lookAtProxies(run: DeadRun, tag: string, proxies: readonly FaultyProxy[]): Promise<Finding> {
  const unseen = run.unseen.find(({ entry }) => proxies.some(({ server }) => 'name' in entry && entry.name === server))
  if (unseen) return { is: 'stuck', text: unseen.reason }
  const standing = proxies.filter(({ server }) =>
    run.things.some(thing => (thing.kind === 'process' || thing.kind === 'container') && thing.name === server),
  )
  const faulty = (await Promise.all(standing.map(proxy => faultyOf(proxy, tag)))).flat()
  const toxics = faulty.flatMap(one => one.toxics.map(toxic => `toxic ${toxic} on ${one.proxy.name}`))
  const closed = faulty.filter(one => one.isClosed).map(({ proxy }) => `link ${proxy.name} closed`)
  const text = [...toxics, ...closed].join(', ')
  if (text === '')
    return { is: 'over', text: standing.length === 0 ? 'its proxies are gone' : 'no toxic, no link closed' }
  return { is: 'acting', text, end: () => cure(faulty) }
}

async function faultyOf({ api, links }: FaultyProxy, tag: string): Promise<Faulty[]> {
  const client = new Toxiproxy(api)
  const found = [...(await client.proxies()).values()]
  return found
    .map(proxy => ({
      client,
      proxy,
      toxics: proxy.toxics.map(({ name }) => name).filter(name => name.startsWith(`${tag}-`)),
      isClosed: !proxy.enabled && links.includes(proxy.name),
    }))
    .filter(({ toxics, isClosed }) => toxics.length > 0 || isClosed)
}

async function cure(faulty: readonly Faulty[]): Promise<void> {
  for (const { client, proxy, toxics, isClosed } of faulty) {
    for (const toxic of toxics) await client.removeToxic(proxy.name, toxic)
    if (isClosed) await client.setEnabled(proxy.name, true)
  }
}
