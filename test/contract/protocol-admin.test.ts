// The admin against a real broker, and what it does when the broker dies.
import { describe, expect, it } from 'vitest'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { ClusterClient } from '../../src/protocol/cluster.ts'
import { fetchV11 } from '../../src/protocol/requests/fetch.ts'
import { findCoordinatorV2 } from '../../src/protocol/requests/find-coordinator.ts'
import { listOffsetsV5 } from '../../src/protocol/requests/list-offsets.ts'
import { offsetCommitV7 } from '../../src/protocol/requests/offset-commit.ts'
import { PASSWORD } from './protocol-broker.ts'
import { batchOf, fetchRequest, Kit } from './protocol-kit.ts'

const kit = Kit.forThisFile()

describe('the admin', () => {
  it('describes the cluster', async () => {
    const found = await kit.admin.describeCluster()
    expect(found).toMatchObject({ clusterId: 'MkU3OEVBNTcwNTJENDM2Qg', controller: 1 })
    expect(found.brokers).toEqual([{ id: 1, host: 'localhost', port: kit.broker.ports.PLAIN }])
  })

  it('tells the finalized levels of features', async () => {
    const levels = await kit.admin.features()
    expect(levels['metadata.version']).toBeGreaterThan(20)
    expect(levels['transaction.version']).toBe(2)
    expect(levels['eligible.leader.replicas.version']).toBe(1)
  })

  it('creates topics with their settings, shows them, and deletes them', async () => {
    const name = await kit.newTopic(2, { 'retention.ms': '3600000' })
    const row = { leader: 1, leaderEpoch: 0, replicas: [1], isr: [1], offline: [] }
    expect(await kit.admin.metadata([name])).toEqual([
      {
        name,
        partitions: [
          { partition: 0, ...row },
          { partition: 1, ...row },
        ],
      },
    ])
    expect(await kit.admin.topicConfigs(name)).toContainEqual({
      name: 'retention.ms',
      value: '3600000',
      source: 'topic',
    })
    expect(await kit.admin.listTopics()).toContain(name)
    await kit.admin.deleteTopics([name])
    expect(await kit.admin.listTopics()).not.toContain(name)
    await expect(kit.admin.metadata([name])).rejects.toThrow(/UNKNOWN_TOPIC_OR_PARTITION/)
  })

  it('refuses a topic that exists, and one that cannot be', async () => {
    const name = await kit.newTopic()
    const config = {}
    const again = kit.admin.createTopics([{ name, partitions: 1, replicationFactor: 1, config }])
    await expect(again).rejects.toMatchObject({ code: 'E311', message: expect.stringMatching(/already exists/) })
    const wide = kit.admin.createTopics([{ name: 'wide', partitions: 1, replicationFactor: 3, config }])
    await expect(wide).rejects.toMatchObject({ code: 'E311', message: expect.stringMatching(/replication factor/i) })
  })

  it('shows settings of brokers, but no secret among them', async () => {
    const configs = await kit.admin.brokerConfigs(1)
    expect(configs).toContainEqual({ name: 'auto.create.topics.enable', value: 'false', source: 'broker (static)' })
    expect(configs.find(config => config.name === 'ssl.keystore.password')?.value).toBe('[hidden]')
    expect(JSON.stringify(configs)).not.toContain(PASSWORD)
  })

  it('finds offsets, and what a group has committed of them', async () => {
    const name = await kit.newTopic(2)
    await kit.produce(name, 1, batchOf('none'))
    expect(await kit.admin.offsets(name)).toEqual({ earliest: [0, 0], latest: [0, 4] })
    expect((await kit.admin.groupOffsets('readers', [name])).get(name)).toEqual([-1, -1])
    const { errorCode, nodeId } = await kit.connection.request(findCoordinatorV2, { key: 'readers', kind: 'group' })
    expect([errorCode, nodeId]).toEqual([0, 1])
    const partitions = [{ partition: 1, offset: 3, leaderEpoch: 0, metadata: 'note' }]
    const member = { groupId: 'readers', generation: -1, memberId: '', groupInstanceId: null }
    const committed = await kit.connection.request(offsetCommitV7, { ...member, topics: [{ name, partitions }] })
    expect(committed.topics).toEqual([{ name, partitions: [{ partition: 1, errorCode: 0 }] }])
    expect((await kit.admin.groupOffsets('readers', [name])).get(name)).toEqual([-1, 3])
    expect((await kit.admin.groupLag('readers', [name])).get(name)).toEqual([0, 1])
  })

  it('finds the first offset at a time', async () => {
    const name = await kit.newTopic()
    await kit.produce(name, 0, batchOf('none'))
    const at = async (timestampMs: number): Promise<number | undefined> => {
      const asked = [{ name, partitions: [{ partition: 0, leaderEpoch: -1, timestampMs }] }]
      const answer = await kit.connection.request(listOffsetsV5, { readCommitted: false, topics: asked })
      return answer.topics[0]?.partitions[0]?.offset
    }
    expect([await at(1_700_000_000_000), await at(1_700_000_000_008), await at(1_800_000_000_000)]).toEqual([0, 3, -1])
  })

  it('shows log directories, leaders in place, and the quorum', async () => {
    const name = await kit.newTopic()
    await kit.produce(name, 0, batchOf('none'))
    const [dir] = await kit.admin.describeLogDirs([{ name, partitions: [0] }])
    expect(dir).toMatchObject({
      broker: 1,
      replicas: [{ topic: name, partition: 0, sizeBytes: batchOf('none').length, isFuture: false }],
    })
    expect(await kit.admin.electLeaders('preferred', [{ name, partitions: [0] }])).toEqual([
      { topic: name, partition: 0, outcome: 'not needed' },
    ])
    expect(await kit.admin.quorum()).toMatchObject({ leaderId: 1, voters: [{ id: 1 }], observers: [] })
    await kit.admin.reassign([{ name, partitions: [{ partition: 0, replicas: [1] }] }])
    await expect(kit.admin.reassign([{ name, partitions: [{ partition: 0, replicas: [9] }] }])).rejects.toThrow(
      /INVALID_REPLICA_ASSIGNMENT/,
    )
  })

  it('says which addresses nobody answers at', async () => {
    const nobody = ClusterAdmin.connect({ brokers: ['127.0.0.1:1'], retries: 0 })
    await expect(nobody).rejects.toMatchObject({
      code: 'E307',
      message: 'cannot reach 127.0.0.1:1: 127.0.0.1:1: connect ECONNREFUSED',
    })
  })
})

