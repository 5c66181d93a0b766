// Where producer ids come from: asked of the cluster, again while a broker that has just started is still loading its own state.

import type { ClusterClient } from '../../protocol/cluster.ts'
import { BrokerError } from '../../protocol/errors.ts'
import { patiently } from '../../protocol/patience.ts'
import { initProducerIdV1 } from '../../protocol/requests/init-producer-id.ts'
import type { Identity } from './lane.ts'

/** Meant for transactions; without one the broker ignores it. */
const TRANSACTION_TIMEOUT_MS = 60_000

/** Asking again does no harm: an id that nobody uses is forgotten. */
export function askIdentity(cluster: ClusterClient, deadlineMs: number): Promise<Identity> {
  const patience = { what: 'InitProducerId', deadlineMs, retries: Number.POSITIVE_INFINITY, isRead: true }
  return patiently(patience, async () => {
    const connection = await cluster.any()
    const request = { transactionalId: null, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS }
    const { errorCode, producerId, producerEpoch } = await connection.request(initProducerIdV1, request)
    if (errorCode !== 0) throw new BrokerError(errorCode, 'InitProducerId')
    return { producerId, epoch: producerEpoch }
  })
}
