// Finds the highest sustainable rate: brackets it, narrows it on a geometric grid, confirms both ends, and soaks the lower one.
import { Cost } from './cost.ts'
import { bracket, type Ended, narrow } from './ends.ts'
import type { TrialOutcome } from './goal.ts'
import { type Settled, settle, soak } from './settle.ts'
import type { SearchOptions, SearchResult, TrialRequest } from './terms.ts'
import { Trials } from './trials.ts'
import { warm, warmAgain } from './warm.ts'

export type { SearchOptions, SearchResult, TrialRequest } from './terms.ts'

/**
 * What can be searched: anything that can be loaded at a rate for a while and says how that went.
 * Trials are independent: nothing of one may reach into the next.
 */
export type SearchCluster = {
  runTrial(request: TrialRequest): Promise<TrialOutcome>
  /** Completions per second with no schedule at all; only a place to begin, so it may be wrong. */
  saturate(durationMs: number): Promise<number>
  /** Takes limits away for warming, until the function it resolves with brings them back; absent where there are none. */
  liftLimits?: () => Promise<() => Promise<void>>
  /** Time really spent; where it is not told, trials cost their length and the overhead that was asked for. */
  elapsedMs?(): number
  /** Takes one broker away for good and names it; absent where none can be spared. */
  loseBroker?: () => Promise<string>
}

const START_SHARE = 0.9
const FEW = 'fewer than three trials that agree stand'
const NONE_HELD = 'no rate that was tried held'
const WHY_BELOW: Partial<Record<Ended, string>> = {
  generator: 'the generator could not keep even the lowest rate tried',
  time: `${NONE_HELD}, and time ran out before lower ones were`,
}
const WHY_ABOVE: Record<Ended, string> = {
  generator: 'the generator was the limit: the truth lies at or above this rate',
  ceiling: 'nothing higher was asked for',
  time: 'time ran out before a rate was found that does not hold',
}

/** True where no rate can be told to hold, and yet a trial held: time ran out, or trials did not agree. */
export function isUndecided({ state, probes }: SearchResult): boolean {
  return state === 'below' && probes.some(probe => probe.state === 'good')
}

/** Why no rate is told: none held, or trials of one did not agree. */
function whyBelow(trials: Trials, endedBy: Ended | undefined): string {
  const held = trials.probes.find(probe => probe.state === 'good')
  if (held) return `trials did not agree: ${talliedAt(trials, trials.stepOf(held.ratePerSecond))}`
  return (endedBy && WHY_BELOW[endedBy]) ?? NONE_HELD
}

