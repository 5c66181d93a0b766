// Gives partitions back the replicas that a fault took from them, where the cluster of the journal still answers.
import { messageOf } from '../core/errors.ts'
import { ClusterAdmin } from '../protocol/admin.ts'
import type { Finding } from './heal-finding.ts'
import type { MovedReplicas } from './journal.ts'
import type { DeadRun } from './reap.ts'
import { waitUntil } from './wait.ts'

const CONNECT_TIMEOUT_MS = 2000
/** A replica that was away copies the whole log before it is one again. */
const RESTORE_DEADLINE_MS = 60_000

/** Whether partitions still have other replicas than before the fault, or the same in another order. */
export async function lookAtReplicas({ things, unseen, journal }: DeadRun, moved: MovedReplicas): Promise<Finding> {
  const isStanding = [...things, ...unseen.map(({ entry }) => entry)].some(
    ({ kind }) => kind === 'process' || kind === 'container',
  )
  if (!isStanding) return { is: 'over', text: 'its cluster is gone' }
  const names = await askCluster(moved, async admin => strangers(admin, await present(admin, moved))).catch(
    (error: unknown) => messageOf(error),
  )
  if (typeof names === 'string') return { is: 'stuck', text: names }
  if (names.length === 0) return { is: 'over', text: 'every partition has the replicas it had' }
  const text = `other replicas than before: ${names.join(', ')}`
  if (journal.owner === 'alive')
    return {
      is: 'stuck',
      text: `${text}, moved again and again by its own run`,
      command: `kill -INT ${journal.lease?.pid}`,
    }
  return { is: 'acting', text, end: () => askCluster(moved, admin => restore(admin, moved)) }
}

/** Only of the very cluster that the run started: its address may be another one's by now. */
async function askCluster<T>(
  { bootstrap, clusterId }: MovedReplicas,
  ask: (admin: ClusterAdmin) => Promise<T>,
): Promise<T> {
  const admin = await ClusterAdmin.connect({ brokers: bootstrap, connectionTimeoutMs: CONNECT_TIMEOUT_MS, retries: 0 })
  try {
    const found = await admin.describeCluster()
    if (found.clusterId !== clusterId) throw new Error(`cluster ${found.clusterId} answers where ${clusterId} was`)
    return await ask(admin)
  } finally {
    await admin.close()
  }
}

type Wanted = MovedReplicas['partitions']

/** Those of topics that are gone are nobody's. */
async function present(admin: ClusterAdmin, { partitions }: MovedReplicas): Promise<Wanted> {
  const names = new Set(await admin.listTopics())
  return partitions.filter(({ topic }) => names.has(topic))
}

/** Partitions that are not as they were, as one broker sees them; each call asks the next one. */
async function strangers(admin: ClusterAdmin, wanted: Wanted): Promise<string[]> {
  const topics = await admin.metadata([...new Set(wanted.map(({ topic }) => topic))])
  const now = (topic: string, partition: number): string | undefined =>
    topics
      .find(({ name }) => name === topic)
      ?.partitions.find(row => row.partition === partition)
      ?.replicas.join()
  return wanted
    .filter(({ topic, partition, replicas }) => now(topic, partition) !== replicas.join())
    .map(({ topic, partition }) => `${topic}-${partition}`)
}

async function restore(admin: ClusterAdmin, moved: MovedReplicas): Promise<void> {
  const wanted = await present(admin, moved)
  const byTopic = Map.groupBy(wanted, ({ topic }) => topic)
  await admin.reassign([...byTopic].map(([name, partitions]) => ({ name, partitions })))
  const { brokers } = await admin.describeCluster()
  let agreed = 0
  const isRestored = await waitUntil(async () => {
    agreed = (await strangers(admin, wanted)).length === 0 ? agreed + 1 : 0
    return agreed > brokers.length
  }, RESTORE_DEADLINE_MS)
  // A leader that is not the first of its replicas would else wait minutes for Kafka's own balancing.
  if (isRestored)
    await admin.electLeaders(
      'preferred',
      [...byTopic].map(([name, rows]) => ({ name, partitions: rows.map(({ partition }) => partition) })),
    )
}
