// Workflow commands: on the line of the rule, escaped as runners read them, and never more than a platform shows.
import { describe, expect, test } from 'vitest'
import { type Annotation, annotationsOf, workflowCommands } from '../../../src/report/annotations.ts'
import type { CellOutcome, Judgement, RuleOutcome } from '../../../src/verify/judgement.ts'

const cell = (change: Partial<CellOutcome> = {}): CellOutcome => ({
  cellIndex: 0,
  label: 'acks=all',
  verdict: 'fail',
  observed: '31 ms',
  ...change,
})
const rule = (change: Partial<RuleOutcome> = {}): RuleOutcome => ({
  text: 'ack.p99 < 25ms',
  severity: 'fail',
  verdict: 'fail',
  line: 29,
  cells: [cell()],
  ...change,
})
const judged = (change: Partial<Judgement>): Judgement => ({
  verdict: 'fail',
  exitCode: 1,
  causes: [],
  rules: [],
  checks: [],
  ...change,
})

describe('annotationsOf', () => {
  test('a failed rule is an error on its very line', () => {
    const annotations = annotationsOf(judged({ rules: [rule(), rule({ verdict: 'pass' })] }), 'scenarios/a.yaml')
    expect(workflowCommands(annotations)).toEqual([
      '::error file=scenarios/a.yaml,line=29,title=fail%3A ack.p99 < 25ms::acks=all: 31 ms',
    ])
  })

  test('doubt, and a rule that only warns, are warnings', () => {
    const rules = [rule({ verdict: 'inconclusive' }), rule({ severity: 'warn' })]
    expect(annotationsOf(judged({ rules }), 'a.yaml').map(annotation => annotation.level)).toEqual([
      'warning',
      'warning',
    ])
  })

  test('a failed check stands on the file', () => {
    const checks = [{ name: 'acked is stored', describe: '', verdict: 'fail' as const, cells: [cell()] }]
    expect(annotationsOf(judged({ checks }), 'a.yaml')).toMatchObject([{ level: 'error', file: 'a.yaml' }])
  })
})

describe('workflowCommands', () => {
  const made = (change: Partial<Annotation> = {}): Annotation => ({ level: 'error', title: 't', text: 'x', ...change })

  test('nothing in a text can end the command or begin another', () => {
    const [line] = workflowCommands([made({ title: 'a,b:c', text: '50%\n::error::y', file: 'a,b.yaml', line: 3 })])
    expect(line).toBe('::error file=a%2Cb.yaml,line=3,title=a%2Cb%3Ac::50%25 ::error::y')
  })

  test('ten of a level at most, the rest summed up', () => {
    const lines = workflowCommands([...Array.from({ length: 14 }, () => made()), made({ level: 'warning' })])
    expect(lines).toHaveLength(11)
    expect(lines[9]).toBe('::error title=and 5 more::see the summary')
  })
})
