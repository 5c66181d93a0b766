// Every request this project speaks, in one list: checked against a broker's versions before use, and fuzzed in the tests.
import type { Api } from '../api.ts'
import { alterPartitionReassignmentsV0 } from './alter-partition-reassignments.ts'
import { apiVersionsV2 } from './api-versions.ts'
import { createPartitionsV1 } from './create-partitions.ts'
import { createTopicsV4 } from './create-topics.ts'
import { deleteTopicsV3 } from './delete-topics.ts'
import { describeConfigsV3 } from './describe-configs.ts'
import { describeLogDirsV1 } from './describe-log-dirs.ts'
import { describeQuorumV1 } from './describe-quorum.ts'
import { electLeadersV1 } from './elect-leaders.ts'
import { featuresV3 } from './features.ts'
import { fetchV11 } from './fetch.ts'
import { findCoordinatorV2 } from './find-coordinator.ts'
import { initProducerIdV1 } from './init-producer-id.ts'
import { listOffsetsV5 } from './list-offsets.ts'
import { metadataV8 } from './metadata.ts'
import { offsetCommitV7 } from './offset-commit.ts'
import { offsetFetchV5 } from './offset-fetch.ts'
import { produceV7, produceV8 } from './produce.ts'
import { saslAuthenticateV1 } from './sasl-authenticate.ts'
import { saslHandshakeV1 } from './sasl-handshake.ts'

export const APIS: readonly Api<never, unknown>[] = [
  produceV7,
  produceV8,
  fetchV11,
  listOffsetsV5,
  metadataV8,
  apiVersionsV2,
  featuresV3,
  initProducerIdV1,
  findCoordinatorV2,
  offsetFetchV5,
  offsetCommitV7,
  createTopicsV4,
  createPartitionsV1,
  deleteTopicsV3,
  describeConfigsV3,
  electLeadersV1,
  describeLogDirsV1,
  describeQuorumV1,
  alterPartitionReassignmentsV0,
  saslHandshakeV1,
  saslAuthenticateV1,
]
