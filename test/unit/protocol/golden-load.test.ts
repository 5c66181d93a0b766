// The requests of load, brokers and offsets are written and read byte for byte as Kafka's own classes do it.
import { describe, expect, it } from 'vitest'
import { apiVersionsV2 } from '../../../src/protocol/requests/api-versions.ts'
import { describeQuorumV1 } from '../../../src/protocol/requests/describe-quorum.ts'
import { featuresV3 } from '../../../src/protocol/requests/features.ts'
import { fetchV11 } from '../../../src/protocol/requests/fetch.ts'
import { APIS } from '../../../src/protocol/requests/index.ts'
import { initProducerIdV1 } from '../../../src/protocol/requests/init-producer-id.ts'
import { EARLIEST, listOffsetsV5 } from '../../../src/protocol/requests/list-offsets.ts'
import { metadataV8 } from '../../../src/protocol/requests/metadata.ts'
import { type ProduceRequest, produceV7, produceV8 } from '../../../src/protocol/requests/produce.ts'
import { check } from './golden/check.ts'
import { golden, goldenNames } from './golden/golden.ts'

const batch = golden('batch.none')
const produceRequest = (transactionalId: string | null): ProduceRequest => ({
  transactionalId,
  acks: -1,
  timeoutMs: 30_000,
  topics: [
    {
      name: 't-1',
      partitions: [
        { partition: 0, records: batch },
        { partition: 5, records: [batch.subarray(0, 61), batch.subarray(61)] },
      ],
    },
    { name: 't-2', partitions: [{ partition: 1, records: batch }] },
  ],
})
const produced = (refused: object) => ({
  throttleMs: 3,
  topics: [
    {
      name: 't-1',
      partitions: [
        {
          partition: 0,
          errorCode: 0,
          baseOffset: 123_456_789_012,
          logAppendTimeMs: -1,
          logStartOffset: 7,
          refusals: [],
          errorMessage: null,
        },
        { partition: 5, errorCode: 87, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, ...refused },
      ],
    },
  ],
})
check<ProduceRequest, unknown>(produceV7, { '': produceRequest(null) }, produced({ refusals: [], errorMessage: null }))
check<ProduceRequest, unknown>(
  produceV8,
  { '': produceRequest('tx') },
  produced({
    refusals: [
      { batchIndex: 2, message: 'no key' },
      { batchIndex: 3, message: null },
    ],
    errorMessage: 'bad records',
  }),
)

check(
  fetchV11,
  {
    '': {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1 << 23,
      readCommitted: true,
      sessionId: 99,
      sessionEpoch: 4,
      topics: [
        {
          name: 't-1',
          partitions: [{ partition: 2, leaderEpoch: 6, fetchOffset: 123_456_789_012, maxBytes: 1 << 20 }],
        },
      ],
      forgotten: [{ name: 't-2', partitions: [0, 3] }],
      rackId: 'rack-a',
    },
  },
  {
    throttleMs: 1,
    errorCode: 0,
    sessionId: 99,
    topics: [
      {
        name: 't-1',
        partitions: [
          {
            partition: 2,
            errorCode: 0,
            highWatermark: 1004,
            lastStableOffset: 1003,
            logStartOffset: 5,
            aborted: [{ producerId: 4711, firstOffset: 1000 }],
            preferredReplica: -1,
            records: batch,
          },
          {
            partition: 3,
            errorCode: 6,
            highWatermark: -1,
            lastStableOffset: -1,
            logStartOffset: -1,
            aborted: [],
            preferredReplica: 2,
            records: Buffer.alloc(0),
          },
        ],
      },
    ],
  },
)

check(
  featuresV3,
  { '': {} },
  {
    errorCode: 0,
    features: [
      { name: 'metadata.version', level: 29 },
      { name: 'transaction.version', level: 2 },
    ],
  },
)

check(
  apiVersionsV2,
  { '': {} },
  {
    errorCode: 35,
    apis: [
      { key: 0, min: 3, max: 13 },
      { key: 75, min: 0, max: 0 },
    ],
    throttleMs: 2,
  },
)
check(
  metadataV8,
  { '': { topics: ['t-1', 'ü'] }, '.all': { topics: null } },
  {
    throttleMs: 1,
    brokers: [
      { id: 1, host: 'broker-1', port: 9092, rack: 'a' },
      { id: 2, host: 'broker-2', port: 9093, rack: null },
    ],
    clusterId: 'abc',
    controllerId: 2,
    topics: [
      {
        errorCode: 0,
        name: 't-1',
        isInternal: true,
        partitions: [
          { errorCode: 5, partition: 4, leader: -1, leaderEpoch: 12, replicas: [1, 2, 3], isr: [2], offline: [1] },
        ],
      },
      { errorCode: 3, name: 'gone', isInternal: false, partitions: [] },
    ],
  },
)
check(
  listOffsetsV5,
  {
    '': {
      readCommitted: true,
      topics: [
        {
          name: 't-1',
          partitions: [
            { partition: 0, leaderEpoch: -1, timestampMs: EARLIEST },
            { partition: 1, leaderEpoch: 7, timestampMs: 1_700_000_000_000 },
          ],
        },
      ],
    },
  },
  {
    throttleMs: 1,
    topics: [
      {
        name: 't-1',
        partitions: [{ partition: 1, errorCode: 0, timestampMs: 1_700_000_000_001, offset: 42, leaderEpoch: 7 }],
      },
    ],
  },
)
check(
  initProducerIdV1,
  { '': { transactionalId: null, transactionTimeoutMs: 60_000 } },
  { throttleMs: 1, errorCode: 0, producerId: 4711, producerEpoch: 3 },
)
check(
  describeQuorumV1,
  { '': {} },
  {
    errorCode: 0,
    topics: [
      {
        name: '__cluster_metadata',
        partitions: [
          {
            partition: 0,
            errorCode: 0,
            leaderId: 3,
            leaderEpoch: 8,
            highWatermark: 500,
            voters: [{ id: 1, logEndOffset: 499, lastFetchMs: 1_700_000_000_000, lastCaughtUpMs: 1_700_000_000_001 }],
            observers: [{ id: 9, logEndOffset: 1, lastFetchMs: -1, lastCaughtUpMs: -1 }],
          },
        ],
      },
    ],
  },
)

describe('the golden file', () => {
  it('holds a request and an answer for every API of the project', () => {
    const wanted = APIS.flatMap(({ name, version }) => [`${name}.v${version}.request`, `${name}.v${version}.response`])
    const found = goldenNames.filter(name => /^\w+\.v\d+\.(request|response)$/.test(name))
    expect(found.sort()).toEqual(wanted.sort())
  })
})
