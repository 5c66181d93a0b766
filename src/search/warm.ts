// Loads a cluster until it is as fast as it will be, so that a search does not measure how old its brokers are.
import type { Cost } from './cost.ts'
import type { SearchCluster } from './search.ts'
import type { SearchOptions, TrialRequest } from './terms.ts'

/** What a closed loop must gain on the one before, for another to be worth its time. */
const WARM_GROWTH_SHARE = 0.1
const WARM_BUDGET_SHARE = 0.25
const LEAST_LOOPS = 2
/** Where limits are lifted, so much of the budget goes into growing old without them. */
const LIFTED_BUDGET_SHARE = 0.4
/** And so much of it into the first closed loop, which says at what rate to rehearse: young brokers are slow, so that they are not overloaded later. */
const LIFTED_LOOP_BUDGET_SHARE = 1 / 12
const MOST_REHEARSALS = 12
/** In turn: what is searched later is higher than what young brokers complete, and code compiled for one load is compiled again for another. */
const REHEARSED = [1, 1.5, 2]

export type Warmed = {
  /** Completions per second at the end. */
  perSecond: number
  /** How long limits were lifted; undefined where they could not be. */
  liftedMs: number | undefined
}

/** Whether another load of this length would end within a share of the budget. */
function fits(cost: Cost, durationMs: number, share: number, { budgetMs, overheadMs }: SearchOptions): boolean {
  return cost.spentMs + durationMs + overheadMs <= share * budgetMs
}

/** Closed loops until one brings no more: brokers that have just started grow faster for a minute or more, and trials would compare their ages. */
async function growOld(cluster: SearchCluster, options: SearchOptions, cost: Cost): Promise<number> {
  const { saturateMs } = options
  let [loops, most, perSecond] = [0, 0, 0]
  do {
    loops++
    most = perSecond
    perSecond = await cost.of(saturateMs, cluster.saturate(saturateMs))
  } while (
    loops < LEAST_LOOPS ||
    (perSecond > most * (1 + WARM_GROWTH_SHARE) && fits(cost, saturateMs, WARM_BUDGET_SHARE, options))
  )
  return perSecond
}

/**
 * A closed loop, then short trials at its rate. The trials are what counts: topics that come and go, and records that come
 * in time, run code that no closed loop runs, and within limits its compiling takes minutes of what the trials that are judged need.
 */
async function rehearse(cluster: SearchCluster, options: SearchOptions, cost: Cost): Promise<void> {
  const { saturateMs, budgetMs } = options
  const loopMs = Math.max(saturateMs, LIFTED_LOOP_BUDGET_SHARE * budgetMs)
  const perSecond = await cost.of(loopMs, cluster.saturate(loopMs))
  const durationMs = saturateMs / 2
  const rehearsalOf = (i: number): TrialRequest => ({
    ratePerSecond: perSecond * (REHEARSED[i % REHEARSED.length] as number),
    durationMs,
    purpose: 'warm',
  })
  const hasTime = (): boolean => fits(cost, durationMs, LIFTED_BUDGET_SHARE, options)
  for (let i = 0; i < MOST_REHEARSALS && perSecond > 0 && hasTime(); i++)
    await cost.of(durationMs, cluster.runTrial(rehearsalOf(i)))
}

/** Lifts limits for a load and brings them back, whatever becomes of it; resolves with how long that took, undefined where there are none. */
async function unlimited(
  cluster: SearchCluster,
  cost: Cost,
  load: () => Promise<unknown>,
): Promise<number | undefined> {
  const beganMs = cost.spentMs
  const lower = await cluster.liftLimits?.()
  if (!lower) return undefined
  try {
    await load()
  } finally {
    await lower()
  }
  return cost.spentMs - beganMs
}

/** Brokers with limits grow old without them, as that takes far less time, and are then loaded once within them. */
export async function warm(cluster: SearchCluster, options: SearchOptions, cost: Cost): Promise<Warmed> {
  const liftedMs = await unlimited(cluster, cost, () => rehearse(cluster, options, cost))
  if (liftedMs === undefined) return { perSecond: await growOld(cluster, options, cost), liftedMs }
  const { saturateMs } = options
  return { perSecond: await cost.of(saturateMs, cluster.saturate(saturateMs)), liftedMs }
}

/**
 * One trial that nobody judges, without limits: with a broker gone the others lead and copy what they did not before, and compile it anew.
 * Resolves with how long that took; undefined where there are no limits, or no time for it and one that is judged.
 */
export async function warmAgain(
  cluster: SearchCluster,
  ratePerSecond: number,
  options: SearchOptions,
  cost: Cost,
): Promise<number | undefined> {
  const { trialMs: durationMs, overheadMs } = options
  if (!fits(cost, 2 * durationMs + overheadMs, 1, options)) return undefined
  const trial = (): Promise<unknown> => cluster.runTrial({ ratePerSecond, durationMs, purpose: 'warm' })
  return unlimited(cluster, cost, () => cost.of(durationMs, trial()))
}
