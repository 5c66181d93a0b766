// One real broker for a test file, with fresh topics on it and producers that are closed whatever happens.
import { afterAll, beforeAll, expect } from 'vitest'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import type { BatchProducer, TopicHandle } from '../../src/drivers/driver.ts'
import { loadDriver } from '../../src/drivers/index.ts'
import { canStart, type Held, startCluster, topologyOf, useOwnJournals, withAdmin } from '../cluster/process-support.ts'
import { makeProducer, type ProducerSetup } from './driver-support.ts'

/** Drivers that load no broker. */
export const WITHOUT_BROKER: readonly string[] = ['null', 'scripted']

export type Broker = {
  cluster: () => StartedCluster
  freshTopic: (partitions?: number, config?: Record<string, string>, name?: string) => Promise<TopicHandle>
  endOffsets: (topic: string) => Promise<number[]>
  withProducer: (
    name: string,
    setup: Partial<ProducerSetup> & { topics: TopicHandle[] },
    use: (producer: BatchProducer) => Promise<void>,
  ) => Promise<void>
}

/** Starts a broker before the tests of a file, where this machine can, and ends it after them. */
export function useBroker(): Broker {
  useOwnJournals()
  let held: Held | undefined
  beforeAll(async () => {
    if (canStart) held = await startCluster(topologyOf())
  })
  afterAll(() => held?.[Symbol.asyncDispose]())
  const cluster = (): StartedCluster => {
    if (!held) throw new Error('no cluster was started')
    return held.cluster
  }
  const endOffsets: Broker['endOffsets'] = async topic =>
    withAdmin(cluster(), async admin => (await admin.offsets(topic)).latest)
  let topics = 0
  return {
    cluster,
    endOffsets,
    // Metadata names leaders before they serve; one that tells its end offset does.
    freshTopic: async (partitions = 3, config = {}, name = `contract-${topics++}`) => {
      await withAdmin(cluster(), admin => admin.createTopics([{ name, partitions, replicationFactor: 1, config }]))
      expect(await endOffsets(name)).toHaveLength(partitions)
      return { name, index: 0, partitions }
    },
    withProducer: async (name, setup, use) => {
      const bootstrap = WITHOUT_BROKER.includes(name) ? [] : cluster().bootstrap
      const producer = makeProducer(await loadDriver(name), { bootstrap, ...setup })
      await producer.open()
      try {
        await use(producer)
      } finally {
        await producer.close()
      }
    },
  }
}
