// Shorthand for capability tables: every known setting gets one way of being honoured.
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../scenario/schema/settings.ts'
import type { Support } from './driver.ts'

/** Settings that our accumulator honours for every batch driver. */
const BY_HARNESS = [
  'linger.ms',
  'batch.size',
  'buffer.memory',
  'max.request.size',
  'delivery.timeout.ms',
  'retries',
  'retry.backoff.ms',
  'max.in.flight.requests.per.connection',
  'partitioner.ignore.keys',
]

export function batchProducerSupport(overrides: Record<string, Support>): Record<string, Support> {
  return Object.fromEntries(
    Object.keys(PRODUCER_SETTINGS).map(name => [
      name,
      overrides[name] ?? (BY_HARNESS.includes(name) ? 'harness' : 'client'),
    ]),
  )
}

/** Support in mode as-shipped: what the library takes is its own, buffer.memory is ours, and anything else is refused. */
export function shippedSupport(
  table: Readonly<Record<string, unknown>>,
  library: string,
  taken: readonly string[],
  overrides: Record<string, Support> = {},
): Record<string, Support> {
  const missing: Support = { unsupported: `${library} as shipped has no such setting` }
  return Object.fromEntries(
    Object.keys(table).map(name => [name, overrides[name] ?? (taken.includes(name) ? 'client' : missing)]),
  )
}

export function consumerSupport(overrides: Record<string, Support>): Record<string, Support> {
  return Object.fromEntries(Object.keys(CONSUMER_SETTINGS).map(name => [name, overrides[name] ?? 'client']))
}
