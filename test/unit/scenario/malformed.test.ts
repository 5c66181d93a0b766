// Every malformed scenario gets exactly its promised problems: code, line, column, what is wrong and what to write.
import { describe, expect, it } from 'vitest'
import { ERRORS, EXIT, formatProblem, HarnessError, type Problem } from '../../../src/core/errors.ts'
import { parseScenario } from '../../../src/scenario/load.ts'
import { GOOD, type MalformedCase, plus } from '../../fixtures/malformed/base.ts'
import { CONFLICT_CASES, SEVERAL_CASES } from '../../fixtures/malformed/conflicts.ts'
import { FAULT_CASES } from '../../fixtures/malformed/faults.ts'
import { KEY_CASES, TYPE_CASES } from '../../fixtures/malformed/keys.ts'
import { MATRIX_CASES, RULE_CASES } from '../../fixtures/malformed/matrix.ts'
import { STOP_CASES } from '../../fixtures/malformed/stop.ts'
import { REFUSED_CASES, SYNTAX_CASES } from '../../fixtures/malformed/text.ts'
import { NUMBER_CASES, UNIT_CASES, WORD_CASES } from '../../fixtures/malformed/values.ts'

const FILE = 'spoilt.yaml'

const TABLES: Record<string, readonly MalformedCase[]> = {
  'YAML syntax': SYNTAX_CASES,
  'refused text': REFUSED_CASES,
  keys: KEY_CASES,
  types: TYPE_CASES,
  numbers: NUMBER_CASES,
  units: UNIT_CASES,
  words: WORD_CASES,
  contradictions: CONFLICT_CASES,
  matrix: MATRIX_CASES,
  rules: RULE_CASES,
  faults: FAULT_CASES,
  'stop conditions': STOP_CASES,
  'several mistakes': SEVERAL_CASES,
}
const ALL = Object.values(TABLES).flat()

/** The problems a text gets, or none if it loads. */
function problemsIn(yaml: string, maxProblems?: number): readonly Problem[] {
  try {
    parseScenario(yaml, FILE, maxProblems === undefined ? {} : { maxProblems })
    return []
  } catch (error) {
    if (error instanceof HarnessError) return error.problems
    throw error
  }
}

type Promised = { at: string; code: string; message: string; hint: string }

/** Takes `5:17 E114 part of message → part of hint` apart. */
function promised(text: string): Promised {
  const [head = '', hint = ''] = text.split('→').map(part => part.trim())
  const [at = '', code = '', ...words] = head.split(' ')
  return { at, code, message: words.join(' '), hint }
}

describe.each(Object.entries(TABLES))('%s', (_title, cases) => {
  it.each(cases.map(one => [one.title, one] as const))('%s', (_name, { yaml, gets }) => {
    const found = problemsIn(yaml)
    const told = found.map(problem => ({ at: `${problem.place?.line}:${problem.place?.column}`, code: problem.code }))
    expect(told).toEqual(gets.map(promised).map(({ at, code }) => ({ at, code })))
    gets.map(promised).forEach(({ message, hint }, index) => {
      expect(found[index]?.message).toContain(message)
      expect(found[index]?.hint).toContain(hint)
    })
  })
})

describe('all of them', () => {
  it('are many, and cover every code that a text can get', () => {
    expect(ALL.length).toBeGreaterThanOrEqual(200)
    const elsewhere = ['E101', 'E102', 'E103', 'E104', 'E126', 'E131', 'E135']
    const textual = Object.keys(ERRORS).filter(code => code.startsWith('E1') && !elsewhere.includes(code))
    const seen = new Set(ALL.flatMap(({ yaml }) => problemsIn(yaml).map(problem => problem.code as string)))
    expect(textual.filter(code => !seen.has(code))).toEqual([])
  })

  it('say what to write, on one line, in our words, with exit code 2', () => {
    for (const { title, yaml } of ALL) {
      for (const problem of problemsIn(yaml)) {
        const text = formatProblem(problem)
        expect(problem.hint, `${title}: hint`).toMatch(/\S/)
        expect(problem.place?.file, title).toBe(FILE)
        expect(text, title).not.toMatch(/\n\s+at |Invalid input|Expected .*received|undefined|\[object|node:|\{key\}/)
        expect(text.split('\n').length, title).toBe(2)
        expect(ERRORS[problem.code].exit, title).toBe(EXIT.usage)
      }
    }
  })

  it('never repeat a secret', () => {
    for (const { yaml } of ALL) expect(JSON.stringify(problemsIn(yaml))).not.toMatch(/hunter2|s3cr3t|user:pass/)
  })

  it('come sorted by line, at most 20, and the last says how many more there are', () => {
    const wrong = Array.from({ length: 30 }, (_, index) => `wrong${index}: 1\n`).join('')
    const found = problemsIn(`${wrong}${GOOD}`)
    expect(found.map(problem => problem.place?.line)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(found.at(-1)?.hint).toMatch(/and 10 more after this one$/)
    expect(problemsIn(`${wrong}${GOOD}`, 99)).toHaveLength(30)
  })

  it('are formatted as file:line:column, code, message, and a line with what to write', () => {
    const [problem] = problemsIn(GOOD.replace('name: good', 'name: Good'))
    const form =
      'must be lower-case letters, digits, dot, dash and underscore, at most 64, starting with a letter or digit'
    expect(problem && formatProblem(problem)).toBe(`spoilt.yaml:2:7  E136  name ${form}, got "Good"\n    → write good`)
  })
})

describe('faults on somebody else’s brokers', () => {
  it.each([
    'freeze, target: node 1',
    'link-cut, target: node 1',
    'bridge, target: node 1',
    'ring',
    'isr-churn, topic: orders, target: node 1',
    'partition-increase, topic: orders, to: 9',
  ])('are refused by a guard, with both places: %s', kind => {
    const fault = `{ fault: ${kind}, at: 1s, for: 1s }`
    const [problem] = problemsIn(plus(`cluster: { bootstrap.servers: "a:9092" }\nfaults:\n  - ${fault}`))
    expect(problem).toMatchObject({ code: 'E404', place: { line: 12, column: 5 } })
    expect(problem?.message).toContain('10:')
    expect(ERRORS.E404.exit).toBe(EXIT.refused)
  })

  it.each([
    'manual, target: node 1, do: pull, undo: push, shows: unreachable',
    'exec, inject: [ls], heal: [ls], prove: [ls]',
  ])('are somebody else’s to bring about: %s', kind => {
    const fault = `{ fault: ${kind}, at: 1s, for: 1s }`
    expect(problemsIn(plus(`cluster: { bootstrap.servers: "a:9092" }\nfaults:\n  - ${fault}`))).toEqual([])
  })
})

describe('the spoilt scenario', () => {
  it('is good before it is spoilt', () => {
    expect(problemsIn(GOOD)).toEqual([])
  })
})
