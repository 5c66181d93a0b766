// When a rate counts as sustained: nearly every record in time, and nothing that grows, breaks or stays behind.

/** Nearly all records must be acked and read by every group within the deadline of when they were meant to be sent. */
export type Goal = { deadlineMs: number; missShare: number }

export type TrialOutcome = {
  /** Records handed over in time ÷ records scheduled. */
  offeredShare: number
  /** Records not acked, or not read by every group, within the goal's deadline of their intended time ÷ records scheduled. */
  missShare: number
  /** The same for every deadline in ms, where the trial is judged for several goals. */
  missShareWithin?: Readonly<Record<number, number>>
  errors: number
  /** Growth of records that are sent and not yet acked, per second, as a share of the rate; 0 where none is sure. */
  producerGrowthShare: number
  /** The same for what each group has not read. */
  lagGrowthShare: Record<string, number>
  /** From the end of the schedule to the last outcome and the last record read. */
  drainMs: number
  /** Leaders moved, or replicas fell behind. */
  isClusterChanged: boolean
  /** The generator cannot be believed. */
  isGeneratorLimited: boolean
  /** How long it was loaded, where it ended before its time because the goal it was asked for could not be met any more. */
  loadedMs?: number
  /** Cores that the busiest worker used, where it is known: one is all it can. */
  generatorCores?: number
}

const LEAST_OFFERED_SHARE = 0.995
const MOST_GROWTH_SHARE = 0.005
const LEAST_DRAIN_MS = 2000

/** A trial as one of several goals sees it; throws where it was judged for several, and this is none of them. */
export function outcomeFor(outcome: TrialOutcome, { deadlineMs }: Goal): TrialOutcome {
  if (!outcome.missShareWithin) return outcome
  const missShare = outcome.missShareWithin[deadlineMs]
  if (missShare === undefined) throw new TypeError(`the trial was not judged for ${deadlineMs} ms`)
  return { ...outcome, missShare }
}

/** What kept a trial from being good; empty for a good one. */
export function guardsOf(outcome: TrialOutcome, goal: Goal): string[] {
  const guards: string[] = []
  if (outcome.missShare > goal.missShare) guards.push('latency')
  if (outcome.offeredShare < LEAST_OFFERED_SHARE || outcome.producerGrowthShare > MOST_GROWTH_SHARE)
    guards.push('producer queue')
  for (const [group, growth] of Object.entries(outcome.lagGrowthShare))
    if (growth > MOST_GROWTH_SHARE) guards.push(`lag of ${group}`)
  if (outcome.errors > 0) guards.push('errors')
  if (outcome.drainMs > Math.max(LEAST_DRAIN_MS, 2 * goal.deadlineMs)) guards.push('drain')
  if (outcome.isClusterChanged) guards.push('cluster changed')
  return guards
}
