// The scripted driver: answers with latencies written in the scenario, to check the measuring itself.
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport } from '../support.ts'

export const capabilities: Capabilities = {
  name: 'scripted',
  kind: 'batch',
  codecs: ['none'],
  checksCrc: true,
  producer: batchProducerSupport({}),
  consumer: {},
  badges: ['scripted driver: latencies come from the scenario, no broker was loaded'],
}
