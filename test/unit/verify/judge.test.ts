// The exit code is what a pipeline acts on: correctness first, then objectives, then doubt, and the strongest cause wins.
import { describe, expect, test } from 'vitest'
import { parseRule } from '../../../src/scenario/rule.ts'
import { judge } from '../../../src/verify/judge.ts'
import type { StoredRule } from '../../../src/verify/rules.ts'
import { madeAnalysis, madeCell, madeTrialAnalysis, SLOW } from './made.ts'

function ruleOf(text: string, severity: 'fail' | 'warn' = 'fail'): StoredRule {
  const parsed = parseRule(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return { ...parsed.rule, when: {}, severity, index: 0, line: 7 }
}

const WELL = madeAnalysis([madeCell([madeTrialAnalysis()])])
const LOST = madeAnalysis([madeCell([madeTrialAnalysis({ accounting: { stored: 990 } })])])
const DOUBT = madeAnalysis([madeCell([madeTrialAnalysis({ validity: SLOW })])])

describe('verdicts', () => {
  test('all well is a pass', () => {
    expect(judge(WELL, [ruleOf('errors == 0'), ruleOf('ack.p99 < 1s')])).toMatchObject({
      verdict: 'pass',
      exitCode: 0,
      causes: [],
    })
  })

  test('a check needs no rule to fail', () => {
    const judgement = judge(LOST, [])
    expect(judgement).toMatchObject({ verdict: 'fail', exitCode: 1 })
    expect(judgement.causes).toEqual([
      {
        exitCode: 1,
        text: 'check "acked is stored": acked 1000, stored 990, unknown 0 (10 acknowledged records are not in the topics)',
      },
    ])
  })

  test('a rule that is broken', () => {
    const judgement = judge(WELL, [ruleOf('ack.p99 < 1ms')])
    expect(judgement).toMatchObject({
      verdict: 'fail',
      exitCode: 1,
      causes: [{ exitCode: 1, text: 'rule "ack.p99 < 1ms": 20 ms' }],
      rules: [{ text: 'ack.p99 < 1ms', line: 7, verdict: 'fail' }],
    })
  })

  test('a warning is shown, and never decides', () => {
    const judgement = judge(WELL, [ruleOf('ack.p99 < 1ms', 'warn'), ruleOf('e2e.p999 < 1s', 'warn')])
    expect(judgement).toMatchObject({
      verdict: 'pass',
      exitCode: 0,
      causes: [],
      rules: [
        { severity: 'warn', verdict: 'fail' },
        { severity: 'warn', verdict: 'inconclusive' },
      ],
    })
  })

  test('a rule without data', () => {
    expect(judge(WELL, [ruleOf('e2e.p999 < 1s')])).toMatchObject({
      verdict: 'inconclusive',
      exitCode: 3,
      causes: [{ exitCode: 3, text: 'rule "e2e.p999 < 1s": – (no data)' }],
    })
  })

  test('a generator that was too slow makes even a run without rules inconclusive', () => {
    expect(judge(DOUBT, [])).toMatchObject({
      verdict: 'inconclusive',
      exitCode: 3,
      causes: [{ text: 'cell single cell: GENERATOR_LIMITED, too slow' }],
    })
  })

  test('a run that did not come to its end is no pass', () => {
    expect(judge({ ...WELL, state: 'partial' }, [ruleOf('errors == 0')])).toMatchObject({
      verdict: 'inconclusive',
      exitCode: 3,
      causes: [{ text: expect.stringMatching(/partial/) }],
    })
  })

  test('a failure outweighs doubt, and both are listed, the failure first', () => {
    const both = madeAnalysis([madeCell([madeTrialAnalysis({ validity: SLOW, accounting: { errors: 2 } })])])
    const judgement = judge(both, [ruleOf('ack.p99 < 1s'), ruleOf('errors == 0')])
    expect([judgement.verdict, judgement.exitCode]).toEqual(['fail', 1])
    expect(judgement.causes.map(({ exitCode }) => exitCode)).toEqual([1, 3, 3])
  })

  test('of several cells the bad one is named', () => {
    const cells = [
      madeCell([madeTrialAnalysis()], { label: 'acks=1' }),
      madeCell([madeTrialAnalysis({ accounting: { errors: 1 } })], { index: 1, label: 'acks=all' }),
    ]
    expect(judge(madeAnalysis(cells), [ruleOf('errors == 0')]).causes).toEqual([
      { exitCode: 1, text: 'rule "errors == 0": acks=all: 1' },
    ])
  })
})

describe('exit codes', () => {
  const cause = (exitCode: number) => ({ exitCode, text: `cause ${exitCode}` })

  // 8 > 7 > 6 > signal > 5 > 4 > 1 > 3
  test.each([
    [[8, 7, 6, 130, 5, 4], 8],
    [[7, 6, 143, 5, 4], 7],
    [[6, 130, 5, 4], 6],
    [[130, 5, 4], 130],
    [[143, 5, 4], 143],
    [[5, 4], 5],
    [[4], 4],
  ])('beside a failed check, %j ends with %i', (codes, expected) => {
    const judgement = judge(LOST, [ruleOf('e2e.p999 < 1s')], codes.toReversed().map(cause))
    expect(judgement.exitCode).toBe(expected)
    expect(judgement.verdict).toBe('fail')
    expect(judgement.causes.map(({ exitCode }) => exitCode)).toEqual([...codes, 1, 3])
  })

  test('what went wrong in the run itself is never a pass', () => {
    expect(judge(WELL, [], [cause(8)])).toMatchObject({ verdict: 'inconclusive', exitCode: 8 })
    expect(judge(WELL, [], [cause(130)])).toMatchObject({ verdict: 'inconclusive', exitCode: 130 })
  })

  test('a code that nobody documented does not hang the judge, nor pass', () => {
    expect(judge(WELL, [], [cause(99)]).exitCode).toBe(70)
  })

  test('equal causes stay in their order', () => {
    const causes = ['a', 'b', 'c'].map(text => ({ exitCode: 6, text }))
    expect(judge(WELL, [], causes).causes.map(({ text }) => text)).toEqual(['a', 'b', 'c'])
  })
})
