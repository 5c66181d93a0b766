// Writes golden.json with the serialisers of Kafka itself: java -cp "$KAFKA_HOME/libs/*" Golden.java > golden.json
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;

public class Golden {
  static final int CORRELATION_ID = 0x01020304;
  static final String CLIENT_ID = "gauntlet";
  static final StringBuilder out = new StringBuilder("{\n");

  static String hex(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** The frame of a request, size field included. */
  static void request(String name, ApiKeys api, int version, ApiMessage message) {
    RequestHeaderData header = new RequestHeaderData().setRequestApiKey(api.id).setRequestApiVersion((short) version)
        .setCorrelationId(CORRELATION_ID).setClientId(CLIENT_ID);
    frame(name + ".request", header, api.requestHeaderVersion((short) version), message, version);
  }

  static void response(String name, ApiKeys api, int version, ApiMessage message) {
    ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(CORRELATION_ID);
    frame(name + ".response", header, api.responseHeaderVersion((short) version), message, version);
  }

  static void frame(String name, ApiMessage header, int headerVersion, ApiMessage message, int version) {
    ByteBuffer head = MessageUtil.toByteBufferAccessor(header, (short) headerVersion).buffer();
    ByteBuffer body = MessageUtil.toByteBufferAccessor(message, (short) version).buffer();
    ByteBuffer frame = ByteBuffer.allocate(4 + head.remaining() + body.remaining());
    frame.putInt(head.remaining() + body.remaining()).put(head).put(body).flip();
    entry(name, '"' + hex(frame) + '"');
  }

  static void entry(String name, String json) {
    if (out.length() > 2) out.append(",\n");
    out.append("  \"").append(name).append("\": ").append(json);
  }

  static MemoryRecords batch(Compression compression) {
    SimpleRecord[] records = {
      new SimpleRecord(1700000000000L, "key-0".getBytes(), "value-0".getBytes()),
      new SimpleRecord(1700000000007L, null, "héllo".getBytes(java.nio.charset.StandardCharsets.UTF_8),
          new Header[] {new RecordHeader("trace", new byte[] {1, 2, 3}), new RecordHeader("none", null)}),
      new SimpleRecord(1699999999000L, "key-2".getBytes(), null),
      new SimpleRecord(1700000000100L, new byte[0], new byte[200]),
    };
    return MemoryRecords.withRecords((byte) 2, 1000L, compression, TimestampType.CREATE_TIME, 4711L, (short) 3, 77, 9, true, records);
  }

  static void records() {
    Map<String, Compression> codecs = new LinkedHashMap<>();
    codecs.put("none", Compression.NONE);
    codecs.put("gzip", Compression.gzip().build());
    codecs.put("snappy", Compression.snappy().build());
    codecs.put("lz4", Compression.lz4().build());
    codecs.put("zstd", Compression.zstd().build());
    codecs.forEach((name, codec) -> entry("batch." + name, '"' + hex(batch(codec).buffer()) + '"'));
    MemoryRecords abort = MemoryRecords.withEndTransactionMarker(2000L, 1700000000000L, 5, 4711L, (short) 3,
        new EndTransactionMarker(ControlRecordType.ABORT, 8));
    MemoryRecords commit = MemoryRecords.withEndTransactionMarker(2001L, 1700000000000L, 5, 4712L, (short) 3,
        new EndTransactionMarker(ControlRecordType.COMMIT, 8));
    entry("batch.abort", '"' + hex(abort.buffer()) + '"');
    entry("batch.commit", '"' + hex(commit.buffer()) + '"');
    MemoryRecords old = MemoryRecords.withRecords((byte) 1, 5L, Compression.NONE, TimestampType.CREATE_TIME,
        new SimpleRecord(1700000000000L, "key".getBytes(), "value".getBytes()));
    entry("batch.format1", '"' + hex(old.buffer()) + '"');
  }

  static void errors() {
    StringBuilder rows = new StringBuilder("[\n");
    for (Errors error : Errors.values()) {
      if (rows.length() > 2) rows.append(",\n");
      rows.append("    [").append(error.code()).append(", \"").append(error.name()).append("\", ")
          .append(error.exception() instanceof RetriableException).append(", ")
          .append(error.exception() instanceof InvalidMetadataException).append("]");
    }
    entry("errors", rows.append("\n  ]").toString());
  }

  static void produce() {
    MemoryRecords records = batch(Compression.NONE);
    ProduceRequestData.TopicProduceDataCollection topics = new ProduceRequestData.TopicProduceDataCollection();
    topics.add(new ProduceRequestData.TopicProduceData().setName("t-1").setPartitionData(List.of(
        new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records),
        new ProduceRequestData.PartitionProduceData().setIndex(5).setRecords(records))));
    topics.add(new ProduceRequestData.TopicProduceData().setName("t-2").setPartitionData(List.of(
        new ProduceRequestData.PartitionProduceData().setIndex(1).setRecords(records))));
    for (int version : new int[] {7, 8}) {
      request("Produce.v" + version, ApiKeys.PRODUCE, version,
          new ProduceRequestData().setTransactionalId(version == 8 ? "tx" : null).setAcks((short) -1).setTimeoutMs(30000).setTopicData(topics));
      ProduceResponseData.TopicProduceResponseCollection answers = new ProduceResponseData.TopicProduceResponseCollection();
      ProduceResponseData.PartitionProduceResponse refused = new ProduceResponseData.PartitionProduceResponse()
          .setIndex(5).setErrorCode((short) 87).setBaseOffset(-1).setLogAppendTimeMs(-1).setLogStartOffset(-1);
      if (version == 8) refused.setErrorMessage("bad records").setRecordErrors(List.of(
          new ProduceResponseData.BatchIndexAndErrorMessage().setBatchIndex(2).setBatchIndexErrorMessage("no key"),
          new ProduceResponseData.BatchIndexAndErrorMessage().setBatchIndex(3)));
      answers.add(new ProduceResponseData.TopicProduceResponse().setName("t-1").setPartitionResponses(List.of(
          new ProduceResponseData.PartitionProduceResponse().setIndex(0).setBaseOffset(123456789012L).setLogAppendTimeMs(-1).setLogStartOffset(7), refused)));
      response("Produce.v" + version, ApiKeys.PRODUCE, version, new ProduceResponseData().setResponses(answers).setThrottleTimeMs(3));
    }
  }

