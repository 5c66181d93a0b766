// What a node has used of the machine, from /proc, carried over when the node is started again.
import type { NodeSample } from '../../cluster.ts'
import { readCounter, readProcess } from '../../proc.ts'
import type { NodeProcess } from './node-process.ts'

type Counters = { cpuSeconds: number; diskReadBytes: number; diskWriteBytes: number }
type Account = { pid: number; last: Counters; before: Counters }

const NOTHING: Counters = { cpuSeconds: 0, diskReadBytes: 0, diskWriteBytes: 0 }

/** A sampler whose counters never run backwards; nodes that do not run are left out. */
export function createSampler(nodes: readonly NodeProcess[]): (nowUs: () => number) => NodeSample[] {
  const accounts = new Map<number, Account>()
  return nowUs =>
    nodes.flatMap((process): NodeSample[] => {
      const { pid } = process
      if (pid === undefined || process.state() === 'gone') return []
      const last = readCounters(pid)
      const memoryKiB = readCounter(pid, 'status', 'VmRSS')
      if (!last || memoryKiB === undefined) return []
      const account = accounts.get(process.node.id)
      const before =
        account === undefined ? NOTHING : account.pid === pid ? account.before : add(account.before, account.last)
      accounts.set(process.node.id, { pid, last, before })
      return [{ node: process.node.name, atUs: nowUs(), memoryBytes: memoryKiB * 1024, ...add(before, last) }]
    })
}

function readCounters(pid: number): Counters | undefined {
  const cpuSeconds = readProcess(pid)?.cpuSeconds
  if (cpuSeconds === undefined) return undefined
  return {
    cpuSeconds,
    diskReadBytes: readCounter(pid, 'io', 'read_bytes') ?? 0,
    diskWriteBytes: readCounter(pid, 'io', 'write_bytes') ?? 0,
  }
}

function add(a: Counters, b: Counters): Counters {
  return {
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    diskReadBytes: a.diskReadBytes + b.diskReadBytes,
    diskWriteBytes: a.diskWriteBytes + b.diskWriteBytes,
  }
}