describe('a broker that dies', () => {
  it('is found again when it is back, and what was in flight is unknown', async () => {
    const name = await kit.newTopic(2)
    const troubles: string[] = []
    const cluster = await ClusterClient.connect({
      bootstrap: [kit.broker.address('PLAIN')],
      clientId: 'test',
      topics: [name],
      onTrouble: (_, cause) => troubles.push(cause.name),
    })
    expect(cluster.leaderOf(name, 1)).toEqual({ broker: 1, epoch: 0 })
    expect([cluster.partitionsOf(name), cluster.leaderOf(name, 7), cluster.leaderOf('other', 0)]).toEqual([
      2,
      undefined,
      undefined,
    ])
    const link = await cluster.connection(1, 'fetch')
    expect(cluster.ready(1, 'fetch')).toBe(link)
    const waiting = link.request(fetchV11, fetchRequest(name, [0], { maxWaitMs: 20_000 }))
    waiting.catch(() => undefined)
    await kit.broker.kill()
    await expect(waiting).rejects.toMatchObject({ name: 'ConnectionClosed', maybeWritten: true })
    expect(cluster.ready(1, 'fetch')).toBeUndefined()
    await expect(cluster.refresh()).rejects.toThrow(/ECONNREFUSED/)
    expect(troubles.length).toBeGreaterThan(1)
    await kit.broker.boot()
    await Promise.all([cluster.refresh(), cluster.refresh()])
    expect(cluster.leaderOf(name, 1)?.broker).toBe(1)
    expect(await cluster.connection(1, 'fetch')).not.toBe(link)
    await cluster.close()
    // The admin of the other tests had its connection cut too, and goes on by itself.
    expect((await kit.admin.offsets(name)).latest).toEqual([0, 0])
  })
})
