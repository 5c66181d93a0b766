// Finds the highest sustainable rate: brackets it, narrows it on a geometric grid, confirms both ends, and soaks the lower one.
import { Cost } from './cost.ts'
import { guardsOf, type TrialOutcome } from './goal.ts'
import type { Probe, Purpose, SearchOptions, SearchResult, TrialRequest } from './terms.ts'
import { warm } from './warm.ts'

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

const COARSE_DOWN = 0.8
const COARSE_UP = 1.15
const START_SHARE = 0.9
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
/** Trials that must agree before an end of the interval is believed. */
const CONFIRMATIONS = 3
/** An invalid trial is run again this often. */
const INVALID_AGAIN = 2
const MOST_SOAKS = 4
const SECOND_SOAK_BUDGET_SHARE = 0.25
const MOST_PROBES = 200

type Side = 'good' | 'bad' | 'open'

/** Where a search begins, what it has cost, and how long limits were lifted before. */
type Start = { perSecond: number; cost: Cost; liftedMs?: number | undefined }

class Search {
  readonly probes: Probe[] = []
  readonly reasons: string[] = []
  readonly cost: Cost
  readonly liftedMs: number | undefined
  private readonly cluster: SearchCluster
  private readonly options: SearchOptions
  private readonly base: number

  constructor(cluster: SearchCluster, options: SearchOptions, from: Start) {
    this.cluster = cluster
    this.options = options
    this.base = from.perSecond
    this.cost = from.cost
    this.liftedMs = from.liftedMs
  }

  rateAt(step: number): number {
    return this.base * (1 + this.options.gridShare) ** step
  }

  stepOf(ratePerSecond: number): number {
    return Math.round(Math.log(ratePerSecond / this.base) / Math.log1p(this.options.gridShare))
  }

  get lowestStep(): number {
    return Math.ceil(Math.log(this.options.floorPerSecond / this.base) / Math.log1p(this.options.gridShare))
  }

  /** For a soak, and for another one a step down where two leave most of the budget to trials. */
  private get soakReserveMs(): number {
    const { soakMs, budgetMs } = this.options
    if (soakMs === 0) return 0
    const oneMs = soakMs + this.cost.overheadMs
    return 2 * oneMs <= SECOND_SOAK_BUDGET_SHARE * budgetMs ? 2 * oneMs : oneMs
  }

  stepsFor(factor: number): number {
    return Math.max(1, Math.round(Math.abs(Math.log(factor)) / Math.log1p(this.options.gridShare)))
  }

  /** True while another trial would end in time, and leave time for a soak. */
  hasTime(durationMs: number, reserveMs = this.soakReserveMs): boolean {
    const endMs = this.cost.spentMs + durationMs + this.cost.overheadMs + reserveMs
    return this.probes.length < MOST_PROBES && endMs <= this.options.budgetMs
  }

  /** True while a trial of the usual length would end in time. */
  get hasTrial(): boolean {
    return this.hasTime(this.options.trialMs)
  }

  /** Runs a trial at a step, again where the generator was at fault; undefined where time ran out. */
  async probe(step: number, purpose: Purpose, durationMs = this.options.trialMs): Promise<Probe | undefined> {
    const reserveMs = purpose === 'soak' ? 0 : undefined
    let last: Probe | undefined
    for (let attempt = 0; attempt <= INVALID_AGAIN; attempt++) {
      if (!this.hasTime(durationMs, reserveMs)) return last
      const request = { ratePerSecond: this.rateAt(step), durationMs, purpose }
      const outcome = await this.cost.of(durationMs, this.cluster.runTrial(request))
      const guards = guardsOf(outcome, this.options.goal)
      // What held in spite of a poor generator held; only a failure needs a generator that can be believed.
      const state = guards.length === 0 ? 'good' : outcome.isGeneratorLimited ? 'invalid' : 'bad'
      last = { ...request, outcome, guards, state }
      this.probes.push(last)
      if (state !== 'invalid') return last
    }
    return last
  }

  /** A failure is asked again before anything is built on it: it may be bad luck, or of brokers that were younger then. */
  async probeTwice(step: number, purpose: Purpose): Promise<Probe | undefined> {
    const first = await this.probe(step, purpose)
    return first?.state === 'bad' ? ((await this.probe(step, purpose)) ?? first) : first
  }

  at(step: number): Probe[] {
    return this.probes.filter(probe => probe.state !== 'invalid' && this.stepOf(probe.ratePerSecond) === step)
  }

