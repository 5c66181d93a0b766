// The wire driver: Kafka's protocol spoken by ourselves, so that the cluster is the limit and not a client.
import type { Driver } from '../driver.ts'
import { capabilities } from './capabilities.ts'
import { WireConsumer } from './consumer.ts'
import { WireProducer } from './producer.ts'

export const driver: Driver = {
  capabilities,
  createProducer: options => new WireProducer(options),
  createConsumer: options => new WireConsumer(options),
}
