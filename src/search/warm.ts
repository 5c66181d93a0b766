// Loads a cluster without a schedule until it is as fast as it will be, so that a search does not measure how old its brokers are.
import type { SearchCluster } from './search.ts'
import type { SearchOptions } from './terms.ts'

/** What a closed loop must gain on the one before, for another to be worth its time. */
const WARM_GROWTH_SHARE = 0.1
const WARM_BUDGET_SHARE = 0.25
/** So much longer are they where limits are lifted: what lies between two of them is lost for growing old. */
const LIFTED_FACTOR = 4

const LEAST_LOOPS = 2

export type Warmed = {
  /** Completions per second at the end. */
  perSecond: number
  times: number
  loadMs: number
  /** How long limits were lifted; undefined where they could not be. */
  liftedMs: number | undefined
}

/**
 * Closed loops until one brings no more: brokers that have just started grow faster for a minute or more, and trials would compare their ages.
 * Those with limits grow old without them, as that takes far less time, and are then loaded once more within them.
 */
export async function warm(
  cluster: SearchCluster,
  { saturateMs, overheadMs, budgetMs }: SearchOptions,
  beganMs: number,
): Promise<Warmed> {
  let times = 0
  let loadMs = 0
  const saturate = (durationMs = saturateMs): Promise<number> => {
    times++
    loadMs += durationMs
    return cluster.saturate(durationMs)
  }
  const spentMs = (): number => (cluster.elapsedMs?.() ?? beganMs + loadMs + times * overheadMs) - beganMs
  const lower = await cluster.liftLimits?.()
  const loopMs = lower ? LIFTED_FACTOR * saturateMs : saturateMs
  let [most, perSecond] = [0, 0]
  try {
    do {
      most = perSecond
      perSecond = await saturate(loopMs)
    } while (
      times < LEAST_LOOPS ||
      (perSecond > most * (1 + WARM_GROWTH_SHARE) && spentMs() + loopMs + overheadMs <= WARM_BUDGET_SHARE * budgetMs)
    )
  } finally {
    await lower?.()
  }
  if (!lower) return { perSecond, times, loadMs, liftedMs: undefined }
  const liftedMs = spentMs()
  perSecond = await saturate()
  return { perSecond, times, loadMs, liftedMs }
}
