// The platformatic driver: its producer, its group member and what they can do.
import type { Driver } from '../driver.ts'
import { capabilities } from './capabilities.ts'
import { PlatformaticConsumer } from './consumer.ts'
import { PlatformaticProducer } from './producer.ts'
import { PlatformaticRecordProducer } from './record-producer.ts'

export const driver: Driver = {
  capabilities,
  createProducer: options => new PlatformaticProducer(options),
  createRecordProducer: options => new PlatformaticRecordProducer(options),
  createConsumer: options => new PlatformaticConsumer(options),
}
