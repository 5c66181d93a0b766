// What a process costs, read from outside: CPU and peak memory from /proc, until it has gone.
import { readdirSync, readFileSync } from 'node:fs'

/** `rssBytes`: at every look. */
export type Usage = { cpuSeconds: number; peakRssBytes: number; rssBytes: readonly number[] }

const LOOK_MS = 50
const TICKS_PER_SECOND = 100
/** Fields of /proc/<pid>/stat behind the name: parent, then user and system time, own and of children that have ended. */
const PARENT = 1
const TIMES = [11, 12, 13, 14]

function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

const cpuSecondsIn = (stat: readonly string[]): number =>
  TIMES.reduce((sum, field) => sum + Number(stat[field]), 0) / TICKS_PER_SECOND

/** CPU of a process and its children that have ended, since it started; NaN where there is none. */
export function cpuSecondsOf(pid: number): number {
  const stat = statOf(pid)
  return stat ? cpuSecondsIn(stat) : Number.NaN
}

function rssOf(pid: number): { now: number; peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const read = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
    return { now: read('VmRSS'), peak: read('VmHWM') }
  } catch {
    return { now: 0, peak: 0 }
  }
}

/** Follows one process; call the result for what was seen last. */
export function meter(pid: number): () => Usage {
  const rssBytes: number[] = []
  let usage: Usage = { cpuSeconds: 0, peakRssBytes: 0, rssBytes }
  const look = (): void => {
    const stat = statOf(pid)
    if (!stat) return
    const { now, peak } = rssOf(pid)
    if (now > 0) rssBytes.push(now)
    const peakRssBytes = Math.max(usage.peakRssBytes, peak)
    usage = { cpuSeconds: Math.max(usage.cpuSeconds, cpuSecondsIn(stat)), peakRssBytes, rssBytes }
  }
  look()
  const timer = setInterval(look, LOOK_MS)
  return () => {
    look()
    clearInterval(timer)
    return usage
  }
}

/** Follows every child of this process whose command line holds a word, from when it appears; together they are one client. */
export function meterChildren(word: string): () => Usage {
  const meters = new Map<number, () => Usage>()
  const look = (): void => {
    for (const name of readdirSync('/proc')) {
      const pid = Number(name)
      if (!Number.isInteger(pid) || meters.has(pid) || statOf(pid)?.[PARENT] !== String(process.pid)) continue
      if (commandOf(pid).includes(word)) meters.set(pid, meter(pid))
    }
  }
  const timer = setInterval(look, LOOK_MS)
  return () => {
    clearInterval(timer)
    const usages = [...meters.values()].map(stop => stop())
    return {
      cpuSeconds: usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0),
      peakRssBytes: usages.reduce((sum, usage) => sum + usage.peakRssBytes, 0),
      rssBytes: usages.length === 1 ? (usages[0]?.rssBytes ?? []) : [],
    }
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
