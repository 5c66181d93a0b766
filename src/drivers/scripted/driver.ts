// A stand-in at the one slow seam: answers come after latencies given in the scenario, with an optional stall and a bounded drain after it.
import type { BatchProducer, BatchResult, Driver, PendingBatch, ProducerOptions, Scripted } from '../driver.ts'
import { capabilities } from './capabilities.ts'

const DEFAULT_LATENCY_US = 1000

/** The latency of record `seq` under a list of shares, in their order, as an exact repeating pattern. */
export function scriptedLatencyUs(latency: { share: number; us: number }[] | undefined, seq: number): number {
  if (!latency) return DEFAULT_LATENCY_US
  const place = ((seq * 7919) % 10_000) / 10_000
  let sum = 0
  for (const step of latency) {
    sum += step.share
    if (place < sum - 1e-12) return step.us
  }
  return latency.at(-1)?.us ?? DEFAULT_LATENCY_US
}

/**
 * When answers come: each after its latency, except that one falling due inside the stall waits for its end, and is then
 * served behind all others that wait, at the drain rate, for as long as anything waits.
 */
function makeQueue(script: Scripted): (batch: PendingBatch, nowUs: number) => number {
  let startUs: number | undefined
  let servedUs = Number.NEGATIVE_INFINITY
  return (batch, nowUs) => {
    startUs ??= batch.count > 0 ? batch.intended.first : nowUs
    const dueUs = nowUs + scriptedLatencyUs(script.latency, batch.firstSeq)
    if (!script.stall) return dueUs
    const fromUs = startUs + script.stall.atMs * 1000
    const untilUs = fromUs + script.stall.forMs * 1000
    const isStalled = dueUs >= fromUs && dueUs < untilUs
    if (!isStalled && dueUs >= servedUs) return dueUs
    const drainUs = script.drainPerSecond ? (batch.count * 1e6) / script.drainPerSecond : 0
    servedUs = Math.max(servedUs, untilUs) + drainUs
    return Math.max(dueUs, servedUs)
  }
}

function createProducer(options: ProducerOptions): BatchProducer {
  const counters = { requests: 0, wireBytes: 0, compressedBytes: 0, uncompressedBytes: 0 }
  const answerAt = makeQueue(options.scripted ?? {})
  const outcome = options.settings['acks'] === '0' ? 'sentNoAck' : 'acked'
  return {
    open: async () => undefined,
    leaderOf: () => 1,
    refresh: () => undefined,
    counters: () => counters,
    close: async () => undefined,
    dispatch: (_leader, batches, onResults) => {
      counters.requests++
      const nowUs = options.nowUs()
      const atUs = Math.max(...batches.map(batch => answerAt(batch, nowUs)))
      const answers = batches.map((batch): BatchResult => ({ batch, outcome, atUs }))
      setTimeout(() => onResults(answers), Math.max(0, (atUs - nowUs) / 1000))
    },
  }
}

export const driver = { capabilities, createProducer } satisfies Driver
