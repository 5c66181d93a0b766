// A generator that could not keep its schedule must never look like a slow cluster, nor like a fast one.
import { describe, expect, test } from 'vitest'
import type { Measures, Validity } from '../../../src/analysis/analysis.ts'
import { combineValidity, judgeValidity, MIN_SENT_RATIO, type ValidityInput } from '../../../src/analysis/validity.ts'

const judge = (measures: Partial<Measures>, change: Partial<Omit<ValidityInput, 'measures'>> = {}): Validity =>
  judgeValidity({
    measures: { sent: 1000, achieved: 1, ...measures } as Measures,
    openLoop: true,
    backpressured: 0,
    complete: true,
    ...change,
  })

describe('judgeValidity', () => {
  test('the threshold is 99.5 % of the schedule, inclusive', () => {
    expect(MIN_SENT_RATIO).toBe(0.995)
    expect(judge({ achieved: 0.995 })).toEqual({ state: 'VALID', reasons: [] })
    expect(judge({ achieved: 0.99499 }).state).toBe('GENERATOR_LIMITED')
  })

  test.each<[string, Partial<Measures>, Partial<ValidityInput>, Validity['state'], RegExp]>([
    [
      'too slow with a full buffer',
      { achieved: 0.9 },
      { backpressured: 7 },
      'INVALID',
      /90\.00%.*7 records waited for buffer\.memory/,
    ],
    ['too slow by itself', { achieved: 0.9 }, {}, 'GENERATOR_LIMITED', /90\.00%.*no buffer was full/],
    ['nothing sent', { sent: 0, achieved: Number.NaN }, {}, 'INVALID', /no record was sent/],
    ['not come to its end', {}, { complete: false }, 'INVALID', /partial/],
    ['not come to its end, and nothing sent', { sent: 0 }, { complete: false }, 'INVALID', /partial/],
    ['no schedule and no ratio', { achieved: Number.NaN }, {}, 'GENERATOR_LIMITED', /NaN%/],
  ])('%s', (_, measures, change, state, reason) => {
    const validity = judge(measures, change)
    expect(validity.state).toBe(state)
    expect(validity.reasons.join()).toMatch(reason)
  })

  test('a closed loop has no schedule to miss', () => {
    expect(judge({ achieved: 0.1 }, { openLoop: false }).state).toBe('VALID')
  })

  test('a full buffer that was caught up with in time is a finding elsewhere, not doubt', () => {
    expect(judge({ achieved: 0.999 }, { backpressured: 500 }).state).toBe('VALID')
  })
})

describe('combineValidity', () => {
  const of = (state: Validity['state'], ...reasons: string[]): Validity => ({ state, reasons })

  test('is the worst of all, with every reason once', () => {
    expect(combineValidity([of('VALID'), of('GENERATOR_LIMITED', 'slow'), of('GENERATOR_LIMITED', 'slow')])).toEqual(
      of('GENERATOR_LIMITED', 'slow'),
    )
    expect(combineValidity([of('GENERATOR_LIMITED', 'slow'), of('INVALID', 'full')])).toEqual(
      of('INVALID', 'slow', 'full'),
    )
    expect(combineValidity([of('VALID'), of('VALID')])).toEqual(of('VALID'))
  })

  test('of no trial is invalid, never valid', () => {
    expect(combineValidity([])).toEqual(of('INVALID', 'no trial of this cell ran'))
  })
})
