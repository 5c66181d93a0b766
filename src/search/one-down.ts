// The answer for the day a broker is down: whether the rate that was found holds on one less, and which one does if it does not.
import { type GoalResult, type GoalsOptions, searchGoals } from './goals.ts'
import { type SearchCluster, type SearchResult, searchRate } from './search.ts'

/** A search from the rate downwards, on a cluster that has lost the broker named. */
export type OneDown = SearchResult & { lost: string }

export type OneDownOptions = GoalsOptions & {
  /** Time kept free of the whole budget for the search with a broker down. */
  oneDownMs: number
}

/** For the first goal, for each other one, and for the first with a broker down. */
export type Answers = GoalResult & { others: GoalResult[]; oneDown?: OneDown }

/** Searches, then takes a broker away and asks again from the rate of the first goal downwards; never beyond the budget of all. */
export async function searchWithOneDown(
  cluster: SearchCluster,
  { oneDownMs, ...options }: OneDownOptions,
): Promise<Answers> {
  const { loseBroker } = cluster
  const beganMs = cluster.elapsedMs?.() ?? 0
  const isAsked = loseBroker !== undefined && oneDownMs > 0
  const budgetMs = options.budgetMs - (isAsked ? oneDownMs : 0)
  const [found, ...others] = await searchGoals(cluster, { ...options, budgetMs })
  if (!isAsked || found.ratePerSecond === undefined) return { ...found, others }
  const lost = await loseBroker()
  const elapsedMs = cluster.elapsedMs?.()
  const toldMs = [found, ...others].reduce((sum, one) => sum + one.spentMs, 0)
  const spentMs = elapsedMs === undefined ? toldMs : elapsedMs - beganMs
  const { others: _, ...one } = options
  const rest = await searchRate(cluster, {
    ...one,
    ceilingPerSecond: found.ratePerSecond,
    // The rate has been soaked on the whole cluster; here the question is whether it holds at all.
    soakMs: 0,
    budgetMs: options.budgetMs - spentMs,
  })
  return { ...found, others, oneDown: { ...rest, lost } }
}
