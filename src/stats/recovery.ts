// From marks, brokers' views and gaps between acknowledgements to the times of a recovery; all times in µs of the run's clock.
import type { CoursePoint } from './course.ts'

/** One fault as the injector told it. */
export type FaultMark = {
  id: string
  kind: string
  target: string
  nodes: number[]
  takesLeaders: boolean
  /** The node that led the quorum when it was ordered. */
  controller?: number
  orderedUs: number
  /** When the act had been read back from the system; only of faults whose effect was proven. */
  actedUs?: number
  evidence?: string
  voidReason?: string
  healingUs?: number
  healedUs?: number
  unhealedReason?: string
}

/** One broker's view of one partition, from this time on. */
export type PartitionView = {
  atUs: number
  /** It may have changed at any time after this. */
  askedBeforeUs: number
  node: string
  topic: string
  partition: number
  leader: number
  epoch: number
  isr: number
  replicas: number
}
export type Answering = { atUs: number; node: string; answers: boolean }

/** A time without acknowledgements; `toUs` is missing where none came any more. `topic` is its number in the trial. */
export type AckGap = { producer: number; topic: number; partition: number; fromUs: number; toUs?: number }

export type PartitionRecovery = {
  topic: string
  partition: number
  oldLeader: number
  oldEpoch: number
  newLeader?: number
  newEpoch?: number
  newEpochUs?: number
  /** How much earlier the new epoch may have been there. */
  uncertainUs?: number
  firstAckUs?: number
}

export type FaultRecovery = FaultMark & {
  /** Partitions whose leader was struck. */
  partitions: PartitionRecovery[]
  /** Latest new epoch − acted; missing where no leader was struck or one never came back. */
  clusterRtoUs?: number
  /** Longest wait of any producer for its first acknowledgement − acted. */
  clientRtoUs?: number
  isrFullUs?: number
  lagDrainedUs?: number
}

export type Recovery = {
  faults: FaultRecovery[]
  /** Times without acknowledgements above the threshold, longest first. */
  windows: { topic: string; partition: number; producer: number; fromUs: number; toUs?: number }[]
  thresholdUs: number
  unavailableMaxUs: number
  /** Partitions that got another leader between the first fault and the last heal. */
  leaderChanges: number
  /** Records acknowledged, and read by all groups together, in whole seconds under a fault that the drill is about; absent where none acted. */
  meanwhile?: { acked: number; consumed: number }
  /** The start of load on the run's clock; charts count from it. */
  startUs?: number
  /** What the brokers told, from change to change. */
  course?: CoursePoint[]
}

/** The faults a drill is about: those that take leaders away where there are any, else all; slow links under a crash are its setting. */
export function mainFaults<Mark extends FaultMark>(faults: readonly Mark[]): Mark[] {
  const taking = faults.filter(fault => fault.takesLeaders)
  return taking.length > 0 ? taking : [...faults]
}

export type RecoveryInput = {
  marks: readonly FaultMark[]
  views: readonly PartitionView[]
  answering: readonly Answering[]
  gaps: readonly AckGap[]
  topicNames: readonly string[]
  lag: readonly { atUs: number; lag: number }[]
  thresholdUs: number
  endUs: number
}

/** All times of all faults of one trial. */
export function computeRecovery(input: RecoveryInput): Recovery {
  const gaps = input.gaps.filter(gap => (gap.toUs ?? input.endUs) - gap.fromUs >= input.thresholdUs)
  const named = gaps
    .map(gap => ({ ...gap, topic: input.topicNames[gap.topic] ?? String(gap.topic) }))
    .sort((a, b) => (b.toUs ?? input.endUs) - b.fromUs - ((a.toUs ?? input.endUs) - a.fromUs))
  const longest = named[0]
  return {
    faults: input.marks.map(mark => recoveryOf(mark, named, input)),
    windows: named,
    thresholdUs: input.thresholdUs,
    unavailableMaxUs: longest ? (longest.toUs ?? input.endUs) - longest.fromUs : 0,
    leaderChanges: countLeaderChanges(input),
  }
}

type NamedGap = Recovery['windows'][number]

function recoveryOf(mark: FaultMark, gaps: readonly NamedGap[], input: RecoveryInput): FaultRecovery {
  const { actedUs } = mark
  if (actedUs === undefined) return { ...mark, partitions: [] }
  const struck = mark.takesLeaders ? struckBy(mark, input.views) : []
  const partitions = struck.map(view => partitionRecovery(view, mark, actedUs, gaps, input))
  const epochs = partitions.map(row => row.newEpochUs)
  const clusterRtoUs = latest(epochs)
  const clientRtoUs = clientRto(mark, actedUs, partitions, gaps)
  const isrFullUs = mark.healedUs === undefined ? undefined : wholeFrom(mark.healedUs, input)
  const lagDrainedUs = mark.healedUs === undefined ? undefined : drainedFrom(mark, mark.healedUs, input)
  return {
    ...mark,
    partitions,
    ...(clusterRtoUs === undefined ? {} : { clusterRtoUs: clusterRtoUs - actedUs }),
    ...(clientRtoUs === undefined ? {} : { clientRtoUs }),
    ...(isrFullUs === undefined ? {} : { isrFullUs: isrFullUs - (mark.healedUs ?? 0) }),
    ...(lagDrainedUs === undefined ? {} : { lagDrainedUs: lagDrainedUs - (mark.healedUs ?? 0) }),
  }
}