  /** Repeats a step until three trials of this alone, and two more than the others, say one thing; open where they do not agree. */
  async confirm(step: number): Promise<Side> {
    for (let tries = 0; tries <= 2 * CONFIRMATIONS; tries++) {
      const side = this.verdictAt(step)
      if (side !== 'open' || tries === 2 * CONFIRMATIONS) return side
      const probe = await this.probe(step, 'confirm')
      if (!probe || probe.state === 'invalid') return 'open'
    }
    return 'open'
  }

  /** Trials on the way here do not count: they led here by being good or bad, or are of brokers that were younger then. */
  verdictAt(step: number): Side {
    const probes = this.at(step).filter(({ purpose }) => purpose === 'confirm')
    const good = probes.filter(probe => probe.state === 'good').length
    const bad = probes.length - good
    if (Math.max(good, bad) < CONFIRMATIONS || Math.abs(good - bad) < CONFIRMATIONS - 1) return 'open'
    return good > bad ? 'good' : 'bad'
  }
}

/** A good step below and a bad one above. */
type Ends = { low: number; high: number }
/** Either may be missing. */
type Bracket = { low: number | undefined; high: number | undefined }
/** Why an end is missing: the generator failed, nobody asks for more, or time ran out. */
type Ended = 'generator' | 'ceiling' | 'time'

/**
 * Coarse steps, twice as wide each time: down until one holds, or up until one does not. On the way down one that fails is asked
 * twice, as what lies above it is left; on the way up it ends the bracket, and is asked again when the ends are confirmed.
 */
async function bracket(search: Search, ceiling: number): Promise<Bracket & { endedBy?: Ended }> {
  let [step, low, high]: [number, number | undefined, number | undefined] = [0, undefined, undefined]
  let [down, up] = [search.stepsFor(COARSE_DOWN), search.stepsFor(COARSE_UP)]
  const ask = () => (low === undefined ? search.probeTwice(step, 'bracket') : search.probe(step, 'bracket'))
  for (;;) {
    const isCeiling = step >= ceiling
    const probe = isCeiling ? undefined : await ask()
    if (!probe && !isCeiling) return { low, high, endedBy: 'time' }
    // Nowhere to go from either end, so that one bad trial there must not decide.
    const isEnd = isCeiling || (step <= search.lowestStep && probe?.state === 'bad')
    const isGood = isEnd ? (await search.confirm(step)) === 'good' : probe?.state === 'good'
    if (search.probes.at(-1)?.state === 'invalid') return { low, high, endedBy: 'generator' }
    if (isGood && isCeiling) return { low: step, high, endedBy: 'ceiling' }
    if (isGood) low = step
    else high = step
    if ((low !== undefined && high !== undefined) || (!isGood && step <= search.lowestStep)) return { low, high }
    step = isGood ? Math.min(ceiling, step + up) : Math.max(search.lowestStep, step - down)
    if (isGood) up *= 2
    else down *= 2
  }
}

/** Halves the bracket until its ends are neighbours. */
async function narrow(search: Search, ends: Ends): Promise<Ends> {
  let { low, high } = ends
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    const probe = await search.probe(middle, 'narrow')
    if (!probe || probe.state === 'invalid') break
    if (probe.state === 'good') low = middle
    else high = middle
  }
  return { low, high }
}

/** Confirms both ends; steps on which trials do not agree stay between them. */
async function settle(search: Search, ends: Ends, ceiling: number): Promise<Ends> {
  let { low, high } = await confirmLow(search, ends)
  while (search.hasTrial && high <= ceiling) {
    const side = await search.confirm(high)
    if (side === 'bad') break
    if (side === 'open') high += 1
    // One trial had failed by bad luck, and everything above it was never asked.
    else ({ low, high } = await confirmLow(search, await climb(search, high, ceiling)))
  }
  return { low, high }
}

async function confirmLow(search: Search, ends: Ends): Promise<Ends> {
  let { low, high } = ends
  while (search.hasTrial) {
    const side = await search.confirm(low)
    if (side === 'good' || low <= search.lowestStep) break
    if (side === 'bad') high = low
    // Trials that had no time to agree are no reason to go lower.
    else if (!search.hasTrial) break
    low -= 1
  }
  return { low, high }
}

/** From a step that holds upwards, twice as wide each time, until one does not; then between the two. */
async function climb(search: Search, held: number, ceiling: number): Promise<Ends> {
  let low = held
  for (let width = 1; low < ceiling; width *= 2) {
    const step = Math.min(ceiling, low + width)
    const probe = await search.probeTwice(step, 'bracket')
    if (!probe || probe.state === 'invalid') return { low, high: step }
    if (probe.state === 'bad') return narrow(search, { low, high: step })
    low = step
  }
  return { low, high: low + 1 }
}

/** `failed` is the lowest step at which a soak did not hold. */
type Soaked = { low: number; soaked: boolean; failed?: number | undefined }

