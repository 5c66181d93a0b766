// Acknowledges every batch in the next turn of the event loop, after its bytes were made, so that generating is all that is measured.
import type { BatchProducer, BatchResult, Driver, PendingBatch, ProducerOptions } from '../driver.ts'
import { capabilities } from './capabilities.ts'

function createProducer(options: ProducerOptions): BatchProducer {
  const counters = { requests: 0, wireBytes: 0, compressedBytes: 0, uncompressedBytes: 0 }
  const answer = (batch: PendingBatch): BatchResult => {
    const atUs = options.nowUs()
    if (options.settings['acks'] === '0') return { batch, outcome: 'sentNoAck', atUs }
    return { batch, outcome: 'acked', atUs, baseOffset: batch.firstSeq }
  }
  return {
    open: async () => undefined,
    leaderOf: () => 1,
    refresh: () => undefined,
    counters: () => counters,
    close: async () => undefined,
    dispatch: (_leader, batches, onResults) => {
      counters.requests++
      for (const batch of batches)
        for (let i = 0; i < batch.count; i++) counters.uncompressedBytes += options.record.value(batch, i).length
      setImmediate(() => onResults(batches.map(answer)))
    },
  }
}

export const driver = { capabilities, createProducer } satisfies Driver
