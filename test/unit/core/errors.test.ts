// An error must lead to its place and carry the exit code that its class promises.
import { describe, expect, test } from 'vitest'
import { ERRORS, EXIT, formatPlace, formatProblem, HarnessError, messageOf } from '../../../src/core/errors.ts'

describe('the table', () => {
  const exitOfClass: Record<string, number> = {
    E1: EXIT.usage,
    E2: EXIT.usage,
    E3: EXIT.environment,
    E4: EXIT.refused,
    E5: EXIT.stopped,
    E6: EXIT.recording,
    E7: EXIT.cleanup,
  }

  test.each(Object.entries(ERRORS))('%s exits as its class does and has a title', (code, row) => {
    expect(row.exit).toBe(exitOfClass[code.slice(0, 2)])
    expect(row.title.length).toBeGreaterThan(5)
  })
})

describe('HarnessError', () => {
  test('takes code and message of its first problem and keeps the others', () => {
    const error = new HarnessError([
      { code: 'E601', message: 'first' },
      { code: 'E202', message: 'second' },
    ])
    expect(error).toMatchObject({ code: 'E601', message: 'first', exitCode: EXIT.recording, name: 'HarnessError' })
    expect(error.problems.map(problem => problem.code)).toEqual(['E601', 'E202'])
  })

  test('keeps its cause', () => {
    const cause = new Error('disk')
    expect(new HarnessError({ code: 'E310', message: 'x' }, { cause }).cause).toBe(cause)
  })

  test('cannot be made of nothing', () => {
    expect(() => new HarnessError([])).toThrow(TypeError)
  })
})

describe('rendering', () => {
  test.each([
    [{ file: 'a.yaml' }, 'a.yaml'],
    [{ file: 'a.yaml', line: 3 }, 'a.yaml:3:1'],
    [{ file: 'a.yaml', line: 3, column: 7 }, 'a.yaml:3:7'],
    [{ file: 'x.ndjson', byte: 0 }, 'x.ndjson@0'],
    [{ file: 'x.ndjson', byte: 40, line: 2 }, 'x.ndjson@40'],
  ])('%j is %s', (place, text) => {
    expect(formatPlace(place)).toBe(text)
  })

  test('a problem is one block: place, code, message, hint', () => {
    expect(
      formatProblem({
        code: 'E113',
        message: 'unknown key',
        place: { file: 'a.yaml', line: 1, column: 2 },
        hint: 'x?',
      }),
    ).toBe('a.yaml:1:2  E113  unknown key\n    → x?')
    expect(formatProblem({ code: 'E113', message: 'unknown key' })).toBe('E113  unknown key')
  })

  test.each([
    [new Error('why'), 'why'],
    [new RangeError(''), 'RangeError'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('the message of %s', (thrown, text) => {
    expect(messageOf(thrown)).toBe(text)
  })
})
