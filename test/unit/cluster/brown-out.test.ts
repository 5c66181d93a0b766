// The CPU time of a node: a real process is stopped for its share of every cycle and goes on afterwards; limits of containers are kept as the engine keeps them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readProcess } from '../../../src/cluster/proc.ts'
import { coresOf, cpuCommand, lowered } from '../../../src/cluster/providers/docker/cpu.ts'
import { DutyCycle } from '../../../src/cluster/providers/process/duty.ts'
import { OwnProcess } from '../../../src/cluster/providers/process/node-process.ts'
import { waitUntil } from '../../../src/cluster/wait.ts'

const home = mkdtempSync(join(tmpdir(), 'gauntlet-brown-out-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('a process in a duty cycle', () => {
  it('is stopped and goes on in turn, gets less CPU time, and runs after the end', async () => {
    const journal = { runId: 'x', record: async () => 1, undone: async () => undefined, close: async () => undefined }
    const busy = [process.execPath, '-e', 'for(;;);']
    const places = { home, console: join(home, 'console'), log: 'none' }
    const own = new OwnProcess({ ...places, name: 'busy', command: busy, env: {}, journal, detach: false })
    await own.start()
    const cycle = new DutyCycle(own, 0.1)
    try {
      const seen = new Set<string>()
      const before = readProcess(own.pid ?? 0)?.cpuSeconds ?? Number.NaN
      const startedMs = performance.now()
      await waitUntil(() => {
        seen.add(own.state())
        return performance.now() - startedMs > 1500
      }, 5000)
      const used = (readProcess(own.pid ?? 0)?.cpuSeconds ?? Number.NaN) - before
      expect(used / ((performance.now() - startedMs) / 1000)).toBeLessThan(0.4)
      expect(seen).toEqual(new Set(['running', 'frozen']))
      expect(cycle.describe()).toMatch(/stopped 180 of every 200 ms, \d+ cycles/)
      await cycle.stop()
      expect(own.state()).toBe('running')
    } finally {
      await own.kill()
    }
  })

  it('ends by itself with its process', async () => {
    const journal = { runId: 'x', record: async () => 1, undone: async () => undefined, close: async () => undefined }
    const places = { home, console: join(home, 'console'), log: 'none' }
    const own = new OwnProcess({ ...places, name: 'never', command: ['true'], env: {}, journal, detach: false })
    const cycle = new DutyCycle(own, 0.1)
    await cycle.stop()
    expect(cycle.describe()).toBeUndefined()
  })
})

describe('the CPU limit of a container', () => {
  it('stays in its own way, and no limit is given back as one of -1', () => {
    const none = { CpuPeriod: 100_000, CpuQuota: -1 }
    expect(coresOf(none)).toBe(Number.POSITIVE_INFINITY)
    expect(lowered(none, 0.2)).toEqual({ CpuPeriod: 100_000, CpuQuota: 20_000 })
    expect(lowered({ NanoCpus: 2e9 }, 0.2)).toEqual({ NanoCpus: 200_000_000 })
    expect(cpuCommand('a', none)).toBe('docker update --cpu-period 100000 --cpu-quota -1 a')
    expect(cpuCommand('a', { NanoCpus: 1.5e9 })).toBe('docker update --cpus 1.5 a')
  })
})
