#!/bin/bash
# Runs a class of Kafka's jars with the classpath that the class data archive was made for.
set -euo pipefail

jars=(/opt/kafka/libs/*.jar)
classpath=$(IFS=:; echo "${jars[*]}")

archive=()
if [[ -f /opt/kafka/kafka.jsa ]]; then
  archive=(-XX:SharedArchiveFile=/opt/kafka/kafka.jsa -Xlog:disable -Xlog:all=error:stderr)
fi

# The variables hold several options each, so they are split into words on purpose.
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1} \
  "${archive[@]}" \
  ${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.yaml} \
  ${KAFKA_JMX_OPTS:-} ${KAFKA_OPTS:-} \
  -cp "$classpath" "$@"
