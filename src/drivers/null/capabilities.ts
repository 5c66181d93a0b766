// The null driver: acknowledges at once, to find out how much this machine can generate.
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport } from '../support.ts'

export const capabilities: Capabilities = {
  name: 'null',
  kind: 'batch',
  codecs: ['none'],
  checksCrc: true,
  producer: batchProducerSupport({}),
  consumer: {},
  badges: ['null driver: no broker was loaded'],
}
