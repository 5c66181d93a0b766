// Several goals in one search: brokers are warmed once, and every trial is judged for each goal.
import type { Goal } from './goal.ts'
import { begin, type SearchCluster, type SearchOptions, type SearchResult, searchIn } from './search.ts'

/** What was found for one of several goals. */
export type GoalResult = SearchResult & { goal: Goal }

export type GoalsOptions = SearchOptions & {
  /** Beside the one in `goal`; trials must tell of each, in `missShareWithin`. */
  others?: readonly Goal[]
}

/** One goal after the other, each with an equal share of the time that is left, and with the trials of those before it. */
export async function searchGoals(
  cluster: SearchCluster,
  { others = [], ...options }: GoalsOptions,
): Promise<[GoalResult, ...GoalResult[]]> {
  let trials = await begin(cluster, options)
  const { cost } = trials
  /** The first goal's time is that of warming too. */
  let beganMs = 0
  const search = async (goal: Goal, left: number): Promise<GoalResult> => {
    const own = { ...options, goal, budgetMs: cost.spentMs + (options.budgetMs - cost.spentMs) / left }
    trials = trials.under(own)
    const result = await searchIn(trials, own)
    const spentMs = result.spentMs - beganMs
    beganMs = result.spentMs
    return { ...result, spentMs, goal }
  }
  const results: [GoalResult, ...GoalResult[]] = [await search(options.goal, others.length + 1)]
  for (const [i, goal] of others.entries()) results.push(await search(goal, others.length - i))
  return results
}
