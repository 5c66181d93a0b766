// Looks at clusters that outlived their command: which there are, whether their nodes live, what they last said.
import type { NodeInfo } from './cluster.ts'
import { type DetachedCluster, type JournalFile, listJournals } from './journal-file.ts'
import { dataDirectory } from './places.ts'
import { readProcess } from './proc.ts'
import { filesOf, nodeLabel, readNodeLog } from './providers/process/files.ts'

/** A cluster that was started to stay. */
export type StandingCluster = DetachedCluster & { id: string; startedAt: string }

export type StandingNode = NodeInfo & { state: 'running' | 'frozen' | 'gone' }

/** Clusters that were started to stay, oldest first. */
export async function listStanding(): Promise<StandingCluster[]> {
  const journals = await listJournals()
  return journals.flatMap(({ owner, detached, lease, runId }) =>
    owner === 'detached' && detached ? [{ ...detached, id: runId, startedAt: lease?.startedAt ?? '' }] : [],
  )
}

/** The nodes of a cluster, each with its state as the system tells it now. */
export async function nodesOf(cluster: StandingCluster): Promise<StandingNode[]> {
  const { info, id } = cluster
  if (info.provider === 'docker') {
    const { openDocker } = await import('./providers/docker/client.ts')
    const { readState } = await import('./providers/docker/inspect.ts')
    const client = openDocker()
    return Promise.all(
      info.nodes.map(async node => ({ ...node, state: (await readState(client, node.handle ?? '')).state })),
    )
  }
  const journal = (await listJournals()).find(candidate => candidate.runId === id)
  return info.nodes.map(node => ({ ...node, state: stateOfProcess(journal, node) }))
}

/** The journal knows each process by number and start time, so a number given anew is not taken for it. */
function stateOfProcess(journal: JournalFile | undefined, node: NodeInfo): StandingNode['state'] {
  for (const entry of journal?.open.values() ?? []) {
    if (entry.kind !== 'process' || entry.name !== nodeLabel(node) || entry.pid === undefined) continue
    const found = readProcess(entry.pid)
    if (found && found.startTicks === entry.startTicks) return found.state.toUpperCase() === 'T' ? 'frozen' : 'running'
  }
  return 'gone'
}

/** The last lines of a node's log. */
export async function logOf(cluster: StandingCluster, node: NodeInfo, lines: number): Promise<string> {
  if (cluster.info.provider !== 'docker') return readNodeLog(filesOf(dataDirectory(cluster.id), node), lines)
  const { openDocker } = await import('./providers/docker/client.ts')
  const { readLog } = await import('./providers/docker/inspect.ts')
  return readLog(openDocker(), node.handle ?? '', lines)
}
