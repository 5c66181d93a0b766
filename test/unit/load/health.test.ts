// A generator that cannot see its own trouble would blame the cluster, so what it sees is held against trouble made on purpose.
import { expect, test } from 'vitest'
import { watchHealth } from '../../../src/load/health.ts'

/** Keeps the event loop busy for a while, on the CPU. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until) Math.sqrt(Math.random())
}

test('tells CPU, memory and how late the event loop came back, each since the time before', async () => {
  const watch = watchHealth()
  await new Promise(resolve => setTimeout(resolve, 30))
  watch()
  const cpuBefore = process.cpuUsage()
  block(120)
  await new Promise(resolve => setTimeout(resolve, 30))
  const busy = watch()
  const spent = process.cpuUsage(cpuBefore)
  expect(busy.cpuUs / (spent.user + spent.system)).toBeCloseTo(1, 0)
  expect(busy.loopLateMaxUs).toBeGreaterThan(80_000)
  expect(busy.rssBytes).toBeGreaterThan(1 << 24)
  expect(busy.gcMaxUs).toBeLessThanOrEqual(busy.gcUs)
  await new Promise(resolve => setTimeout(resolve, 30))
  expect(watch().loopLateMaxUs).toBeLessThan(busy.loopLateMaxUs)
})