function limitsOf(trials: Trials, low: number): string[] {
  const counts = new Map<string, number>()
  const above = trials.probes.filter(probe => probe.ratePerSecond > trials.rateAt(low) && probe.state === 'bad')
  const nearest = above.toSorted((a, b) => a.ratePerSecond - b.ratePerSecond).slice(0, 4)
  for (const guard of nearest.flatMap(probe => probe.guards)) counts.set(guard, (counts.get(guard) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([guard]) => guard)
}

/** What was found: `high` is undefined where no trial failed on the way. */
type Found = Omit<Settled, 'high'> & { high: number | undefined }

/**
 * Above every step that holds, the end that was settled on, or where time ran out before a trial failed there the lowest
 * step that did; where none failed, the lowest at which a soak did not hold.
 */
function upperEnd(trials: Trials, { held, high, low, failed }: Found): number | undefined {
  const steps = [...new Set(trials.probes.map(probe => trials.stepOf(probe.ratePerSecond)))]
  const highest = Math.max(held, ...steps.filter(step => trials.leaningAt(step) === 'good'))
  const above = steps.filter(step => step > highest && trials.at(step).some(probe => probe.state === 'bad'))
  if (above.length > 0) return high !== undefined && above.includes(high) ? high : Math.min(...above)
  return failed !== undefined && failed > low && failed >= highest ? failed : undefined
}

function talliedAt(trials: Trials, step: number): string {
  const { good, bad } = trials.confirmedAt(step)
  return good + bad === 0 ? 'it was not tried again after the way there' : `${good} held, ${bad} failed`
}

/** What is not as it should be about an interval that was found. */
function reasonsOf(trials: Trials, { held, high, low, soaked }: Settled, isSoakAsked: boolean): string[] {
  const reasons: string[] = []
  if (low < held) reasons.push('the soak did not hold at a rate at which short trials did')
  if (!soaked && isSoakAsked) reasons.push('the rate was not soaked')
  if (low === held && trials.verdictAt(low) !== 'good')
    reasons.push(`${FEW} behind the lower end: ${talliedAt(trials, low)}`)
  if (trials.verdictAt(high) !== 'bad') reasons.push(`${FEW} behind the upper end: ${talliedAt(trials, high)}`)
  if (high - held > 1) reasons.push('time ran out before the interval was one step of the grid')
  return reasons
}

/** Where the search begins: at the ceiling, or a little below what a closed loop completes. */
export async function begin(cluster: SearchCluster, options: SearchOptions): Promise<Trials> {
  const cost = new Cost(cluster, options)
  const { ceilingPerSecond } = options
  if (ceilingPerSecond !== undefined) {
    const liftedMs = await warmAgain(cluster, ceilingPerSecond, options, cost)
    return new Trials(cluster, options, { perSecond: ceilingPerSecond, cost, liftedMs })
  }
  const { perSecond, liftedMs } = await warm(cluster, options, cost)
  const start = Number.isFinite(perSecond) ? START_SHARE * perSecond : 0
  return new Trials(cluster, options, { perSecond: Math.max(options.floorPerSecond, start), cost, liftedMs })
}

/** Searches until the interval is one step of the grid, or time runs out; the result is honest about either. */
export async function searchRate(cluster: SearchCluster, options: SearchOptions): Promise<SearchResult> {
  return searchIn(await begin(cluster, options), options)
}

/** The same on brokers that are warm. */
export async function searchIn(trials: Trials, options: SearchOptions): Promise<SearchResult> {
  const ceiling = options.ceilingPerSecond === undefined ? Number.POSITIVE_INFINITY : 0
  const found = await bracket(trials, ceiling)
  const finish = (rest: Omit<SearchResult, 'probes' | 'spentMs' | 'liftedMs'>): SearchResult => ({
    ...rest,
    probes: trials.probes,
    spentMs: trials.cost.spentMs,
    ...(trials.liftedMs === undefined ? {} : { liftedMs: trials.liftedMs }),
  })
  if (found.low === undefined) {
    const reasons = [whyBelow(trials, found.endedBy)]
    return finish({ state: 'below', soaked: false, limitedBy: limitsOf(trials, trials.lowestStep - 1), reasons })
  }
  const half = 1 + options.gridShare / 2
  const bracketed = found.high === undefined ? undefined : { low: found.low, high: found.high }
  const told: Found = bracketed
    ? await settle(trials, await narrow(trials, bracketed), ceiling, options)
    : { ...(await soak(trials, found.low, options)), held: found.low, high: undefined }
  const { low, soaked } = told
  const high = upperEnd(trials, told)
  const ratePerSecond = trials.rateAt(low)
  const loPerSecond = ratePerSecond / half
  if (high === undefined) {
    const reasons = [WHY_ABOVE[(bracketed ? undefined : found.endedBy) ?? 'time']]
    return finish({ state: 'above', ratePerSecond, loPerSecond, soaked, limitedBy: [], reasons })
  }
  const reasons = reasonsOf(trials, { ...told, high }, options.soakMs > 0)
  const hiPerSecond = trials.rateAt(high) * half
  return finish({
    ...{ state: 'found', ratePerSecond, loPerSecond, hiPerSecond, soaked, reasons },
    limitedBy: limitsOf(trials, low),
  })
}
