// Finds what dead runs left behind: only what a journal names and what carries that run's mark itself is ever called ours.
import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import type { JournalEntry } from './journal.ts'
import { type JournalFile, listJournals } from './journal-file.ts'
import { DATA_PREFIX } from './places.ts'
import { findMarked } from './proc.ts'
import type { DockerItem, DockerReaper } from './providers/docker/remove.ts'
import { OWNER_FILE } from './providers/process/files.ts'
import { isMountOf } from './providers/process/log-volume.ts'

export type TopicEntry = Extract<JournalEntry, { kind: 'topic' }>

/** One thing of a run that still exists; a topic is asked for only when it is removed. */
export type Leftover =
  | DockerItem
  | TopicEntry
  | { kind: 'process'; name: string; pid: number; startTicks: number }
  | { kind: 'directory'; path: string }
  | { kind: 'group'; path: string }
  | { kind: 'mount'; path: string }

/** An entry that nobody could look at, or that names something which does not carry our mark. */
export type Unseen = { entry: JournalEntry; reason: string }

/** What one run left. */
export type DeadRun = { journal: JournalFile; things: Leftover[]; unseen: Unseen[] }

export type FindOptions = {
  /** The local engine where this is left out; it is opened only when a journal names something of Docker's. */
  docker?: DockerReaper
  /** Also runs that left a cluster running on purpose; a list takes only these. */
  detached?: boolean | readonly string[]
}

const CONTROL_GROUPS = '/sys/fs/cgroup/'
/** What was under way at the crash may still come to be for so long. */
const SETTLE_MS = 3000
const DOCKER_KINDS: readonly string[] = ['container', 'network', 'volume']

/** Everything that runs without an owner left behind; runs that live are not looked at. */
export async function findLeftovers(options: FindOptions = {}): Promise<DeadRun[]> {
  const journals = (await listJournals()).filter(journal => isWanted(journal, options.detached ?? false))
  const docker = lazyDocker(options.docker)
  return Promise.all(journals.map(journal => findOfRun(journal, docker)))
}

/** What still exists of these runs, whoever owns them; looked at once, without waiting for what may yet appear. */
export function lookAtRuns(journals: readonly JournalFile[], given?: DockerReaper): Promise<DeadRun[]> {
  const docker = lazyDocker(given)
  return Promise.all(journals.map(journal => lookOnce(journal, docker)))
}

function isWanted({ owner, runId }: JournalFile, detached: NonNullable<FindOptions['detached']>): boolean {
  if (typeof detached !== 'boolean') return owner === 'detached' && detached.includes(runId)
  return owner === 'dead' || (detached && owner === 'detached')
}

type AskDocker = (runId: string) => Promise<DockerItem[]>

/** An engine that did not answer once is not asked again for the next run. */
function lazyDocker(given: DockerReaper | undefined): AskDocker {
  let engine: Promise<DockerReaper> | undefined
  let failure: { error: unknown } | undefined
  return async runId => {
    if (failure) throw failure.error
    try {
      engine ??= given ? Promise.resolve(given) : openReaper()
      return await (await engine).list(runId)
    } catch (error) {
      failure = { error }
      throw error
    }
  }
}

/** The local engine, loaded only when it is needed; E301 within three seconds where it does not answer. */
export async function openReaper(): Promise<DockerReaper> {
  const { askEngine, openDocker } = await import('./providers/docker/client.ts')
  const { dockerReaper } = await import('./providers/docker/remove.ts')
  const client = openDocker()
  await askEngine(client)
  return dockerReaper(client)
}

async function findOfRun(journal: JournalFile, docker: AskDocker): Promise<DeadRun> {
  const found = await lookOnce(journal, docker)
  const restMs = (await writtenAtMs(journal)) + SETTLE_MS - Date.now()
  if (restMs <= 0 || !mayStillAppear(journal, found)) return found
  await sleep(restMs)
  return lookOnce(journal, docker)
}

async function writtenAtMs({ path }: JournalFile): Promise<number> {
  return stat(path).then(
    facts => facts.mtimeMs,
    () => 0,
  )
}

/** A container may be created, and a process may get its environment, after the one who asked for it has died. */
function mayStillAppear(journal: JournalFile, { things, unseen }: DeadRun): boolean {
  const known = new Set([...things.map(keyOf), ...unseen.map(({ entry }) => keyOf(entry))])
  return [...journal.open.values()].some(
    entry =>
      (DOCKER_KINDS.includes(entry.kind) ||
        entry.kind === 'mount' ||
        (entry.kind === 'process' && entry.pid === undefined)) &&
      !known.has(keyOf(entry)),
  )
}