  static void fetch() {
    request("Fetch.v11", ApiKeys.FETCH, 11, new FetchRequestData().setReplicaId(-1).setMaxWaitMs(500).setMinBytes(1).setMaxBytes(1 << 23)
        .setIsolationLevel((byte) 1).setSessionId(99).setSessionEpoch(4).setRackId("rack-a")
        .setTopics(List.of(new FetchRequestData.FetchTopic().setTopic("t-1").setPartitions(List.of(
            new FetchRequestData.FetchPartition().setPartition(2).setCurrentLeaderEpoch(6).setFetchOffset(123456789012L).setLogStartOffset(-1).setPartitionMaxBytes(1 << 20)))))
        .setForgottenTopicsData(List.of(new FetchRequestData.ForgottenTopic().setTopic("t-2").setPartitions(List.of(0, 3)))));
    response("Fetch.v11", ApiKeys.FETCH, 11, new FetchResponseData().setThrottleTimeMs(1).setErrorCode((short) 0).setSessionId(99)
        .setResponses(List.of(new FetchResponseData.FetchableTopicResponse().setTopic("t-1").setPartitions(List.of(
            new FetchResponseData.PartitionData().setPartitionIndex(2).setHighWatermark(1004).setLastStableOffset(1003).setLogStartOffset(5)
                .setAbortedTransactions(List.of(new FetchResponseData.AbortedTransaction().setProducerId(4711).setFirstOffset(1000)))
                .setPreferredReadReplica(-1).setRecords(batch(Compression.NONE)),
            new FetchResponseData.PartitionData().setPartitionIndex(3).setErrorCode((short) 6).setHighWatermark(-1).setLastStableOffset(-1)
                .setLogStartOffset(-1).setAbortedTransactions(null).setPreferredReadReplica(2).setRecords(null))))));
  }

