// The broker that a bench starts for itself, and the topics it makes and removes on it.
import { newRunId } from '../../src/cli/shared/manifest.ts'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { openJournal } from '../../src/cluster/journal-file.ts'
import { processProvider } from '../../src/cluster/providers/process.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { describeTopology } from '../../src/topology/topology.ts'

/** Starts the cluster a scenario asks for, and stops it whatever happens. */
export async function withCluster<T>(scenario: string, use: (cluster: StartedCluster) => Promise<T>): Promise<T> {
  const { cluster: spec } = parseScenario(scenario, 'bench.yaml').scenario
  if (spec.kind !== 'started') throw new Error('a bench starts its own broker')
  const runId = newRunId()
  const journal = await openJournal(runId)
  try {
    await using cluster = await processProvider.start({
      topology: describeTopology(spec),
      runId,
      journal,
      readyTimeoutMs: spec.readyTimeoutMs,
    })
    return await use(cluster)
  } finally {
    await journal.close()
  }
}

export async function withAdmin<T>(cluster: StartedCluster, ask: (admin: ClusterAdmin) => Promise<T>): Promise<T> {
  const admin = await ClusterAdmin.connect({ brokers: cluster.observerBootstrap })
  try {
    return await ask(admin)
  } finally {
    await admin.close()
  }
}

/** A topic for one window, gone after it. */
export async function withTopic<T>(
  cluster: StartedCluster,
  name: string,
  partitions: number,
  use: (topic: string) => Promise<T>,
): Promise<T> {
  await withAdmin(cluster, async admin => {
    await admin.createTopics([{ name, partitions, replicationFactor: 1, config: TOPIC_CONFIG }])
    await admin.offsets(name)
  })
  try {
    return await use(name)
  } finally {
    await withAdmin(cluster, admin => admin.deleteTopics([name]))
  }
}

/** What was written in one window shall not be on its way to the disk in the next. */
export const TOPIC_CONFIG = { 'file.delete.delay.ms': '1000' }
