// The java driver: Kafka's own producer and consumer, each in a JVM beside the worker.
import type { Driver } from '../driver.ts'
import { capabilities } from './capabilities.ts'
import { JavaConsumer } from './consumer.ts'
import { JavaProducer } from './producer.ts'

export const driver: Driver = {
  capabilities,
  createRecordProducer: options => new JavaProducer(options),
  createConsumer: options => new JavaConsumer(options),
}
