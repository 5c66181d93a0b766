// Opens what arrivals and outcomes of a producer flow through: whoever batches, accumulator or client, and the ledger.
import type {
  BatchProducer,
  Capabilities,
  Driver,
  ProducerCounters,
  ProducerOptions,
  RecordFactory,
  RecordProducer,
  RecordProducerOptions,
} from '../drivers/driver.ts'
import { Ledger } from '../recording/ledger.ts'
import { Accumulator, type AccumulatorPorts, type AccumulatorSettings } from './accumulator.ts'
import type { ProducerWorkerSpec } from './messages.ts'
import { RecordIntake } from './record-intake.ts'

/** Where arrivals go, whoever batches them. */
export type Intake = Pick<
  Accumulator,
  'nextSeq' | 'offer' | 'offerRun' | 'isTailFull' | 'isTailComplete' | 'poll' | 'flush' | 'close' | 'isEmpty'
>

export type Sender = {
  producer: BatchProducer | RecordProducer
  intake: Intake
  /** The client chooses partitions. */
  placesByItself: boolean
}

/** The settings of the accumulator from Kafka's names. */
export function accumulatorSettings(
  spec: Pick<ProducerWorkerSpec, 'settings'>,
  capabilities: Capabilities,
): AccumulatorSettings {
  const number = (name: string): number => Number(spec.settings[name])
  const idempotent = spec.settings['enable.idempotence'] === true
  const asked = number('max.in.flight.requests.per.connection')
  return {
    // A client that batches nothing has no such setting; the pool of payloads is then made for Java's default.
    batchSizeBytes: Number(spec.settings['batch.size'] ?? 16_384),
    lingerUs: number('linger.ms') * 1000,
    bufferMemoryBytes: number('buffer.memory'),
    maxInFlightPerLeader: idempotent ? Math.min(asked, capabilities.maxInFlightIdempotent ?? asked) : asked,
    maxRequestBytes: number('max.request.size'),
    maxRecordsPerBatch: capabilities.maxRecordsPerBatch ?? Number.POSITIVE_INFINITY,
    deliveryTimeoutUs: number('delivery.timeout.ms') * 1000,
    retries: number('retries'),
    retryBackoffUs: number('retry.backoff.ms') * 1000,
    idempotent,
  }
}

/** The ledger that the coordinator asked for. */
export function openLedger({
  ledgerPath: path,
  runTag,
  producerIndex,
  topics,
}: ProducerWorkerSpec): Ledger | undefined {
  if (path === undefined) return undefined
  return new Ledger({
    path,
    envelopeRun: runTag,
    producer: producerIndex,
    topicNumbers: topics.map(({ index }) => index),
  })
}

type Ports = Omit<AccumulatorPorts, 'producer'> & Required<Pick<ProducerOptions, 'onEvent'>>

export function openIntake(
  driver: Driver,
  spec: ProducerWorkerSpec,
  settings: AccumulatorSettings,
  record: RecordFactory,
  ports: Ports,
): Sender {
  const options = clientOptions(spec, record, ports)
  const isShipped = spec.mode === 'as-shipped'
  if (driver.createProducer && !isShipped) {
    const producer = driver.createProducer(options)
    const partitions = spec.topics.map(topic => topic.partitions)
    return { producer, intake: new Accumulator(partitions, settings, { ...ports, producer }), placesByItself: false }
  }
  if (!driver.createRecordProducer) throw new Error(`driver ${spec.driver} has no producer in mode ${spec.mode}`)
  const onResults: RecordProducerOptions['onResults'] = results => intake.settle(results)
  const producer = driver.createRecordProducer({ ...options, onResults })
  const intake = new RecordIntake(settings.bufferMemoryBytes, { ...ports, producer })
  return { producer, intake, placesByItself: isShipped }
}

function clientOptions(spec: ProducerWorkerSpec, record: RecordFactory, ports: Ports): ProducerOptions {
  return {
    bootstrap: spec.bootstrap,
    clientId: String(spec.settings['client.id'] ?? spec.worker),
    settings: spec.settings,
    ...(spec.compression ? { compression: spec.compression } : {}),
    topics: spec.topics,
    record,
    nowUs: () => ports.nowUs(),
    onEvent: (name, detail) => ports.onEvent(name, detail),
    ...(spec.security ? { security: spec.security } : {}),
    ...(spec.scripted ? { scripted: spec.scripted } : {}),
  }
}

/** The client's cumulative counters by the names they are recorded under; our accumulator counts its batches itself. */
export function recordedCounters({ requests, made, ...bytes }: ProducerCounters): Record<string, number> {
  return made ? { ...bytes, ...made, requests } : bytes
}
