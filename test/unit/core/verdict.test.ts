// The order of verdicts and exit codes is what a pipeline acts on, so every pair of it is fixed here.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../../src/core/errors.ts'
import { combineVerdicts, exitRank, strongestExit, type Verdict } from '../../../src/core/verdict.ts'

describe('combineVerdicts', () => {
  test.each<[Verdict[], Verdict]>([
    [['pass', 'pass'], 'pass'],
    [['pass', 'inconclusive'], 'inconclusive'],
    [['inconclusive', 'fail'], 'fail'],
    [['fail', 'pass'], 'fail'],
    [['fail', 'inconclusive', 'pass'], 'fail'],
  ])('%j is %s', (verdicts, expected) => {
    expect(combineVerdicts(verdicts, 'pass')).toBe(expected)
  })

  test('an empty list is what the caller says it is', () => {
    expect(combineVerdicts([], 'inconclusive')).toBe('inconclusive')
    expect(combineVerdicts([], 'pass')).toBe('pass')
  })
})

describe('strongestExit', () => {
  // Clean-up, recording, stopped, signals, guard, environment, usage, bug, fail, inconclusive, pass.
  const order = [8, 7, 6, 130, 143, 5, 4, 2, 70, 1, 3, 0]

  test('every stronger code hides every weaker one', () => {
    for (const [i, strong] of order.entries()) {
      for (const weak of order.slice(i)) {
        expect(strongestExit([weak, strong]), `${strong} against ${weak}`).toBe(strong)
        expect(strongestExit([strong, weak])).toBe(strong)
      }
    }
  })

  test('every documented code has a place of its own', () => {
    expect(new Set(Object.values(EXIT).map(exitRank)).size).toBe(Object.values(EXIT).length)
  })

  test('a code that nobody documented is a bug, never a pass', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 69 }), code => {
        expect(strongestExit([0, code])).toBe(EXIT.bug)
      }),
    )
  })

  test('nothing at all is a pass', () => {
    expect(strongestExit([])).toBe(0)
  })
})
