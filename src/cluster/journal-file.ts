// The journal on disk: one line per fact, each synced before the act, headed by a lease that names the owner.
import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { HarnessError, messageOf } from '../core/errors.ts'
import type { ClusterInfo } from './cluster.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { stateDirectory } from './places.ts'
import { bootId, pidNamespace, readProcess } from './proc.ts'

export type Lease = {
  runId: string
  pid: number
  /** Absent where the system does not say. */
  startTicks?: number
  bootId?: string
  /** Where the number means something: the same folder may be seen from other machines and containers. */
  host: string
  pidNamespace?: string
  startedAt: string
}

/** A cluster that outlives the command which started it. */
export type DetachedCluster = { info: Omit<ClusterInfo, 'properties'>; bootstrap: string[] }

/** alive: leave it alone; detached: meant to stay; dead: what remains is left over; unknown: it cannot be told from here. */
export type Ownership = 'alive' | 'detached' | 'dead' | 'unknown'

export type JournalFile = {
  runId: string
  path: string
  lease?: Lease
  owner: Ownership
  /** Entries not yet undone, by number. */
  open: Map<number, JournalEntry>
  /** Present where the owner ended on purpose and left a cluster running. */
  detached?: DetachedCluster
  /** Lines that could not be read, a torn last one not counted. */
  damagedLines: number
}

/** A journal in a file; `detach` gives the cluster away, so that the end of its owner is no crash. */
export type OwnJournal = Journal & { readonly path: string; detach(cluster: DetachedCluster): Promise<void> }

type Line = { lease: Lease } | { n: number; entry: JournalEntry } | { undone: number } | { detached: DetachedCluster }

const SUFFIX = '.journal'
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Where the journals are. */
export function journalDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return join(stateDirectory(env), 'runs')
}

/** Creates the journal of a run with this process as its owner; fails where the run has one already. */
export async function openJournal(runId: string, options: { directory?: string } = {}): Promise<OwnJournal> {
  if (!RUN_ID.test(runId)) throw new TypeError(`not a run id: ${runId}`)
  const directory = options.directory ?? journalDirectory()
  const path = join(directory, `${runId}${SUFFIX}`)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await createWithLease(path, ownLease(runId))
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW)
    return new FileJournal(runId, path, file)
  } catch (error) {
    const message = `the journal ${path} cannot be written: ${messageOf(error)}`
    const hint = 'nothing is started without it; set GAUNTLET_STATE to a folder that can be written'
    throw new HarnessError({ code: 'E310', message, hint }, { cause: error })
  }
}

function ownLease(runId: string): Lease {
  const startTicks = readProcess(process.pid)?.startTicks
  const boot = bootId()
  const namespace = pidNamespace()
  return {
    runId,
    pid: process.pid,
    ...(startTicks === undefined ? {} : { startTicks }),
    ...(boot === undefined ? {} : { bootId: boot }),
    host: hostname(),
    ...(namespace === undefined ? {} : { pidNamespace: namespace }),
    startedAt: new Date().toISOString(),
  }
}

/** A journal never exists without its lease: the file gets its name only when the line is on disk. */
async function createWithLease(path: string, lease: Lease): Promise<void> {
  const draft = `${path}.${process.pid}`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(toLine({ lease }))
    await file.datasync()
    await link(draft, path)
  } finally {
    await file.close()
    await unlink(draft)
  }
  await syncDirectory(dirname(path))
}

class FileJournal implements OwnJournal {
  readonly runId: string
  readonly path: string
  private readonly file: FileHandle
  private readonly pending = new Set<number>()
  private last = 0
  private tail: Promise<void> = Promise.resolve()
  private torn = false

  constructor(runId: string, path: string, file: FileHandle) {
    this.runId = runId
    this.path = path
    this.file = file
  }

  async record(entry: JournalEntry): Promise<number> {
    const n = ++this.last
    this.pending.add(n)
    await this.append({ n, entry })
    return n
  }

  async undone(entryNumber: number): Promise<void> {
    if (!this.pending.has(entryNumber)) return
    await this.append({ undone: entryNumber })
    this.pending.delete(entryNumber)
  }

