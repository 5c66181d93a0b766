// The kafkajs driver: its producer, its group member and what they can do.
import type { Driver } from '../driver.ts'
import { capabilities } from './capabilities.ts'
import { KafkaJsConsumer } from './consumer.ts'
import { KafkaJsProducer } from './producer.ts'
import { KafkaJsRecordProducer } from './record-producer.ts'

export const driver: Driver = {
  capabilities,
  createProducer: options => new KafkaJsProducer(options),
  createRecordProducer: options => new KafkaJsRecordProducer(options),
  createConsumer: options => new KafkaJsConsumer(options),
}
