// Trials on a geometric grid of rates, run within a budget: what each step has said, and whether it can be believed.
import type { Cost } from './cost.ts'
import { type Goal, guardsOf, outcomeFor, type TrialOutcome } from './goal.ts'
import type { SearchCluster } from './search.ts'
import type { Probe, Purpose, SearchOptions, TrialRequest } from './terms.ts'

/** Trials that must agree before an end of the interval is believed. */
const CONFIRMATIONS = 3
/** An invalid trial is run again this often. */
const INVALID_AGAIN = 2
/** So many soaks find time, each a step below the one before, where they take no more than this of the budget. */
const MOST_SOAKS_KEPT = 3
const SOAKS_BUDGET_SHARE = 0.25
const MOST_PROBES = 200

export type Side = 'good' | 'bad' | 'open'

/** Where a search begins, what it has cost, how long limits were lifted before, and what was tried for other goals. */
export type Start = { perSecond: number; cost: Cost; liftedMs?: number | undefined; probes?: readonly Probe[] }

/**
 * What held in spite of a poor generator held; only a failure needs a generator that can be believed. What ended early for
 * a goal of its own says nothing about one that it had not missed yet.
 */
function judge(told: TrialOutcome, goal: Goal): Pick<Probe, 'outcome' | 'guards' | 'state'> {
  const outcome = outcomeFor(told, goal)
  const guards = guardsOf(outcome, goal)
  if (guards.length === 0) return { outcome, guards, state: outcome.loadedMs === undefined ? 'good' : 'invalid' }
  return { outcome, guards, state: outcome.isGeneratorLimited ? 'invalid' : 'bad' }
}

/** Trials that held and trials that did not. */
export type Tally = { good: number; bad: number }

export class Trials {
  readonly probes: Probe[]
  readonly cost: Cost
  readonly liftedMs: number | undefined
  /** What has yet to be done and must find time: the lower end has to be confirmed, and to be held for long. */
  readonly due: { low: boolean; soak: boolean }
  /** Index of the first trial after the lower end was settled. */
  lateFrom = Number.POSITIVE_INFINITY
  private readonly cluster: SearchCluster
  private readonly options: SearchOptions
  private readonly base: number

  constructor(cluster: SearchCluster, options: SearchOptions, from: Start) {
    this.cluster = cluster
    this.options = options
    this.base = from.perSecond
    this.cost = from.cost
    this.liftedMs = from.liftedMs
    this.probes = (from.probes ?? []).map(probe => ({ ...probe, ...judge(probe.outcome, options.goal) }))
    this.due = { low: false, soak: options.soakMs > 0 }
  }

  /** On the same grid, with every trial so far as another goal sees it. */
  under(options: SearchOptions): Trials {
    const { base: perSecond, cost, liftedMs, probes } = this
    return new Trials(this.cluster, options, { perSecond, cost, liftedMs, probes })
  }

  /** What a closed loop told, or the highest step at which most trials for other goals are good for this one. */
  get firstStep(): number {
    const steps = [...new Set(this.probes.map(probe => this.stepOf(probe.ratePerSecond)))]
    const isGood = (step: number): boolean => {
      const probes = this.at(step)
      return 2 * probes.filter(probe => probe.state === 'good').length > probes.length
    }
    return steps.length === 0 ? 0 : Math.max(Math.min(...steps), ...steps.filter(isGood))
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

  /** Trials that must hold before a step is believed: one where a soak is to come, which asks for more than they do. */
  private get needed(): number {
    return this.due.soak ? 1 : CONFIRMATIONS
  }

  /** Time kept for what is due: trials of the lower end, a soak, and others a step down each where they leave most of the budget to trials. */
  private get reserveMs(): number {
    const { trialMs, soakMs, budgetMs } = this.options
    const lowMs = this.due.low ? this.needed * (trialMs + this.cost.overheadMs) : 0
    if (!this.due.soak) return lowMs
    const oneMs = soakMs + this.cost.overheadMs
    const soaks = Math.min(MOST_SOAKS_KEPT, Math.floor((SOAKS_BUDGET_SHARE * budgetMs) / oneMs))
    return lowMs + Math.max(1, soaks) * oneMs
  }

  stepsFor(factor: number): number {
    return Math.max(1, Math.round(Math.abs(Math.log(factor)) / Math.log1p(this.options.gridShare)))
  }

  /** True while another trial would end in time, and leave time for what is due. */
  hasTime(durationMs: number, reserveMs = this.reserveMs): boolean {
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
      const outcome = await this.cost.of(durationMs, this.cluster.runTrial(this.lostEarly(request)))
      this.cost.giveBack(durationMs - (outcome.loadedMs ?? durationMs))
      last = { ...request, ...judge(outcome, this.options.goal) }
      this.probes.push(last)
      if (last.state !== 'invalid') return last
    }
    return last
  }

  /** A soak is one answer, and lost it need not be waited for; shorter trials are the curve, so that all of one are equally long. */
  private lostEarly(request: TrialRequest): TrialRequest {
    return request.purpose === 'soak' ? { ...request, endsOnceMissed: this.options.goal } : request
  }

  /** A failure is asked again before anything is built on it: it may be bad luck, or of brokers that were younger then. */
  async probeTwice(step: number, purpose: Purpose): Promise<Probe | undefined> {
    const first = await this.probe(step, purpose)
    return first?.state === 'bad' ? ((await this.probe(step, purpose)) ?? first) : first
  }

  at(step: number, from = 0): Probe[] {
    const probes = this.probes.slice(from)
    return probes.filter(probe => probe.state !== 'invalid' && this.stepOf(probe.ratePerSecond) === step)
  }

  /** The soak of a step, where one was run for another goal. */
  soakAt(step: number): Probe | undefined {
    return this.at(step).find(probe => probe.purpose === 'soak')
  }

  /**
   * Repeats a step until three trials of this alone, and two more than the others, say one thing, or where a soak is to come
   * one that it holds; open where they do not agree.
   */
  async confirm(step: number): Promise<Side> {
    for (let tries = 0; tries <= 2 * CONFIRMATIONS; tries++) {
      const side = this.verdictAt(step)
      if (side !== 'open' || tries === 2 * CONFIRMATIONS) return side
      const probe = await this.probe(step, 'confirm')
      if (!probe || probe.state === 'invalid') return 'open'
    }
    return 'open'
  }

  verdictAt(step: number): Side {
    const { good, bad } = this.confirmedAt(step)
    const needed = good > bad ? this.needed : CONFIRMATIONS
    const isClear = Math.max(good, bad) >= needed && Math.abs(good - bad) >= Math.min(needed, CONFIRMATIONS - 1)
    if (!isClear) return 'open'
    return good > bad ? 'good' : 'bad'
  }

  /** What most trials of a step say, few as they may be: those that were run late, or where none were all of them. */
  leaningAt(step: number): Side {
    const late = this.lateAt(step)
    const { good, bad } = late.good + late.bad > 0 ? late : this.confirmedAt(step)
    if (good === bad) return 'open'
    return good > bad ? 'good' : 'bad'
  }

  /** Trials on the way here do not count: they led here by being good or bad, or are of brokers that were younger then. */
  confirmedAt(step: number, from = 0): Tally {
    const probes = this.at(step, from).filter(({ purpose }) => purpose === 'confirm' || purpose === 'soak')
    const good = probes.filter(probe => probe.state === 'good').length
    return { good, bad: probes.length - good }
  }

  /** Of those, the trials since the lower end was settled: brokers only grow older, so that these are believed first. */
  lateAt(step: number): Tally {
    return this.confirmedAt(step, this.lateFrom)
  }
}
