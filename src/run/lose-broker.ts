// Takes one broker of a running cluster away in order, so that what is left can be loaded as it will be on the day one fails.
import { waitUntil } from '../cluster/wait.ts'
import { HarnessError } from '../core/errors.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { TrialContext } from './context.ts'
import { brokersOf } from './topics.ts'

/** Fewer brokers have none to spare. */
const LEAST_BROKERS = 3
const GONE_DEADLINE_MS = 30_000

/** True where a broker may be stopped and every partition has a replica on another one. */
export function canLoseBroker({ cluster }: Pick<TrialContext, 'cluster'>, setup: Pick<TrialSetup, 'topics'>): boolean {
  const isReplicated = setup.topics.every(topic => topic.replicationFactor > 1)
  return cluster.powers !== undefined && brokersOf(cluster.info).length >= LEAST_BROKERS && isReplicated
}

/** Stops the last broker that does not lead the quorum, and waits until the others no longer name it. */
export async function loseBroker(context: TrialContext): Promise<string> {
  const { admin, cluster, options } = context
  const { leaderId } = await admin.quorum()
  const id = brokersOf(cluster.info).findLast(broker => broker !== leaderId)
  const node = cluster.info.nodes.find(one => one.id === id)
  if (id === undefined || !node || !cluster.powers) throw new TypeError('no broker can be spared')
  options.onProgress({ kind: 'step', text: `stopping ${node.name}, to search with one broker down` })
  await cluster.powers.stop(id)
  const isGone = await waitUntil(
    async () => !(await admin.describeCluster()).brokers.some(broker => broker.id === id),
    GONE_DEADLINE_MS,
  )
  if (!isGone)
    throw new HarnessError({ code: 'E307', message: `${node.name} was stopped, and the others still name it` })
  context.lostBroker = id
  return node.name
}
