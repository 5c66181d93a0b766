// The generator watches itself: CPU, waiting for CPU, memory, garbage collection and how late its event loop came back.
import { readFileSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import type { OutsideUse } from '../drivers/driver.ts'
import type { WorkerHealth } from '../recording/format.ts'

const RESOLUTION_MS = 10
/** Timers come back this late without anybody's fault. */
const TIMER_GRAIN_MS = 2

/** How late the event loop came back: at most, and summed; unlike Node's own histogram it sees a stall that spans two readings. */
function watchLoop(): () => { lateMaxMs: number; stalledMs: number } {
  let lateMaxMs = 0
  let stalledMs = 0
  let dueMs = performance.now() + RESOLUTION_MS
  const look = (): void => {
    const nowMs = performance.now()
    lateMaxMs = Math.max(lateMaxMs, nowMs - dueMs)
    if (nowMs - dueMs > TIMER_GRAIN_MS) stalledMs += nowMs - dueMs
    dueMs = nowMs + RESOLUTION_MS
  }
  setInterval(look, RESOLUTION_MS).unref()
  return () => {
    const seen = { lateMaxMs, stalledMs }
    lateMaxMs = 0
    stalledMs = 0
    return seen
  }
}

/** Time this thread was ready to run and had no CPU, since it started; undefined where the system does not tell. */
function waitedNs(): number | undefined {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1])
  } catch {
    return undefined
  }
}

/** Garbage collection since the last call. */
function watchCollector(): () => { gcUs: number; gcMaxUs: number } {
  let gcUs = 0
  let gcMaxUs = 0
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      gcUs += entry.duration * 1000
      gcMaxUs = Math.max(gcMaxUs, entry.duration * 1000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => {
    const seen = { gcUs: Math.round(gcUs), gcMaxUs: Math.round(gcMaxUs) }
    gcUs = 0
    gcMaxUs = 0
    return seen
  }
}

const NO_USE: OutsideUse = { cpuUs: 0, rssBytes: 0 }

/** Starts watching; every call returns what happened since the one before, in processes that the client runs beside us too. */
export function watchHealth(outside: () => OutsideUse | undefined = () => undefined): () => WorkerHealth {
  let beside = outside() ?? NO_USE
  let cpu = process.cpuUsage()
  let thread = process.threadCpuUsage()
  let waited = waitedNs()
  const collected = watchCollector()
  const late = watchLoop()
  return () => {
    const [now, nowThread, nowWaited] = [process.cpuUsage(), process.threadCpuUsage(), waitedNs()]
    const nowBeside = outside() ?? NO_USE
    const { lateMaxMs, stalledMs } = late()
    const health: WorkerHealth = {
      cpuUs: now.user + now.system - cpu.user - cpu.system + nowBeside.cpuUs - beside.cpuUs,
      threadCpuUs: nowThread.user + nowThread.system - thread.user - thread.system,
      ...(nowWaited === undefined || waited === undefined
        ? {}
        : { cpuWaitUs: Math.round((nowWaited - waited) / 1000) }),
      rssBytes: process.memoryUsage.rss() + nowBeside.rssBytes,
      ...collected(),
      loopLateMaxUs: Math.round(lateMaxMs * 1000),
      stalledUs: Math.round(stalledMs * 1000),
    }
    cpu = now
    beside = nowBeside
    thread = nowThread
    waited = nowWaited
    return health
  }
}
