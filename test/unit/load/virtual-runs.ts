// Whole runs of a producer's role on virtual time, against a driver that answers as a test says.

import { Times } from '../../../src/core/times.ts'
import type { BatchResult, Driver, PendingBatch, ProducerCounters } from '../../../src/drivers/driver.ts'
import { capabilities } from '../../../src/drivers/scripted/capabilities.ts'
import { startVirtual, type VirtualRun, type VirtualSpec } from './virtual-producer.ts'

type Answer = (batch: PendingBatch, attempt: number) => Omit<BatchResult, 'batch' | 'atUs'> | undefined

/** A driver that answers each batch after 5 ms as it is told, or never. */
export function answering(
  answer: Answer,
  counters: () => ProducerCounters = () => ({ requests: 0, wireBytes: 0, compressedBytes: 0, uncompressedBytes: 0 }),
): Driver & { sent: PendingBatch[] } {
  const sent: PendingBatch[] = []
  return {
    sent,
    capabilities,
    createProducer: options => ({
      open: async () => undefined,
      close: async () => undefined,
      leaderOf: () => 1,
      refresh: () => undefined,
      counters,
      dispatch: (_leader, batches, onResults) => {
        sent.push(...batches.map(batch => ({ ...batch, intended: Times.of(batch.intended.toArray()) })))
        const answers = batches.map(batch => ({ batch, made: answer(batch, batch.attempts) }))
        if (answers.some(({ made }) => made === undefined)) return
        setTimeout(
          () =>
            onResults(answers.flatMap(({ batch, made }) => (made ? [{ batch, atUs: options.nowUs(), ...made }] : []))),
          5,
        )
      },
    }),
  }
}

export const ACKED: Answer = () => ({ outcome: 'acked' })

export async function runFor(
  ms: number,
  change: VirtualSpec,
  driver?: Driver,
  onTheWay?: (run: VirtualRun) => Promise<void>,
): Promise<VirtualRun> {
  const run = await startVirtual(change, driver)
  await onTheWay?.(run)
  await run.advance(ms)
  await run.finish(change.settings?.['test.drain'] === undefined ? 5000 : Number(change.settings['test.drain']))
  return run
}
