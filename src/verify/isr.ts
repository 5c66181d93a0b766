// When fewer replicas than min.insync.replicas were in sync, as every broker that answered saw it: from the first to the last sure moment.
import type { SampleBody, TrialRecord } from '../recording/format.ts'
import type { BelowMinIsr } from './history.ts'

/** A broker may name an ISR this long after it has grown. */
const SLACK_US = 100_000

type View = { atUs: number; askedBeforeUs: number; node: string; isr: number }

export function timesBelowMinIsr(
  { topics }: Pick<TrialRecord, 'topics'>,
  samples: readonly SampleBody[],
): BelowMinIsr[] {
  const views = samples.filter(sample => sample.kind === 'view')
  return topics.flatMap((topic, number) => {
    const wanted = Number(topic.settings.find(row => row.name === 'min.insync.replicas')?.value ?? 1)
    return Array.from({ length: topic.partitions }, (_, partition) => {
      const own = views.flatMap(({ atUs, askedBeforeUs, node, changes }) =>
        changes
          .filter(row => row.topic === topic.name && row.partition === partition)
          .map((row): View => ({ atUs, askedBeforeUs, node, isr: row.isr.length })),
      )
      return timesBelow(own, wanted).map(time => ({ topic: number, partition, ...time }))
    }).flat()
  })
}

function timesBelow(views: readonly View[], wanted: number): { fromUs: number; toUs: number }[] {
  const seen = new Map<string, number>()
  const times: { fromUs: number; toUs: number }[] = []
  let fromUs: number | undefined
  for (const view of [...views].sort((a, b) => a.atUs - b.atUs)) {
    seen.set(view.node, view.isr)
    const isBelow = [...seen.values()].every(isr => isr < wanted)
    if (isBelow) fromUs ??= view.atUs
    else if (fromUs !== undefined) {
      const toUs = view.askedBeforeUs - SLACK_US
      if (toUs > fromUs) times.push({ fromUs, toUs })
      fromUs = undefined
    }
  }
  return times
}
