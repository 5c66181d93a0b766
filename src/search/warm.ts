// Loads a cluster until it is as fast as it will be, so that a search does not measure how old its brokers are.
import type { SearchCluster } from './search.ts'
import type { SearchOptions } from './terms.ts'

/** What a closed loop must gain on the one before, for another to be worth its time. */
const WARM_GROWTH_SHARE = 0.1
const WARM_BUDGET_SHARE = 0.25
const LEAST_LOOPS = 2
/** Where limits are lifted, so much of the budget goes into growing old without them. */
const LIFTED_BUDGET_SHARE = 0.4
/** And so much of it into the first closed loop, which says at what rate to rehearse: young brokers are slow, so that they are not overloaded later. */
const LIFTED_LOOP_BUDGET_SHARE = 1 / 12
const MOST_REHEARSALS = 12

export type Warmed = {
  /** Completions per second at the end. */
  perSecond: number
  times: number
  loadMs: number
  /** How long limits were lifted; undefined where they could not be. */
  liftedMs: number | undefined
}

/** What warming has cost, by the cluster's clock where it has one. */
class Cost {
  times = 0
  loadMs = 0
  private readonly cluster: SearchCluster
  private readonly overheadMs: number
  private readonly beganMs: number

  constructor(cluster: SearchCluster, { overheadMs }: SearchOptions, beganMs: number) {
    this.cluster = cluster
    this.overheadMs = overheadMs
    this.beganMs = beganMs
  }

  get spentMs(): number {
    const elapsedMs = this.cluster.elapsedMs?.()
    return elapsedMs === undefined ? this.loadMs + this.times * this.overheadMs : elapsedMs - this.beganMs
  }

  /** Whether another load of this length would end within so much time. */
  hasTime(durationMs: number, withinMs: number): boolean {
    return this.spentMs + durationMs + this.overheadMs <= withinMs
  }

  of<T>(durationMs: number, load: Promise<T>): Promise<T> {
    this.times++
    this.loadMs += durationMs
    return load
  }
}

/** Closed loops until one brings no more: brokers that have just started grow faster for a minute or more, and trials would compare their ages. */
async function growOld(cluster: SearchCluster, { saturateMs, budgetMs }: SearchOptions, cost: Cost): Promise<number> {
  let [most, perSecond] = [0, 0]
  do {
    most = perSecond
    perSecond = await cost.of(saturateMs, cluster.saturate(saturateMs))
  } while (
    cost.times < LEAST_LOOPS ||
    (perSecond > most * (1 + WARM_GROWTH_SHARE) && cost.hasTime(saturateMs, WARM_BUDGET_SHARE * budgetMs))
  )
  return perSecond
}

/**
 * A closed loop, then short trials at its rate. The trials are what counts: topics that come and go, and records that come
 * in time, run code that no closed loop runs, and within limits its compiling takes minutes of what the trials that are judged need.
 */
async function rehearse(cluster: SearchCluster, { saturateMs, budgetMs }: SearchOptions, cost: Cost): Promise<void> {
  const loopMs = Math.max(saturateMs, LIFTED_LOOP_BUDGET_SHARE * budgetMs)
  const ratePerSecond = await cost.of(loopMs, cluster.saturate(loopMs))
  const durationMs = saturateMs / 2
  const withinMs = LIFTED_BUDGET_SHARE * budgetMs
  for (let i = 0; i < MOST_REHEARSALS && ratePerSecond > 0 && cost.hasTime(durationMs, withinMs); i++)
    await cost.of(durationMs, cluster.runTrial({ ratePerSecond, durationMs, purpose: 'warm' }))
}

/** Brokers with limits grow old without them, as that takes far less time, and are then loaded once within them. */
export async function warm(cluster: SearchCluster, options: SearchOptions, beganMs: number): Promise<Warmed> {
  const cost = new Cost(cluster, options, beganMs)
  const told = (perSecond: number, liftedMs?: number): Warmed => ({
    perSecond,
    times: cost.times,
    loadMs: cost.loadMs,
    liftedMs,
  })
  const lower = await cluster.liftLimits?.()
  if (!lower) return told(await growOld(cluster, options, cost))
  try {
    await rehearse(cluster, options, cost)
  } finally {
    await lower()
  }
  const liftedMs = cost.spentMs
  return told(await cost.of(options.saturateMs, cluster.saturate(options.saturateMs)), liftedMs)
}
