// An accumulator over a producer that only writes down what it is given, and a clock that stands where a test puts it.
import type { BatchResult, PendingBatch } from '../../../src/drivers/driver.ts'
import { Accumulator, type AccumulatorSettings, type FinalOutcome } from '../../../src/load/accumulator.ts'

const SETTINGS: AccumulatorSettings = {
  batchSizeBytes: 1000,
  lingerUs: 5000,
  bufferMemoryBytes: 100_000,
  maxInFlightPerLeader: 5,
  maxRequestBytes: 1_000_000,
  maxRecordsPerBatch: Number.POSITIVE_INFINITY,
  deliveryTimeoutUs: 120e6,
  retries: 2_147_483_647,
  retryBackoffUs: 100_000,
  idempotent: false,
}

/** A record of this size fills a tenth of a batch: 61 + 9 × (size + 12) ≤ 1000 < 61 + 10 × (size + 12). */
export const SIZE = 90

export type Request = { leader: number; batches: PendingBatch[]; answer(results: BatchResult[]): void }
type Final = {
  place: string
  firstSeq: number
  count: number
  outcome: FinalOutcome
  atUs: number
  errorClass?: string
}

/** The accumulator, what it sent, and how each record ended. */
export function rig(
  settings: Partial<AccumulatorSettings> = {},
  partitions: number[] = [3],
  leaderOf: (partition: number) => number = () => 1,
) {
  const clock = { nowUs: 0 }
  const requests: Request[] = []
  const finals: Final[] = []
  const retries: { errorClass: string; duplicatePossible: boolean; firstSeq: number }[] = []
  const leaders = { of: leaderOf }
  const known = { of: (_partition: number) => true }
  let refreshes = 0
  const accumulator = new Accumulator(
    partitions,
    { ...SETTINGS, ...settings },
    {
      producer: {
        leaderOf: (_topic, partition) => leaders.of(partition),
        dispatch: (leader, batches, onResults) => requests.push({ leader, batches: [...batches], answer: onResults }),
        isKnown: (_topic, partition) => known.of(partition),
        refresh: () => {
          refreshes++
        },
      },
      nowUs: () => clock.nowUs,
      onFinal: (batch, outcome, atUs, errorClass) =>
        finals.push({
          place: `${batch.topic}:${batch.partition}`,
          firstSeq: batch.firstSeq,
          count: batch.count,
          outcome,
          atUs,
          ...(errorClass ? { errorClass } : {}),
        }),
      onRetry: (batch, errorClass, duplicatePossible) =>
        retries.push({ errorClass, duplicatePossible, firstSeq: batch.firstSeq }),
      onDispatch: () => undefined,
    },
  )
  const at = (us: number): void => {
    clock.nowUs = us
    accumulator.poll(us)
  }
  const offer = (partition: number, count = 1, size = SIZE): string[] =>
    Array.from({ length: count }, () => accumulator.offer(0, partition, size, clock.nowUs, clock.nowUs))
  const settle = (request: Request | undefined, result: Omit<BatchResult, 'batch' | 'atUs'>): void => {
    request?.answer(request.batches.map(batch => ({ batch, atUs: clock.nowUs, ...result })))
  }
  const ack = (request: Request | undefined): void => settle(request, { outcome: 'acked' })
  const refuse = (request: Request | undefined, error: Partial<BatchResult> = {}): void =>
    settle(request, {
      outcome: 'error',
      errorClass: 'NOT_ENOUGH_REPLICAS',
      retriable: true,
      maybeWritten: false,
      ...error,
    })
  /** What each request held, as "leader: partition@firstSeq+count …". */
  const sent = (): string[] =>
    requests.map(
      ({ leader, batches }) => `${leader}: ${batches.map(b => `${b.partition}@${b.firstSeq}+${b.count}`).join(' ')}`,
    )
  return {
    accumulator,
    clock,
    requests,
    finals,
    retries,
    leaders,
    known,
    at,
    offer,
    ack,
    refuse,
    settle,
    sent,
    refreshes: () => refreshes,
  }
}
