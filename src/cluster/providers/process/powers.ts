// The powers over nodes as processes: each one is journaled before the act and read back from the system after it.
import type { NodePowers } from '../../cluster.ts'
import type { Journal } from '../../journal.ts'
import { diskPowers } from './disk.ts'
import { cpuPowers } from './duty.ts'
import { nodeLabel } from './files.ts'
import type { NodeProcess } from './node-process.ts'

export type NotedPowers = NodePowers & {
  /** Strikes out every fault, once the nodes are gone. */
  forget(): Promise<void>
}

/** Powers over the nodes of one cluster. */
export function processPowers(journal: Journal, find: (nodeId: number) => NodeProcess): NotedPowers {
  const faults = new Map<number, number>()
  const note = async (nodeId: number, fault: string, heal: (pid: number) => string): Promise<void> => {
    if (faults.has(nodeId)) return
    const process = find(nodeId)
    const name = `${fault} ${nodeLabel(process.node)}`
    faults.set(nodeId, await journal.record({ kind: 'fault', name, heal: heal(process.pid ?? 0) }))
  }
  const strike = async (nodeId: number): Promise<void> => {
    const entry = faults.get(nodeId)
    faults.delete(nodeId)
    if (entry !== undefined) await journal.undone(entry)
  }
  const noHeal = () => 'gauntlet clean'
  const cpu = cpuPowers(find, { note: nodeId => note(nodeId, 'limit', pid => `kill -CONT ${pid}`), strike })
  return {
    freeze: async nodeId => {
      await note(nodeId, 'freeze', pid => `kill -CONT ${pid}`)
      await find(nodeId).freeze()
    },
    thaw: async nodeId => {
      await find(nodeId).thaw()
      await strike(nodeId)
    },
    kill: async nodeId => {
      await note(nodeId, 'kill', noHeal)
      await find(nodeId).kill()
    },
    stop: async nodeId => {
      await note(nodeId, 'stop', noHeal)
      return find(nodeId).stop()
    },
    start: async nodeId => {
      await find(nodeId).start()
      await strike(nodeId)
    },
    state: async nodeId => find(nodeId).state(),
    ...cpu,
    ...diskPowers(find, (nodeId, fault) => note(nodeId, fault, noHeal), journal.runId),
    incarnation: async nodeId => find(nodeId).incarnation,
    forget: async () => {
      await cpu.endAll()
      for (const nodeId of [...faults.keys()]) await strike(nodeId)
    },
  }
}
