// The librdkafka driver: the C client of most other languages, through node-rdkafka in the worker's own process.
import type { Driver } from '../driver.ts'
import { capabilities } from './capabilities.ts'
import { RdkafkaConsumer } from './consumer.ts'
import { RdkafkaProducer } from './producer.ts'

export const driver: Driver = {
  capabilities,
  createRecordProducer: options => new RdkafkaProducer(options),
  createConsumer: options => new RdkafkaConsumer(options),
}
