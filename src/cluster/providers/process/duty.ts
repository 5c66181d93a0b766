// Leaves a process a share of its time: stopped and going on in a cycle, each step read back; needs no control group and no rights.
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CpuPowers } from '../../cluster.ts'
import { waitUntil } from '../../wait.ts'
import type { NodeProcess, OwnProcess } from './node-process.ts'

const PERIOD_MS = 200
/** Below this the system's own grain is all there is. */
const LEAST_ON_MS = 5
const CYCLE_DEADLINE_MS = 5000

export class DutyCycle {
  private readonly process: OwnProcess
  private readonly onMs: number
  private readonly running: Promise<void>
  private readonly end = new AbortController()
  private cycles = 0

  constructor(process: OwnProcess, share: number) {
    this.process = process
    this.onMs = Math.max(LEAST_ON_MS, Math.round(share * PERIOD_MS))
    this.running = this.run()
    // It ends by itself where the process does.
    this.running.catch(() => undefined)
  }

  /** Undefined until one whole cycle was read back. */
  describe(): string | undefined {
    if (this.cycles === 0) return undefined
    return `stopped ${PERIOD_MS - this.onMs} of every ${PERIOD_MS} ms, ${this.cycles} cycles read back by then`
  }

  async stop(): Promise<void> {
    this.end.abort()
    await this.running.catch(() => undefined)
    if (this.process.state() !== 'gone') await this.process.thaw()
  }

  private async run(): Promise<void> {
    const { signal } = this.end
    while (!signal.aborted) {
      await this.process.freeze()
      await sleep(PERIOD_MS - this.onMs)
      await this.process.thaw()
      this.cycles++
      await sleep(this.onMs)
    }
  }
}

/** The powers over CPU time of the nodes of one cluster; the journal is told before the act and after the heal. */
export function cpuPowers(
  find: (nodeId: number) => NodeProcess,
  journal: { note(nodeId: number): Promise<void>; strike(nodeId: number): Promise<void> },
): CpuPowers & { endAll(): Promise<void> } {
  const cycles = new Map<number, DutyCycle>()
  return {
    limitCpu: async (nodeId, cpus) => {
      const process = find(nodeId)
      const share = cpus / (process.node.resources.cpus ?? availableParallelism())
      if (share >= 1) throw new RangeError(`${cpus} cores are no less than node ${nodeId} has`)
      await journal.note(nodeId)
      const cycle = new DutyCycle(process, share)
      cycles.set(nodeId, cycle)
      await waitUntil(() => cycle.describe() !== undefined, CYCLE_DEADLINE_MS)
    },
    unlimitCpu: async nodeId => {
      await cycles.get(nodeId)?.stop()
      cycles.delete(nodeId)
      await journal.strike(nodeId)
    },
    cpuLimit: async nodeId => cycles.get(nodeId)?.describe(),
    endAll: async () => {
      for (const cycle of cycles.values()) await cycle.stop()
    },
  }
}
