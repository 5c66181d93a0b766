// Looks at the cluster from outside once a second while a trial runs: nodes, partitions, leaders and lag.

import type { Crew } from '../load/crew.ts'
import type { SampleBody } from '../recording/format.ts'
import type { TrialWriter } from '../recording/write.ts'
import type { TrialContext } from './context.ts'
import { sampleHost } from './host.ts'
import { Tails } from './tails.ts'

const EVERY_MS = 1000
const POLL_MS = 50

export type Observer = { stop(): Promise<void> }
export type ClusterSample = Extract<SampleBody, { kind: 'cluster' }>

/** Starts sampling; a failed sample is an event, never an error of the trial. */
export function startObserver(
  context: TrialContext,
  crew: Crew,
  writer: TrialWriter,
  topics: readonly string[],
  onSample: (sample: ClusterSample) => void = () => undefined,
): Observer {
  let stopped = false
  const startedUs = context.clock.nowUs()
  let lastCpu = new Map<string, { atUs: number; cpuSeconds: number }>()
  const once = async (): Promise<void> => {
    writer.sample(sampleHost(context.clock.nowUs()))
    const nodes = await context.cluster.sample(() => context.clock.nowUs())
    for (const node of nodes) writer.sample({ kind: 'node', ...node })
    const [sample] = await Promise.all([sampleTopics(context, crew, topics), sampleBrokers(context, writer)])
    writer.sample(sample)
    onSample(sample)
    const brokerCpuCores = nodes.map(node => {
      const before = lastCpu.get(node.node)
      return before ? (node.cpuSeconds - before.cpuSeconds) / ((node.atUs - before.atUs) / 1e6) : 0
    })
    lastCpu = new Map(nodes.map(node => [node.node, node]))
    context.options.onProgress({
      kind: 'sample',
      lag: sample.lag,
      underReplicated: sample.underReplicated,
      partitions: sample.partitions,
      brokerCpuCores,
    })
  }
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const startedMs = performance.now()
      await once().catch((error: unknown) =>
        writer.event({
          kind: 'event',
          atUs: context.clock.nowUs(),
          name: 'sample.failed',
          detail: { message: String(error).slice(0, 200) },
        }),
      )
      const restMs = EVERY_MS - (performance.now() - startedMs)
      if (restMs > 0 && !stopped) await new Promise(resolve => setTimeout(resolve, restMs))
    }
  }
  const running = loop()
  return {
    stop: async () => {
      stopped = true
      await running
      await samplePauses(context, writer, startedUs)
    },
  }
}

/** The brokers' own counters, where asked for; one that does not answer is an event. */
async function sampleBrokers({ cluster, clock }: TrialContext, writer: TrialWriter): Promise<void> {
  const samples = await cluster.brokerMetrics?.sample(
    () => clock.nowUs(),
    (node, message) =>
      writer.event({ kind: 'event', atUs: clock.nowUs(), name: 'broker.silent', node, detail: { message } }),
  )
  for (const sample of samples ?? []) writer.sample({ kind: 'broker', ...sample })
}

/** What the brokers' GC logs tell of this trial's time. */
async function samplePauses(
  { cluster, clock, anchor }: TrialContext,
  writer: TrialWriter,
  sinceUs: number,
): Promise<void> {
  const logs = await cluster.brokerMetrics?.pauses().catch(() => [])
  const atUs = clock.nowUs()
  for (const { node, pauses } of logs ?? [])
    writer.sample({
      kind: 'pauses',
      atUs,
      node,
      pauses: pauses
        .map(({ monotonicNs, us }) => ({
          atUs: Math.round(anchor.wallUs + (monotonicNs - Number(anchor.hrtimeNs)) / 1000),
          us,
        }))
        .filter(pause => pause.atUs >= sinceUs),
    })
}

async function sampleTopics(context: TrialContext, crew: Crew, topics: readonly string[]): Promise<ClusterSample> {
  const [metadata, ends, positions] = await Promise.all([
    context.admin.metadata([...topics]),
    endOffsets(context, topics),
    crew.positions(),
  ])
  const partitions = metadata.flatMap(topic => topic.partitions)
  const leaders: Record<string, number> = {}
  for (const partition of partitions) leaders[String(partition.leader)] = (leaders[String(partition.leader)] ?? 0) + 1
  const lag: Record<string, number> = {}
  for (const [groupId, read] of positions) {
    const own = crew.topicsOf(groupId)
    lag[crew.nameOf(groupId)] = own.reduce(
      (sum, topic) =>
        sum +
        (ends.get(topic) ?? []).reduce(
          (all, end, p) => all + Math.max(0, end - (read.get(`${topic}:${p}`) ?? crew.beginOf(groupId, topic, p))),
          0,
        ),
      0,
    )
  }
  return {
    kind: 'cluster',
    atUs: context.clock.nowUs(),
    partitions: partitions.length,
    underReplicated: partitions.filter(partition => partition.isr.length < partition.replicas.length).length,
    offline: partitions.filter(partition => partition.leader < 0).length,
    leaders,
    endOffsetSum: [...ends.values()].flat().reduce((sum, end) => sum + end, 0),
    lag,
  }
}

/** End offsets of topics, per partition. */
export async function endOffsets(context: TrialContext, topics: readonly string[]): Promise<Map<string, number[]>> {
  const rows = await Promise.all(
    topics.map(async topic => [topic, (await context.admin.offsets(topic)).latest] as const),
  )
  return new Map(rows)
}

/**
 * Waits until every group is at the end offsets; false where the deadline comes first. Positions are asked for before
 * ends: whoever transforms was then done before what it writes was looked at. Behind the last record of a topic that is
 * written in transactions their ends may stand, which readers pass without a word.
 */
export async function readToEnd(
  context: TrialContext,
  crew: Crew,
  topics: readonly string[],
  deadlineUs: number,
): Promise<boolean> {
  await using tails = new Tails(context, crew.targets())
  for (;;) {
    const positions = await crew.positions()
    const ends = await endOffsets(context, topics)
    const behind = [...positions].flatMap(([groupId, read]) =>
      crew.topicsOf(groupId).flatMap(topic =>
        (ends.get(topic) ?? []).flatMap((end, partition) => {
          const from = read.get(`${topic}:${partition}`) ?? crew.beginOf(groupId, topic, partition)
          return from < end ? [{ topic, partition, from, end, readsCommitted: crew.readsCommitted(groupId) }] : []
        }),
      ),
    )
    if (behind.every(({ topic }) => tails.has(topic)) && !(await tails.anyVisible(behind))) return true
    if (context.clock.nowUs() > deadlineUs) return false
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}
