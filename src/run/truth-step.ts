// Step 8 of a trial: the truth read, where a broker holds what was written; its cost stands in the trial's account, outside of what was measured.
import { messageOf } from '../core/errors.ts'
import { isPretending } from '../core/pretending.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { TrialRecord } from '../recording/format.ts'
import type { TrialContext } from './context.ts'
import { runTag, topicName } from './specs.ts'
import { readTruth, type TruthTopic } from './truth.ts'

/** Reads everything back; what stands in the way is in the account, and makes its checks inconclusive. */
export async function truthOf(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  begin: ReadonlyMap<string, number[]>,
): Promise<TrialRecord['truth']> {
  const { producers } = setup
  if (producers.every(group => isPretending(group.driver))) return { skipped: 'no broker was written to' }
  context.options.onProgress({ kind: 'step', text: 'reading everything back' })
  try {
    const topics = await Promise.all(
      setup.topics.map(async (topic, number): Promise<TruthTopic> => {
        const name = topicName(context.runId, trial.number, topic.name)
        const { earliest, latest } = await context.admin.offsets(name)
        const writers = producers.filter(group => group.topicNames.includes(topic.name))
        return {
          name,
          number,
          inHeaders: writers.some(group => group.envelope === 'header'),
          isCounted: writers.some(group => group.verify === 'counts'),
          partitions: latest.map((end, partition) => ({
            begin: begin.get(name)?.[partition] ?? 0,
            earliest: earliest[partition] ?? 0,
            end,
          })),
        }
      }),
    )
    return await readTruth({
      bootstrap: context.cluster.observerBootstrap,
      ...(context.security ? { security: context.security } : {}),
      envelopeRun: runTag(context.runId, trial.number),
      topics,
      directory: context.directory,
      trial: trial.number,
    })
  } catch (error) {
    return { skipped: messageOf(error) }
  }
}