/** The latest of several times; undefined where there is none or one is missing. */
function latest(times: readonly (number | undefined)[]): number | undefined {
  if (times.length === 0 || times.includes(undefined)) return undefined
  return Math.max(...(times as number[]))
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`

/** Of every partition, the view with the highest epoch that any broker had told by then. */
function viewsAt(views: readonly PartitionView[], atUs: number): Map<string, PartitionView> {
  const best = new Map<string, PartitionView>()
  for (const view of views)
    if (view.atUs <= atUs && view.epoch >= (best.get(keyOf(view))?.epoch ?? -1)) best.set(keyOf(view), view)
  return best
}

function struckBy(mark: FaultMark, views: readonly PartitionView[]): PartitionView[] {
  return [...viewsAt(views, mark.orderedUs).values()].filter(view => mark.nodes.includes(view.leader))
}

function partitionRecovery(
  before: PartitionView,
  mark: FaultMark,
  actedUs: number,
  gaps: readonly NamedGap[],
  { views }: RecoveryInput,
): PartitionRecovery {
  const own = views.filter(view => keyOf(view) === keyOf(before))
  // A broker that is cut off goes on naming itself leader: the first of ALL brokers to tell of a higher epoch counts.
  const next = own.find(view => view.atUs > mark.orderedUs && view.epoch > before.epoch && view.leader >= 0)
  const ends = gapsOver(gaps, before, actedUs, next?.atUs ?? mark.healingUs).map(gap => gap.toUs)
  const firstAckUs = latest(ends)
  return {
    topic: before.topic,
    partition: before.partition,
    oldLeader: before.leader,
    oldEpoch: before.epoch,
    ...(next
      ? {
          newLeader: next.leader,
          newEpoch: next.epoch,
          newEpochUs: next.atUs,
          uncertainUs: next.atUs - Math.max(mark.orderedUs, next.askedBeforeUs),
        }
      : {}),
    ...(firstAckUs === undefined ? {} : { firstAckUs }),
  }
}

/** Gaps of a partition that began before `untilUs` and went on after the act. */
function gapsOver(
  gaps: readonly NamedGap[],
  place: { topic: string; partition: number },
  actedUs: number,
  untilUs: number | undefined,
): NamedGap[] {
  return gaps.filter(
    gap =>
      keyOf(gap) === keyOf(place) &&
      (gap.toUs ?? Number.POSITIVE_INFINITY) > actedUs &&
      gap.fromUs <= (untilUs ?? Number.POSITIVE_INFINITY),
  )
}

/** Over the partitions struck, or all where the fault takes no leaders; no gap above the threshold is no wait. */
function clientRto(
  mark: FaultMark,
  actedUs: number,
  partitions: readonly PartitionRecovery[],
  gaps: readonly NamedGap[],
): number | undefined {
  const places = mark.takesLeaders ? partitions : gaps
  const over = places.flatMap(place => {
    const untilUs = 'newEpochUs' in place ? place.newEpochUs : mark.healingUs
    return gapsOver(gaps, place, actedUs, untilUs)
  })
  if (over.length === 0) return mark.takesLeaders && partitions.length === 0 ? undefined : 0
  const end = latest(over.map(gap => gap.toUs))
  return end === undefined ? undefined : end - actedUs
}

/** The first time at which every broker answers and sees every replica of every partition in sync, under one epoch. */
function wholeFrom(fromUs: number, { views, answering }: RecoveryInput): number | undefined {
  const nodes = new Set(views.map(view => view.node))
  const seen = new Map<string, PartitionView>()
  const silent = new Set<string>()
  const isWhole = (): boolean => {
    if (silent.size > 0) return false
    const keys = new Map<string, number>()
    for (const view of seen.values()) keys.set(keyOf(view), Math.max(keys.get(keyOf(view)) ?? -1, view.epoch))
    if (seen.size < keys.size * nodes.size) return false
    return [...seen.values()].every(view => view.isr === view.replicas && view.epoch === keys.get(keyOf(view)))
  }
  const steps = [
    ...views.map(view => ({ atUs: view.atUs, take: () => void seen.set(`${view.node}/${keyOf(view)}`, view) })),
    ...answering.map(({ atUs, node, answers }) => ({
      atUs,
      take: () => void (answers ? silent.delete(node) : silent.add(node)),
    })),
  ].sort((a, b) => a.atUs - b.atUs)
  let next = 0
  for (; next < steps.length && (steps[next]?.atUs ?? 0) <= fromUs; next++) steps[next]?.take()
  if (isWhole()) return fromUs
  while (next < steps.length) {
    const { atUs = 0 } = steps[next] ?? {}
    // What was seen at one instant counts as one step.
    for (; next < steps.length && steps[next]?.atUs === atUs; next++) steps[next]?.take()
    if (isWhole()) return atUs
  }
  return undefined
}

/** The first look after the heal at which no more waits than before the fault. */
function drainedFrom(mark: FaultMark, fromUs: number, { lag }: RecoveryInput): number | undefined {
  if (lag.length === 0) return undefined
  const before = Math.max(0, ...lag.filter(point => point.atUs < mark.orderedUs).map(point => point.lag))
  return lag.find(point => point.atUs >= fromUs && point.lag <= before)?.atUs
}

function countLeaderChanges({ marks, views }: RecoveryInput): number {
  const fromUs = Math.min(...marks.map(mark => mark.orderedUs))
  const toUs = Math.max(...marks.map(mark => mark.healedUs ?? Number.POSITIVE_INFINITY))
  const before = viewsAt(views, fromUs)
  const after = viewsAt(views, toUs)
  return [...before].filter(([key, view]) => {
    const now = after.get(key)
    return (
      now !== undefined &&
      now.epoch > view.epoch &&
      views.some(
        one =>
          keyOf(one) === key &&
          one.atUs > fromUs &&
          one.atUs <= toUs &&
          one.epoch > view.epoch &&
          one.leader !== view.leader,
      )
    )
  }).length
}