/** Holds the lower end for long; a step down where it does not. */
async function soak(search: Search, low: number, options: SearchOptions): Promise<Soaked> {
  let [step, failed]: [number, number | undefined] = [low, undefined]
  if (options.soakMs === 0) return { low: step, soaked: false }
  for (let i = 0; i < MOST_SOAKS; i++) {
    const probe = await search.probe(step, 'soak', options.soakMs)
    if (!probe) return { low: step, soaked: false, failed }
    if (probe.state === 'good') return { low: step, soaked: true, failed }
    if (probe.state === 'bad') failed = step
    if (step <= search.lowestStep) break
    step -= 1
  }
  return { low: step, soaked: false, failed }
}

function limitsOf(search: Search, low: number): string[] {
  const counts = new Map<string, number>()
  const above = search.probes.filter(probe => probe.ratePerSecond > search.rateAt(low) && probe.state === 'bad')
  const nearest = above.toSorted((a, b) => a.ratePerSecond - b.ratePerSecond).slice(0, 4)
  for (const guard of nearest.flatMap(probe => probe.guards)) counts.set(guard, (counts.get(guard) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([guard]) => guard)
}

/** The end that was settled on, or where time ran out before a trial failed there the lowest step above that did; undefined where none did. */
function upperEnd(search: Search, { low, high }: Ends): number | undefined {
  const failed = search.probes
    .filter(probe => probe.state === 'bad')
    .map(probe => search.stepOf(probe.ratePerSecond))
    .filter(step => step > low && search.verdictAt(step) !== 'good')
  if (failed.length === 0) return undefined
  return failed.includes(high) ? high : Math.min(...failed)
}

/** Where the search begins: at the ceiling, or a little below what a closed loop completes. */
async function begin(cluster: SearchCluster, options: SearchOptions): Promise<Search> {
  const cost = new Cost(cluster, options)
  if (options.ceilingPerSecond !== undefined)
    return new Search(cluster, options, { perSecond: options.ceilingPerSecond, cost })
  const { perSecond, liftedMs } = await warm(cluster, options, cost)
  const start = Number.isFinite(perSecond) ? START_SHARE * perSecond : 0
  return new Search(cluster, options, { perSecond: Math.max(options.floorPerSecond, start), cost, liftedMs })
}

/** Searches until the interval is one step of the grid, or time runs out; the result is honest about either. */
export async function searchRate(cluster: SearchCluster, options: SearchOptions): Promise<SearchResult> {
  const search = await begin(cluster, options)
  const ceiling = options.ceilingPerSecond === undefined ? Number.POSITIVE_INFINITY : 0
  const found = await bracket(search, ceiling)
  const finish = (rest: Omit<SearchResult, 'probes' | 'reasons' | 'spentMs' | 'liftedMs'>): SearchResult => ({
    ...rest,
    probes: search.probes,
    reasons: search.reasons,
    spentMs: search.cost.spentMs,
    ...(search.liftedMs === undefined ? {} : { liftedMs: search.liftedMs }),
  })
  if (found.low === undefined) {
    search.reasons.push((found.endedBy && WHY_BELOW[found.endedBy]) ?? NONE_HELD)
    return finish({ state: 'below', soaked: false, limitedBy: limitsOf(search, search.lowestStep - 1) })
  }
  const half = 1 + options.gridShare / 2
  const bracketed = found.high === undefined ? undefined : { low: found.low, high: found.high }
  const settled = bracketed && (await settle(search, await narrow(search, bracketed), ceiling))
  const held = settled?.low ?? found.low
  const end = settled && upperEnd(search, settled)
  const { low, soaked, failed } = await soak(search, held, options)
  // Where no trial found an end, a soak that failed is one.
  const high = end ?? failed
  if (high === undefined) {
    search.reasons.push(WHY_ABOVE[(bracketed ? undefined : found.endedBy) ?? 'time'])
    const ratePerSecond = search.rateAt(low)
    return finish({ state: 'above', ratePerSecond, loPerSecond: ratePerSecond / half, soaked, limitedBy: [] })
  }
  if (low < held) search.reasons.push('the soak did not hold at the rate that short trials had confirmed')
  if (!soaked && options.soakMs > 0) search.reasons.push('the rate was not soaked')
  if (search.verdictAt(held) !== 'good' || search.verdictAt(high) !== 'bad')
    search.reasons.push('fewer than three trials that agree stand behind an end of the interval')
  if (high - held > 1) search.reasons.push('time ran out before the interval was one step of the grid')
  return finish({
    state: 'found',
    ratePerSecond: search.rateAt(low),
    loPerSecond: search.rateAt(low) / half,
    hiPerSecond: search.rateAt(high) * half,
    soaked,
    limitedBy: limitsOf(search, low),
  })
}