  static void cluster() {
    request("ApiVersions.v2", ApiKeys.API_VERSIONS, 2, new ApiVersionsRequestData());
    ApiVersionsResponseData.ApiVersionCollection ranges = new ApiVersionsResponseData.ApiVersionCollection();
    ranges.add(new ApiVersionsResponseData.ApiVersion().setApiKey((short) 0).setMinVersion((short) 3).setMaxVersion((short) 13));
    ranges.add(new ApiVersionsResponseData.ApiVersion().setApiKey((short) 75).setMinVersion((short) 0).setMaxVersion((short) 0));
    response("ApiVersions.v2", ApiKeys.API_VERSIONS, 2, new ApiVersionsResponseData().setErrorCode((short) 35).setApiKeys(ranges).setThrottleTimeMs(2));
    request("ApiVersions.v3", ApiKeys.API_VERSIONS, 3, new ApiVersionsRequestData().setClientSoftwareName("kafka-gauntlet").setClientSoftwareVersion("1"));
    ApiVersionsResponseData.FinalizedFeatureKeyCollection finalized = new ApiVersionsResponseData.FinalizedFeatureKeyCollection();
    finalized.add(new ApiVersionsResponseData.FinalizedFeatureKey().setName("metadata.version").setMaxVersionLevel((short) 29).setMinVersionLevel((short) 29));
    finalized.add(new ApiVersionsResponseData.FinalizedFeatureKey().setName("transaction.version").setMaxVersionLevel((short) 2).setMinVersionLevel((short) 2));
    ApiVersionsResponseData.ApiVersionCollection rangesAgain = new ApiVersionsResponseData.ApiVersionCollection();
    rangesAgain.add(new ApiVersionsResponseData.ApiVersion().setApiKey((short) 18).setMinVersion((short) 0).setMaxVersion((short) 4));
    response("ApiVersions.v3", ApiKeys.API_VERSIONS, 3, new ApiVersionsResponseData().setErrorCode((short) 0).setApiKeys(rangesAgain).setThrottleTimeMs(2)
        .setFinalizedFeaturesEpoch(7).setFinalizedFeatures(finalized));
    request("Metadata.v8", ApiKeys.METADATA, 8, new MetadataRequestData().setAllowAutoTopicCreation(false)
        .setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName("t-1"), new MetadataRequestData.MetadataRequestTopic().setName("ü"))));
    request("Metadata.v8.all", ApiKeys.METADATA, 8, new MetadataRequestData().setAllowAutoTopicCreation(false).setTopics(null));
    MetadataResponseData.MetadataResponseBrokerCollection brokers = new MetadataResponseData.MetadataResponseBrokerCollection();
    brokers.add(new MetadataResponseData.MetadataResponseBroker().setNodeId(1).setHost("broker-1").setPort(9092).setRack("a"));
    brokers.add(new MetadataResponseData.MetadataResponseBroker().setNodeId(2).setHost("broker-2").setPort(9093).setRack(null));
    MetadataResponseData.MetadataResponseTopicCollection topics = new MetadataResponseData.MetadataResponseTopicCollection();
    topics.add(new MetadataResponseData.MetadataResponseTopic().setErrorCode((short) 0).setName("t-1").setIsInternal(true).setPartitions(List.of(
        new MetadataResponseData.MetadataResponsePartition().setErrorCode((short) 5).setPartitionIndex(4).setLeaderId(-1).setLeaderEpoch(12)
            .setReplicaNodes(List.of(1, 2, 3)).setIsrNodes(List.of(2)).setOfflineReplicas(List.of(1)))));
    topics.add(new MetadataResponseData.MetadataResponseTopic().setErrorCode((short) 3).setName("gone"));
    response("Metadata.v8", ApiKeys.METADATA, 8, new MetadataResponseData().setThrottleTimeMs(1).setBrokers(brokers).setClusterId("abc").setControllerId(2).setTopics(topics));
    request("ListOffsets.v5", ApiKeys.LIST_OFFSETS, 5, new ListOffsetsRequestData().setReplicaId(-1).setIsolationLevel((byte) 1)
        .setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic().setName("t-1").setPartitions(List.of(
            new ListOffsetsRequestData.ListOffsetsPartition().setPartitionIndex(0).setCurrentLeaderEpoch(-1).setTimestamp(-2),
            new ListOffsetsRequestData.ListOffsetsPartition().setPartitionIndex(1).setCurrentLeaderEpoch(7).setTimestamp(1700000000000L))))));
    response("ListOffsets.v5", ApiKeys.LIST_OFFSETS, 5, new ListOffsetsResponseData().setThrottleTimeMs(1)
        .setTopics(List.of(new ListOffsetsResponseData.ListOffsetsTopicResponse().setName("t-1").setPartitions(List.of(
            new ListOffsetsResponseData.ListOffsetsPartitionResponse().setPartitionIndex(1).setErrorCode((short) 0).setTimestamp(1700000000001L).setOffset(42).setLeaderEpoch(7))))));
    request("InitProducerId.v1", ApiKeys.INIT_PRODUCER_ID, 1, new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(60000));
    response("InitProducerId.v1", ApiKeys.INIT_PRODUCER_ID, 1, new InitProducerIdResponseData().setThrottleTimeMs(1).setErrorCode((short) 0).setProducerId(4711).setProducerEpoch((short) 3));
    request("DescribeQuorum.v1", ApiKeys.DESCRIBE_QUORUM, 1, new DescribeQuorumRequestData().setTopics(List.of(
        new DescribeQuorumRequestData.TopicData().setTopicName("__cluster_metadata").setPartitions(List.of(new DescribeQuorumRequestData.PartitionData().setPartitionIndex(0))))));
    response("DescribeQuorum.v1", ApiKeys.DESCRIBE_QUORUM, 1, new DescribeQuorumResponseData().setErrorCode((short) 0).setTopics(List.of(
        new DescribeQuorumResponseData.TopicData().setTopicName("__cluster_metadata").setPartitions(List.of(
            new DescribeQuorumResponseData.PartitionData().setPartitionIndex(0).setErrorCode((short) 0).setLeaderId(3).setLeaderEpoch(8).setHighWatermark(500)
                .setCurrentVoters(List.of(new DescribeQuorumResponseData.ReplicaState().setReplicaId(1).setLogEndOffset(499).setLastFetchTimestamp(1700000000000L).setLastCaughtUpTimestamp(1700000000001L)))
                .setObservers(List.of(new DescribeQuorumResponseData.ReplicaState().setReplicaId(9).setLogEndOffset(1).setLastFetchTimestamp(-1).setLastCaughtUpTimestamp(-1))))))));
  }

  static void groups() {
    request("FindCoordinator.v2", ApiKeys.FIND_COORDINATOR, 2, new FindCoordinatorRequestData().setKey("tx-1").setKeyType((byte) 1));
    response("FindCoordinator.v2", ApiKeys.FIND_COORDINATOR, 2, new FindCoordinatorResponseData().setThrottleTimeMs(1).setErrorCode((short) 15).setErrorMessage("later").setNodeId(-1).setHost("").setPort(-1));
    request("OffsetFetch.v5", ApiKeys.OFFSET_FETCH, 5, new OffsetFetchRequestData().setGroupId("g").setTopics(List.of(
        new OffsetFetchRequestData.OffsetFetchRequestTopic().setName("t-1").setPartitionIndexes(List.of(0, 1)))));
    response("OffsetFetch.v5", ApiKeys.OFFSET_FETCH, 5, new OffsetFetchResponseData().setThrottleTimeMs(1).setErrorCode((short) 16).setTopics(List.of(
        new OffsetFetchResponseData.OffsetFetchResponseTopic().setName("t-1").setPartitions(List.of(
            new OffsetFetchResponseData.OffsetFetchResponsePartition().setPartitionIndex(1).setCommittedOffset(42).setCommittedLeaderEpoch(5).setMetadata(null).setErrorCode((short) 0))))));
    request("OffsetCommit.v7", ApiKeys.OFFSET_COMMIT, 7, new OffsetCommitRequestData().setGroupId("g").setGenerationIdOrMemberEpoch(-1).setMemberId("").setGroupInstanceId(null).setTopics(List.of(
        new OffsetCommitRequestData.OffsetCommitRequestTopic().setName("t-1").setPartitions(List.of(
            new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(1).setCommittedOffset(42).setCommittedLeaderEpoch(-1).setCommittedMetadata("note"))))));
    response("OffsetCommit.v7", ApiKeys.OFFSET_COMMIT, 7, new OffsetCommitResponseData().setThrottleTimeMs(1).setTopics(List.of(
        new OffsetCommitResponseData.OffsetCommitResponseTopic().setName("t-1").setPartitions(List.of(
            new OffsetCommitResponseData.OffsetCommitResponsePartition().setPartitionIndex(1).setErrorCode((short) 25))))));
  }

  static void topics() {
    CreateTopicsRequestData.CreatableTopicCollection wanted = new CreateTopicsRequestData.CreatableTopicCollection();
    CreateTopicsRequestData.CreatableTopicConfigCollection configs = new CreateTopicsRequestData.CreatableTopicConfigCollection();
    configs.add(new CreateTopicsRequestData.CreatableTopicConfig().setName("retention.ms").setValue("1000"));
    CreateTopicsRequestData.CreatableReplicaAssignmentCollection places = new CreateTopicsRequestData.CreatableReplicaAssignmentCollection();
    places.add(new CreateTopicsRequestData.CreatableReplicaAssignment().setPartitionIndex(0).setBrokerIds(List.of(2, 3)));
    wanted.add(new CreateTopicsRequestData.CreatableTopic().setName("t-1").setNumPartitions(6).setReplicationFactor((short) 3).setConfigs(configs));
    wanted.add(new CreateTopicsRequestData.CreatableTopic().setName("t-2").setNumPartitions(-1).setReplicationFactor((short) -1).setAssignments(places));
    request("CreateTopics.v4", ApiKeys.CREATE_TOPICS, 4, new CreateTopicsRequestData().setTopics(wanted).setTimeoutMs(10000).setValidateOnly(true));
    CreateTopicsResponseData.CreatableTopicResultCollection made = new CreateTopicsResponseData.CreatableTopicResultCollection();
    made.add(new CreateTopicsResponseData.CreatableTopicResult().setName("t-1").setErrorCode((short) 36).setErrorMessage("exists"));
    response("CreateTopics.v4", ApiKeys.CREATE_TOPICS, 4, new CreateTopicsResponseData().setThrottleTimeMs(1).setTopics(made));
    CreatePartitionsRequestData.CreatePartitionsTopicCollection wider = new CreatePartitionsRequestData.CreatePartitionsTopicCollection();
    wider.add(new CreatePartitionsRequestData.CreatePartitionsTopic().setName("t-1").setCount(12).setAssignments(null));
    wider.add(new CreatePartitionsRequestData.CreatePartitionsTopic().setName("t-2").setCount(3).setAssignments(List.of(
        new CreatePartitionsRequestData.CreatePartitionsAssignment().setBrokerIds(List.of(1, 2)),
        new CreatePartitionsRequestData.CreatePartitionsAssignment().setBrokerIds(List.of(3)))));
    request("CreatePartitions.v1", ApiKeys.CREATE_PARTITIONS, 1, new CreatePartitionsRequestData().setTopics(wider).setTimeoutMs(10000).setValidateOnly(true));
    response("CreatePartitions.v1", ApiKeys.CREATE_PARTITIONS, 1, new CreatePartitionsResponseData().setThrottleTimeMs(1).setResults(List.of(
        new CreatePartitionsResponseData.CreatePartitionsTopicResult().setName("t-1").setErrorCode((short) 37).setErrorMessage("too few"))));
    request("DeleteTopics.v3", ApiKeys.DELETE_TOPICS, 3, new DeleteTopicsRequestData().setTopicNames(List.of("t-1", "t-2")).setTimeoutMs(10000));
    DeleteTopicsResponseData.DeletableTopicResultCollection gone = new DeleteTopicsResponseData.DeletableTopicResultCollection();
    gone.add(new DeleteTopicsResponseData.DeletableTopicResult().setName("t-1").setErrorCode((short) 3));
    response("DeleteTopics.v3", ApiKeys.DELETE_TOPICS, 3, new DeleteTopicsResponseData().setThrottleTimeMs(1).setResponses(gone));
    request("DescribeConfigs.v3", ApiKeys.DESCRIBE_CONFIGS, 3, new DescribeConfigsRequestData().setIncludeSynonyms(true).setIncludeDocumentation(false).setResources(List.of(
        new DescribeConfigsRequestData.DescribeConfigsResource().setResourceType((byte) 2).setResourceName("t-1").setConfigurationKeys(null),
        new DescribeConfigsRequestData.DescribeConfigsResource().setResourceType((byte) 4).setResourceName("1").setConfigurationKeys(List.of("num.io.threads")))));
    response("DescribeConfigs.v3", ApiKeys.DESCRIBE_CONFIGS, 3, new DescribeConfigsResponseData().setThrottleTimeMs(1).setResults(List.of(
        new DescribeConfigsResponseData.DescribeConfigsResult().setErrorCode((short) 0).setErrorMessage(null).setResourceType((byte) 2).setResourceName("t-1").setConfigs(List.of(
            new DescribeConfigsResponseData.DescribeConfigsResourceResult().setName("retention.ms").setValue("1000").setReadOnly(false).setConfigSource((byte) 1).setIsSensitive(false)
                .setConfigType((byte) 5).setDocumentation("how long").setSynonyms(List.of(new DescribeConfigsResponseData.DescribeConfigsSynonym().setName("log.retention.ms").setValue(null).setSource((byte) 5))),
            new DescribeConfigsResponseData.DescribeConfigsResourceResult().setName("password").setValue(null).setReadOnly(true).setConfigSource((byte) 4).setIsSensitive(true).setConfigType((byte) 9).setDocumentation(null))))));
  }

  static void operations() {
    ElectLeadersRequestData.TopicPartitionsCollection chosen = new ElectLeadersRequestData.TopicPartitionsCollection();
    chosen.add(new ElectLeadersRequestData.TopicPartitions().setTopic("t-1").setPartitions(List.of(0, 2)));
    request("ElectLeaders.v1", ApiKeys.ELECT_LEADERS, 1, new ElectLeadersRequestData().setElectionType((byte) 1).setTopicPartitions(chosen).setTimeoutMs(10000));
    response("ElectLeaders.v1", ApiKeys.ELECT_LEADERS, 1, new ElectLeadersResponseData().setThrottleTimeMs(1).setErrorCode((short) 0).setReplicaElectionResults(List.of(
        new ElectLeadersResponseData.ReplicaElectionResult().setTopic("t-1").setPartitionResult(List.of(
            new ElectLeadersResponseData.PartitionResult().setPartitionId(2).setErrorCode((short) 84).setErrorMessage("not needed"))))));
    DescribeLogDirsRequestData.DescribableLogDirTopicCollection dirs = new DescribeLogDirsRequestData.DescribableLogDirTopicCollection();
    dirs.add(new DescribeLogDirsRequestData.DescribableLogDirTopic().setTopic("t-1").setPartitions(List.of(0, 1)));
    request("DescribeLogDirs.v1", ApiKeys.DESCRIBE_LOG_DIRS, 1, new DescribeLogDirsRequestData().setTopics(dirs));
    response("DescribeLogDirs.v1", ApiKeys.DESCRIBE_LOG_DIRS, 1, new DescribeLogDirsResponseData().setThrottleTimeMs(1).setResults(List.of(
        new DescribeLogDirsResponseData.DescribeLogDirsResult().setErrorCode((short) 0).setLogDir("/data").setTopics(List.of(
            new DescribeLogDirsResponseData.DescribeLogDirsTopic().setName("t-1").setPartitions(List.of(
                new DescribeLogDirsResponseData.DescribeLogDirsPartition().setPartitionIndex(1).setPartitionSize(123456789012L).setOffsetLag(3).setIsFutureKey(true))))))));
    request("AlterPartitionReassignments.v0", ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 0, new AlterPartitionReassignmentsRequestData().setTimeoutMs(10000).setTopics(List.of(
        new AlterPartitionReassignmentsRequestData.ReassignableTopic().setName("t-1").setPartitions(List.of(
            new AlterPartitionReassignmentsRequestData.ReassignablePartition().setPartitionIndex(0).setReplicas(List.of(2, 3)),
            new AlterPartitionReassignmentsRequestData.ReassignablePartition().setPartitionIndex(1).setReplicas(null))))));
    response("AlterPartitionReassignments.v0", ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 0, new AlterPartitionReassignmentsResponseData().setThrottleTimeMs(1).setErrorCode((short) 0).setErrorMessage(null).setResponses(List.of(
        new AlterPartitionReassignmentsResponseData.ReassignableTopicResponse().setName("t-1").setPartitions(List.of(
            new AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse().setPartitionIndex(1).setErrorCode((short) 85).setErrorMessage("none"))))));
    request("SaslHandshake.v1", ApiKeys.SASL_HANDSHAKE, 1, new SaslHandshakeRequestData().setMechanism("SCRAM-SHA-256"));
    response("SaslHandshake.v1", ApiKeys.SASL_HANDSHAKE, 1, new SaslHandshakeResponseData().setErrorCode((short) 33).setMechanisms(List.of("PLAIN", "SCRAM-SHA-512")));
    request("SaslAuthenticate.v1", ApiKeys.SASL_AUTHENTICATE, 1, new SaslAuthenticateRequestData().setAuthBytes(new byte[] {0, 1, 2}));
    response("SaslAuthenticate.v1", ApiKeys.SASL_AUTHENTICATE, 1, new SaslAuthenticateResponseData().setErrorCode((short) 58).setErrorMessage("no").setAuthBytes(new byte[] {9}).setSessionLifetimeMs(3600000));
  }

  public static void main(String[] args) {
    produce();
    fetch();
    cluster();
    groups();
    topics();
    operations();
    records();
    errors();
    System.out.println(out.append("\n}"));
  }
}
