// The answer for the day a broker is down: whether the rate that was found holds on one less, and which one does if it does not.
import { type SearchCluster, type SearchOptions, type SearchResult, searchRate } from './search.ts'

/** A search from the rate downwards, on a cluster that has lost the broker named. */
export type OneDown = SearchResult & { lost: string }

export type OneDownOptions = SearchOptions & {
  /** Time kept free of the whole budget for the search with a broker down. */
  oneDownMs: number
}

/** Searches, then takes a broker away and asks again from the rate found downwards; never beyond the budget of both. */
export async function searchWithOneDown(
  cluster: SearchCluster,
  { oneDownMs, ...options }: OneDownOptions,
): Promise<SearchResult & { oneDown?: OneDown }> {
  const { loseBroker } = cluster
  const beganMs = cluster.elapsedMs?.() ?? 0
  if (!loseBroker || oneDownMs === 0) return searchRate(cluster, options)
  const found = await searchRate(cluster, { ...options, budgetMs: options.budgetMs - oneDownMs })
  if (found.ratePerSecond === undefined) return found
  const lost = await loseBroker()
  const elapsedMs = cluster.elapsedMs?.()
  const spentMs = elapsedMs === undefined ? found.spentMs : elapsedMs - beganMs
  const rest = await searchRate(cluster, {
    ...options,
    ceilingPerSecond: found.ratePerSecond,
    // The rate has been soaked on the whole cluster; here the question is whether it holds at all.
    soakMs: 0,
    budgetMs: options.budgetMs - spentMs,
  })
  return { ...found, oneDown: { ...rest, lost } }
}