async function lookOnce(journal: JournalFile, docker: AskDocker): Promise<DeadRun> {
  const run: DeadRun = { journal, things: findProcesses(journal), unseen: [] }
  await lookAtDocker(run, docker)
  for (const entry of journal.open.values()) {
    if (entry.kind === 'directory') await lookAtDirectory(run, entry)
    if (entry.kind === 'mount' && (await isMountOf(entry.path, journal.runId))) run.things.push(entry)
    if (entry.kind === 'topic') run.things.push(entry)
  }
  return run
}

/** Journaled and marked, and the very process where the journal knows its number. */
function findProcesses({ runId, open }: JournalFile): Leftover[] {
  const entries = [...open.values()].filter(entry => entry.kind === 'process')
  if (entries.length === 0) return []
  return findMarked(runId)
    .filter(({ pid, startTicks, name }) =>
      entries.some(
        entry =>
          entry.name === name &&
          (entry.pid === undefined || (entry.pid === pid && (entry.startTicks ?? startTicks) === startTicks)),
      ),
    )
    .map(process => ({ kind: 'process', ...process }))
}

/** Journaled and labelled. */
async function lookAtDocker(run: DeadRun, docker: AskDocker): Promise<void> {
  const { runId, open } = run.journal
  const entries = [...open.values()].filter(entry => DOCKER_KINDS.includes(entry.kind))
  if (entries.length === 0) return
  const journaled = new Set(entries.map(keyOf))
  try {
    const labelled = await docker(runId)
    run.things.push(...labelled.filter(item => journaled.has(keyOf(item))))
  } catch (error) {
    run.unseen.push(...entries.map(entry => ({ entry, reason: messageOf(error) })))
  }
}

/** Journaled, named after the run, in a place where we make such things, and marked as the run's own. */
async function lookAtDirectory(run: DeadRun, entry: { kind: 'directory'; path: string }): Promise<void> {
  const { path } = entry
  const facts = await lstat(path).catch(() => undefined)
  if (!facts) return
  const { runId } = run.journal
  const name = basename(path)
  const isNamed = name === `${DATA_PREFIX}${runId}` || name.startsWith(`${DATA_PREFIX}${runId}-`)
  const refuse = (reason: string): void => void run.unseen.push({ entry, reason })
  if (resolve(path) !== path || !isNamed || !facts.isDirectory()) refuse('not a directory of this run')
  else if (facts.uid !== process.getuid?.()) refuse('it belongs to another user')
  else if (path.startsWith(CONTROL_GROUPS)) run.things.push({ kind: 'group', path })
  else if (![resolve(tmpdir()), '/tmp'].includes(dirname(path))) refuse('not in the directory for temporary files')
  else if (!(await isMarked(path, runId))) refuse('it does not carry the mark of this run')
  else run.things.push({ kind: 'directory', path })
}

/** The owner file is the first thing written into a data directory; a crash before that leaves it empty. */
async function isMarked(path: string, runId: string): Promise<boolean> {
  const owner = await readFile(join(path, OWNER_FILE), 'utf8').catch(() => undefined)
  if (owner?.trim() === runId) return true
  const isBare = (owner ?? '') === ''
  return isBare && (await readdir(path)).every(name => name === OWNER_FILE)
}

/** What makes an entry of a journal and a thing the same. */
export function keyOf(thing: JournalEntry | Leftover): string {
  if (thing.kind === 'directory' || thing.kind === 'group') return `directory ${thing.path}`
  if (thing.kind === 'mount') return `mount ${thing.path}`
  if (thing.kind === 'topic') return `topic ${thing.clusterId} ${thing.name}`
  return `${thing.kind} ${thing.name}`
}

/** One thing in words. */
export function describeThing(thing: JournalEntry | Leftover): string {
  if (thing.kind === 'directory') return `directory ${thing.path}`
  if (thing.kind === 'group') return `control group ${thing.path}`
  if (thing.kind === 'mount') return `file system mounted on ${thing.path}`
  if (thing.kind === 'topic') return `topic ${thing.name} on ${thing.bootstrap.join(',')}`
  if (thing.kind === 'process') return `process ${thing.name}${thing.pid === undefined ? '' : ` (pid ${thing.pid})`}`
  return `${thing.kind} ${thing.name}`
}
