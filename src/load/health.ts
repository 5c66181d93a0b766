// The generator watches itself: CPU, memory, garbage collection and how late its event loop came back.
import { PerformanceObserver } from 'node:perf_hooks'
import type { WorkerHealth } from '../recording/format.ts'

const RESOLUTION_MS = 10

/** The longest time the event loop came back late; unlike Node's own histogram it sees a stall that spans two readings. */
function watchLoop(): () => number {
  let lateMaxMs = 0
  let dueMs = performance.now() + RESOLUTION_MS
  const look = (): void => {
    const nowMs = performance.now()
    lateMaxMs = Math.max(lateMaxMs, nowMs - dueMs)
    dueMs = nowMs + RESOLUTION_MS
  }
  setInterval(look, RESOLUTION_MS).unref()
  return () => {
    const seenMs = lateMaxMs
    lateMaxMs = 0
    return seenMs
  }
}

/** Starts watching; every call returns what happened since the one before. */
export function watchHealth(): () => WorkerHealth {
  let cpu = process.cpuUsage()
  let gcUs = 0
  let gcMaxUs = 0
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      gcUs += entry.duration * 1000
      gcMaxUs = Math.max(gcMaxUs, entry.duration * 1000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  const loopLateMs = watchLoop()
  return () => {
    const now = process.cpuUsage()
    const health: WorkerHealth = {
      cpuUs: now.user + now.system - cpu.user - cpu.system,
      rssBytes: process.memoryUsage.rss(),
      gcUs: Math.round(gcUs),
      gcMaxUs: Math.round(gcMaxUs),
      loopLateMaxUs: Math.round(loopLateMs() * 1000),
    }
    cpu = now
    gcUs = 0
    gcMaxUs = 0
    return health
  }
}
