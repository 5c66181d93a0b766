// Decides before any verdict whether the generator did what the schedule asked; a generator that could not makes a cell inconclusive.
import type { Measures, Validity } from './analysis.ts'

/** Records sent on time ÷ records scheduled, below which a trial is not believed. */
export const MIN_SENT_RATIO = 0.995

export type ValidityInput = { measures: Measures; openLoop: boolean; backpressured: number; complete: boolean }

/** The validity of one trial, with what was seen and what to do. */
export function judgeValidity({ measures, openLoop, backpressured, complete }: ValidityInput): Validity {
  if (!complete) return { state: 'INVALID', reasons: ['the trial did not come to its end: its numbers are partial'] }
  if (measures.sent === 0) return { state: 'INVALID', reasons: ['no record was sent in the measure phase'] }
  if (!openLoop || measures.achieved >= MIN_SENT_RATIO) return { state: 'VALID', reasons: [] }
  const percent = (measures.achieved * 100).toFixed(2)
  const seen = `sent ${percent}% of the schedule on time, ${MIN_SENT_RATIO * 100}% is needed`
  if (backpressured > 0) {
    return {
      state: 'INVALID',
      reasons: [
        `${seen}: ${backpressured} records waited for buffer.memory, so the cluster or the client could not take this rate; lower the rate or find the bottleneck`,
      ],
    }
  }
  return {
    state: 'GENERATOR_LIMITED',
    reasons: [
      `${seen} and no buffer was full, so the generator was too slow; add workers, lower the rate, or free this machine`,
    ],
  }
}

/** The validity of a cell: the worst of its trials, with all reasons. */
export function combineValidity(all: readonly Validity[]): Validity {
  const order: Validity['state'][] = ['INVALID', 'GENERATOR_LIMITED', 'VALID']
  const state = order.find(candidate => all.some(validity => validity.state === candidate)) ?? 'INVALID'
  return {
    state,
    reasons: all.length === 0 ? ['no trial of this cell ran'] : [...new Set(all.flatMap(validity => validity.reasons))],
  }
}