  detach(cluster: DetachedCluster): Promise<void> {
    return this.append({ detached: cluster })
  }

  async close(): Promise<void> {
    await this.tail
    await this.file.close()
    if (this.pending.size === 0) await unlink(this.path)
  }

  /** One write at a time, in the order of the calls; what follows a failed write begins a line of its own. */
  private append(line: Line): Promise<void> {
    const written = this.tail.then(async () => {
      await this.file.appendFile(`${this.torn ? '\n' : ''}${toLine(line)}`)
      await this.file.datasync()
      this.torn = false
    })
    this.tail = written.catch(() => {
      this.torn = true
    })
    return written
  }
}

function toLine(line: Line): string {
  return `${JSON.stringify(line)}\n`
}

/** All journals, the unfinished ones of dead runs among them. */
export async function listJournals(directory: string = journalDirectory()): Promise<JournalFile[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found = await Promise.all(
    names
      .filter(name => name.endsWith(SUFFIX))
      .sort()
      .map(name => readJournal(join(directory, name), name.slice(0, -SUFFIX.length))),
  )
  return found.filter(journal => journal !== undefined)
}

/** Reads one journal; undefined where it has gone meanwhile. */
async function readJournal(path: string, runId: string): Promise<JournalFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const { lease, ...rest } = parseJournal(text)
  const valid = lease?.runId === runId ? lease : undefined
  return { runId, path, ...(valid ? { lease: valid } : {}), owner: ownerOf(valid, rest.detached), ...rest }
}

/** Reads the text of a journal; a torn last line is no damage, because its act never began. */
export function parseJournal(text: string): Pick<JournalFile, 'lease' | 'open' | 'detached' | 'damagedLines'> {
  const entries = new Map<number, JournalEntry>()
  let lease: Lease | undefined
  let detached: DetachedCluster | undefined
  let damagedLines = 0
  const lines = text.split('\n')
  lines.pop()
  for (const text of lines) {
    if (text === '') continue
    const line = parseLine(text)
    if (line === undefined) damagedLines++
    else if ('lease' in line) lease = line.lease
    else if ('undone' in line) entries.delete(line.undone)
    else if ('detached' in line) detached = line.detached
    else entries.set(line.n, line.entry)
  }
  return { ...(lease ? { lease } : {}), open: entries, ...(detached ? { detached } : {}), damagedLines }
}

function parseLine(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text)
    if (typeof line !== 'object' || line === null) return undefined
    const known =
      ('lease' in line && isLease(line.lease)) ||
      ('n' in line && 'entry' in line) ||
      'undone' in line ||
      'detached' in line
    return known ? (line as Line) : undefined
  } catch {
    return undefined
  }
}

function isLease(value: unknown): value is Lease {
  return typeof value === 'object' && value !== null && 'runId' in value && 'pid' in value
}

/** Whether the process that wrote a lease still lives: by its number, start time and the machine's boot. */
export function ownerOf(lease: Lease | undefined, detached?: DetachedCluster): Ownership {
  if (!lease || lease.host !== hostname()) return 'unknown'
  // After a new boot of the same machine no process of then can live, whatever its namespace was.
  if (lease.bootId === bootId() && lease.pidNamespace !== pidNamespace()) return 'unknown'
  if (lives(lease)) return 'alive'
  return detached ? 'detached' : 'dead'
}

function lives(lease: Lease): boolean {
  if (lease.bootId !== bootId()) return false
  if (lease.startTicks !== undefined) return readProcess(lease.pid)?.startTicks === lease.startTicks
  try {
    process.kill(lease.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Strikes entries out of a journal of a dead run, and removes it once nothing is left. */
export async function settleJournal(path: string, undone: readonly number[], isEmpty: boolean): Promise<void> {
  if (isEmpty) return unlink(path).catch(ignoreGone)
  // Never created anew: another clean-up may have removed it meanwhile.
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND).catch(ignoreGone)
  if (!file) return
  try {
    // The first line break ends a line that the crash may have torn.
    await file.appendFile(`\n${undone.map(entry => toLine({ undone: entry })).join('')}`)
    await file.datasync()
  } finally {
    await file.close()
  }
}

function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
