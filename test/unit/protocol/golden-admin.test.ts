// The requests of topics, groups, elections and logins are written and read byte for byte as Kafka's own classes do it.
import { alterPartitionReassignmentsV0 } from '../../../src/protocol/requests/alter-partition-reassignments.ts'
import { createPartitionsV1 } from '../../../src/protocol/requests/create-partitions.ts'
import { createTopicsV4 } from '../../../src/protocol/requests/create-topics.ts'
import { deleteTopicsV3 } from '../../../src/protocol/requests/delete-topics.ts'
import { describeConfigsV3 } from '../../../src/protocol/requests/describe-configs.ts'
import { describeLogDirsV1 } from '../../../src/protocol/requests/describe-log-dirs.ts'
import { electLeadersV1 } from '../../../src/protocol/requests/elect-leaders.ts'
import { findCoordinatorV2 } from '../../../src/protocol/requests/find-coordinator.ts'
import { offsetCommitV7 } from '../../../src/protocol/requests/offset-commit.ts'
import { offsetFetchV5 } from '../../../src/protocol/requests/offset-fetch.ts'
import { saslAuthenticateV1 } from '../../../src/protocol/requests/sasl-authenticate.ts'
import { saslHandshakeV1 } from '../../../src/protocol/requests/sasl-handshake.ts'
import { check } from './golden/check.ts'

check(
  findCoordinatorV2,
  { '': { key: 'tx-1', kind: 'transaction' } },
  { throttleMs: 1, errorCode: 15, errorMessage: 'later', nodeId: -1, host: '', port: -1 },
)
check(
  offsetFetchV5,
  { '': { groupId: 'g', topics: [{ name: 't-1', partitions: [0, 1] }] } },
  {
    throttleMs: 1,
    topics: [{ name: 't-1', partitions: [{ partition: 1, offset: 42, leaderEpoch: 5, metadata: null, errorCode: 0 }] }],
    errorCode: 16,
  },
)
check(
  offsetCommitV7,
  {
    '': {
      groupId: 'g',
      generation: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 't-1', partitions: [{ partition: 1, offset: 42, leaderEpoch: -1, metadata: 'note' }] }],
    },
  },
  { throttleMs: 1, topics: [{ name: 't-1', partitions: [{ partition: 1, errorCode: 25 }] }] },
)
check(
  createTopicsV4,
  {
    '': {
      topics: [
        {
          name: 't-1',
          partitions: 6,
          replicationFactor: 3,
          assignments: [],
          configs: [{ name: 'retention.ms', value: '1000' }],
        },
        {
          name: 't-2',
          partitions: -1,
          replicationFactor: -1,
          assignments: [{ partition: 0, brokerIds: [2, 3] }],
          configs: [],
        },
      ],
      timeoutMs: 10_000,
      validateOnly: true,
    },
  },
  { throttleMs: 1, topics: [{ name: 't-1', errorCode: 36, errorMessage: 'exists' }] },
)
check(
  createPartitionsV1,
  {
    '': {
      topics: [
        { name: 't-1', count: 12, assignments: null },
        { name: 't-2', count: 3, assignments: [[1, 2], [3]] },
      ],
      timeoutMs: 10_000,
      validateOnly: true,
    },
  },
  { throttleMs: 1, topics: [{ name: 't-1', errorCode: 37, errorMessage: 'too few' }] },
)
check(
  deleteTopicsV3,
  { '': { names: ['t-1', 't-2'], timeoutMs: 10_000 } },
  { throttleMs: 1, topics: [{ name: 't-1', errorCode: 3 }] },
)
check(
  describeConfigsV3,
  {
    '': {
      resources: [
        { type: 2, name: 't-1', names: null },
        { type: 4, name: '1', names: ['num.io.threads'] },
      ],
      includeSynonyms: true,
    },
  },
  {
    throttleMs: 1,
    resources: [
      {
        errorCode: 0,
        errorMessage: null,
        type: 2,
        name: 't-1',
        configs: [
          {
            name: 'retention.ms',
            value: '1000',
            isReadOnly: false,
            source: 1,
            isSensitive: false,
            synonyms: [{ name: 'log.retention.ms', value: null, source: 5 }],
            type: 5,
          },
          { name: 'password', value: null, isReadOnly: true, source: 4, isSensitive: true, synonyms: [], type: 9 },
        ],
      },
    ],
  },
)
check(
  electLeadersV1,
  { '': { election: 'unclean', topics: [{ name: 't-1', partitions: [0, 2] }], timeoutMs: 10_000 } },
  {
    throttleMs: 1,
    errorCode: 0,
    topics: [{ name: 't-1', partitions: [{ partition: 2, errorCode: 84, errorMessage: 'not needed' }] }],
  },
)
check(
  describeLogDirsV1,
  { '': { topics: [{ name: 't-1', partitions: [0, 1] }] } },
  {
    throttleMs: 1,
    dirs: [
      {
        errorCode: 0,
        path: '/data',
        topics: [
          { name: 't-1', partitions: [{ partition: 1, sizeBytes: 123_456_789_012, offsetLag: 3, isFuture: true }] },
        ],
      },
    ],
  },
)
check(
  alterPartitionReassignmentsV0,
  {
    '': {
      timeoutMs: 10_000,
      topics: [
        {
          name: 't-1',
          partitions: [
            { partition: 0, replicas: [2, 3] },
            { partition: 1, replicas: null },
          ],
        },
      ],
    },
  },
  {
    throttleMs: 1,
    errorCode: 0,
    errorMessage: null,
    topics: [{ name: 't-1', partitions: [{ partition: 1, errorCode: 85, errorMessage: 'none' }] }],
  },
)
check(
  saslHandshakeV1,
  { '': { mechanism: 'SCRAM-SHA-256' } },
  { errorCode: 33, mechanisms: ['PLAIN', 'SCRAM-SHA-512'] },
)
check(
  saslAuthenticateV1,
  { '': { authBytes: Buffer.from([0, 1, 2]) } },
  { errorCode: 58, errorMessage: 'no', authBytes: Buffer.from([9]), sessionLifetimeMs: 3_600_000 },
)
