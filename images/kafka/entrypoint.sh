#!/bin/bash
# Turns KAFKA_ variables into server.properties, formats the storage once, and becomes the broker, so that signals reach it.
set -euo pipefail

# The first process of a container ignores signals that it has no handler for: a stop during the set-up would be lost.
trap 'exit 143' TERM INT

# The same default as the official image; whoever starts a cluster gives an id of its own.
export CLUSTER_ID="${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}"

# The set-up is a short program: it takes the cheapest JVM, whatever the broker was given.
if ! setup=$(
  KAFKA_HEAP_OPTS=-Xmx128m KAFKA_JVM_PERFORMANCE_OPTS='' KAFKA_LOG4J_OPTS='' KAFKA_JMX_OPTS='' KAFKA_OPTS='' \
    /opt/kafka/bin/kafka-run-class.sh kafka.docker.KafkaDockerWrapper setup \
    --default-configs-dir /etc/kafka/docker \
    --mounted-configs-dir /mnt/shared/config \
    --final-configs-dir /opt/kafka/config 2>&1
); then
  # A node that was killed and started again finds its own storage: the one failure that is none.
  if ! grep --quiet --ignore-case 'already formatted' <<<"$setup"; then
    echo "$setup" >&2
    exit 1
  fi
fi

export KAFKA_HEAP_OPTS="${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}"
export KAFKA_JVM_PERFORMANCE_OPTS="${KAFKA_JVM_PERFORMANCE_OPTS:--server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true}"
export KAFKA_LOG4J_OPTS="${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml}"
exec /opt/kafka/bin/kafka-run-class.sh kafka.Kafka /opt/kafka/config/server.properties
