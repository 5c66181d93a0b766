// Facts about processes that cannot be confused with those of another one of the same number: start time, marker, state, counters.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export type ProcessState = {
  /** R, S, D, T (stopped), Z (ended, not yet collected) … */
  state: string
  /** Clock ticks since the machine started; with the number it names one process. */
  startTicks: number
  cpuSeconds: number
}

export type Marked = { pid: number; startTicks: number; name: string }

/** In the environment of every process we start: the run it belongs to, and its name within the run. */
export const RUN_MARKER = 'GAUNTLET_RUN'
export const NODE_MARKER = 'GAUNTLET_NODE'

/** USER_HZ: fixed at 100 in what Linux shows to programs. */
const TICKS_PER_SECOND = 100

/** Undefined where no such process exists, or it has ended and only waits to be collected. */
export function readProcess(pid: number): ProcessState | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0] ?? '?'
  if (state === 'Z' || state === 'X') return undefined
  const cpuTicks = Number(fields[11]) + Number(fields[12])
  return { state, startTicks: Number(fields[19]), cpuSeconds: cpuTicks / TICKS_PER_SECOND }
}

/** True while the very process with this start time lives. */
export function isAlive(pid: number, startTicks: number): boolean {
  return readProcess(pid)?.startTicks === startTicks
}

/** Changes with every start of the machine; undefined where the system does not say. */
export function bootId(): string | undefined {
  return readText('/proc/sys/kernel/random/boot_id')?.trim()
}

/** The namespace in which numbers of processes count: containers share a boot, but not these. */
export function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

/** A field of /proc/<pid>/status or /proc/<pid>/io, as a number. */
export function readCounter(pid: number, file: 'status' | 'io', field: string): number | undefined {
  const text = readText(`/proc/${pid}/${file}`)
  const found = text === undefined ? null : new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)
  return found ? Number(found[1]) : undefined
}

/** A variable in the environment that a process was started with; undefined where it has none or is not ours to read. */
export function environmentOf(pid: number, name: string): string | undefined {
  const text = readText(`/proc/${pid}/environ`)
  return text
    ?.split('\0')
    .find(line => line.startsWith(`${name}=`))
    ?.slice(name.length + 1)
}

/** All living processes that carry the marker of a run. */
export function findMarked(runId: string): Marked[] {
  return listPids().flatMap((pid): Marked[] => {
    if (environmentOf(pid, RUN_MARKER) !== runId) return []
    const name = environmentOf(pid, NODE_MARKER)
    const found = readProcess(pid)
    return name === undefined || found === undefined ? [] : [{ pid, startTicks: found.startTicks, name }]
  })
}

function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter(pid => Number.isInteger(pid))
  } catch {
    return []
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The socket tables of a process's network, and the numbers of its own sockets in them. */
export function readSockets(pid: number): { tables: string; inodes: Set<string> } {
  const tables = ['tcp', 'tcp6'].map(name => readText(`/proc/${pid}/net/${name}`) ?? '').join('\n')
  return { tables, inodes: new Set(openFiles(pid).flatMap(target => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])) }
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}
