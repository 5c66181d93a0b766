#!/bin/bash
# Runs a broker through a short life and archives the classes it loaded, because loading them is most of a start.
set -euo pipefail

work=$(mktemp -d)
export CLUSTER_ID=archive-of-classes-0000 KAFKA_HEAP_OPTS=-Xmx512m

record() { # list class arguments...
  local list=$1
  shift
  KAFKA_OPTS="-XX:DumpLoadedClassList=$work/$list" /opt/kafka/bin/kafka-run-class.sh "$@"
}

sed "s|^log.dirs=.*|log.dirs=$work/data|" /etc/kafka/docker/server.properties > "$work/server.properties"
mkdir -p "$work/mounted" "$work/final"
cp "$work/server.properties" "$work/mounted/"
record setup.list kafka.docker.KafkaDockerWrapper setup \
  --default-configs-dir /etc/kafka/docker --mounted-configs-dir "$work/mounted" --final-configs-dir "$work/final"

KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseG1GC' KAFKA_LOG4J_OPTS='-Dlog4j2.configurationFile=/etc/kafka/docker/log4j2.yaml' \
  record broker.list kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
trap 'kill -9 $broker 2>/dev/null || true' EXIT
for _ in $(seq 60); do
  grep --quiet 'Kafka Server started' "$work/broker.log" && break
  kill -0 $broker || { cat "$work/broker.log"; exit 1; }
  sleep 0.5
done
grep --quiet 'Kafka Server started' "$work/broker.log" || { cat "$work/broker.log"; exit 1; }

# Clients touch the classes that the first produce, fetch and group request would otherwise load.
server=localhost:9092
record topics.list org.apache.kafka.tools.TopicCommand --bootstrap-server $server --create --topic archive --partitions 2
record produce.list org.apache.kafka.tools.ProducerPerformance --topic archive --num-records 100 --record-size 100 \
  --throughput -1 --producer-props bootstrap.servers=$server acks=all
record consume.list org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server $server --topic archive \
  --group archive --from-beginning --max-messages 100 --timeout-ms 20000 > "$work/consumed"
[[ $(wc -l < "$work/consumed") -ge 100 ]]
record offsets.list org.apache.kafka.tools.GetOffsetShell --bootstrap-server $server --topic archive

kill -TERM $broker
wait $broker || [[ $? -eq 143 ]]

cat "$work"/*.list | awk '!seen[$0]++' > "$work/classes"
KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseG1GC' \
  KAFKA_OPTS="-Xshare:dump -XX:SharedClassListFile=$work/classes -XX:SharedArchiveFile=/opt/kafka/kafka.jsa" \
  /opt/kafka/bin/kafka-run-class.sh kafka.Kafka > "$work/dump.log" 2>&1 || { tail -20 "$work/dump.log"; exit 1; }
rm -rf "$work"
ls -l /opt/kafka/kafka.jsa
