// What goes into a search and what comes out of it.
import type { Goal, TrialOutcome } from './goal.ts'

/** What a trial is for; a cluster may use it for labels only. */
export type Purpose = 'saturate' | 'warm' | 'bracket' | 'narrow' | 'confirm' | 'soak'

export type TrialRequest = {
  ratePerSecond: number
  durationMs: number
  purpose: Purpose
  /** The trial may end, and say so in `loadedMs`, once this goal cannot be met any more. */
  endsOnceMissed?: Goal
}

export type SearchOptions = {
  goal: Goal
  /** Ratio of neighbouring rates − 1. */
  gridShare: number
  trialMs: number
  saturateMs: number
  soakMs: number
  /** No trial begins that would end later; the soak's time is kept free. */
  budgetMs: number
  /** What a trial costs beside its own time: topics, drain, settling. */
  overheadMs: number
  floorPerSecond: number
  /** Where the search begins, and higher than which nobody asks; else trials without a schedule say where to begin. */
  ceilingPerSecond?: number
}

export type Probe = TrialRequest & { outcome: TrialOutcome; guards: string[]; state: 'good' | 'bad' | 'invalid' }

export type SearchResult = {
  /** `found`; `above`: the generator or the search ended first, so the truth may lie higher; `below`: not even the lowest rate held. */
  state: 'found' | 'above' | 'below'
  /** The highest rate that held, soaked where there was time. */
  ratePerSecond?: number
  /** Where the truth lies; half a step of the grid wider than the rates tried, because rates between them were not. */
  loPerSecond?: number
  hiPerSecond?: number
  soaked: boolean
  /** What ended the trials just above, most frequent first. */
  limitedBy: string[]
  probes: Probe[]
  reasons: string[]
  spentMs: number
  /** How long brokers ran without their CPU limits before the search, to be warm; absent where they have none, or keep them. */
  liftedMs?: number
}
