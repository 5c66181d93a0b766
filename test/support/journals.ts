// Journals of runs that are over: written as a run would have written them, with an owner that has ended.
import { spawn } from 'node:child_process'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { JournalEntry } from '../../src/cluster/journal.ts'
import type { DetachedCluster, Lease } from '../../src/cluster/journal-file.ts'
import { bootId, pidNamespace, readProcess } from '../../src/cluster/proc.ts'

/** A process of its own that does nothing, for a journal to name or to spare. */
export type Sleeper = { pid: number; startTicks: number; isAlive(): boolean; end(): void }

/** Starts a process with exactly this environment; resolves once it has it. */
export async function sleeper(env: Record<string, string> = {}): Promise<Sleeper> {
  const child = spawn('sleep', ['120'], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'ignore' })
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const { pid } = child
  const startTicks = pid === undefined ? undefined : readProcess(pid)?.startTicks
  if (pid === undefined || startTicks === undefined) throw new Error('the process has not started')
  return {
    pid,
    startTicks,
    isAlive: () => readProcess(pid)?.startTicks === startTicks,
    end: () => void child.kill('SIGKILL'),
  }
}

/** The lease of this very process, altered as asked. */
export function leaseOf(runId: string, changes: Partial<Lease> = {}): Lease {
  const [boot, namespace] = [bootId(), pidNamespace()]
  return {
    runId,
    pid: process.pid,
    startTicks: readProcess(process.pid)?.startTicks ?? 0,
    ...(boot === undefined ? {} : { bootId: boot }),
    ...(namespace === undefined ? {} : { pidNamespace: namespace }),
    host: hostname(),
    startedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  }
}

export type WrittenJournal = {
  runId: string
  entries?: JournalEntry[]
  undone?: number[]
  lease?: Partial<Lease>
  detached?: DetachedCluster
  /** Text after the last whole line. */
  torn?: string
  /** The last write was just now; else it was long ago. */
  fresh?: boolean
}

/** A start time that no living process has. */
const GONE_TICKS = 1

/** Writes the journal of a run whose owner is dead, unless its lease says otherwise; returns its path. */
export function writeJournal(state: string, journal: WrittenJournal): string {
  const folder = join(state, 'kafka-gauntlet', 'runs')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${journal.runId}.journal`)
  const lines: unknown[] = [
    { lease: leaseOf(journal.runId, { startTicks: GONE_TICKS, ...journal.lease, runId: journal.runId }) },
  ]
  journal.entries?.forEach((entry, index) => void lines.push({ n: index + 1, entry }))
  journal.undone?.forEach(undone => void lines.push({ undone }))
  if (journal.detached) lines.push({ detached: journal.detached })
  writeFileSync(path, `${lines.map(line => JSON.stringify(line)).join('\n')}\n${journal.torn ?? ''}`)
  if (!journal.fresh) utimesSync(path, new Date(0), new Date(0))
  return path
}
