// A plan decides what runs and in which order before anything starts; the same seed must give the same plan on every machine.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HarnessError } from '../../../src/core/errors.ts'
import { describeEstimate, type Plan } from '../../../src/plan/plan.ts'
import { loaded, planOf, scenarioText } from './made.ts'

const SWEEP = `matrix:
  producers:
    acks: [0, 1, all]
    linger.ms: [0, 5ms, 20ms]
`

const order = (plan: Plan): string[] => plan.trials.map(({ cell, repetition }) => `${cell.label}#${repetition}`)
const codesOf = (text: string, options = {}): string[] => {
  try {
    planOf(text, options)
    return []
  } catch (error) {
    return (error as HarnessError).problems.map(({ code }) => code)
  }
}

describe('trials', () => {
  test('are every cell times every repetition, numbered from one', () => {
    const plan = planOf(scenarioText(`${SWEEP}repeat: 4\n`))
    expect(plan.cells).toHaveLength(9)
    expect(plan.trials.map(({ number }) => number)).toEqual(Array.from({ length: 36 }, (_, i) => i + 1))
    expect(new Set(order(plan)).size).toBe(36)
  })

  test('a scenario without a matrix is one cell', () => {
    const plan = planOf(scenarioText())
    expect(plan.trials).toMatchObject([
      { number: 1, repetition: 0, boot: 0, cell: { label: 'single cell', values: {} } },
    ])
  })

  test('come in an order that the seed decides, and nothing else', () => {
    const text = (seed: number): string => scenarioText(`${SWEEP}seed: ${seed}\nrepeat: 2\n`)
    expect(order(planOf(text(7)))).toEqual(order(planOf(text(7))))
    expect(order(planOf(text(7)))).not.toEqual(order(planOf(text(8))))
    expect(order(planOf(text(7)))).not.toEqual(order(planOf(text(7))).toSorted())
  })

  test('each repetition goes through all cells before the next begins', () => {
    fc.assert(
      fc.property(fc.nat(10_000), seed => {
        const { trials } = planOf(scenarioText(`${SWEEP}seed: ${seed}\nrepeat: 3\n`))
        expect(trials.map(({ repetition }) => repetition)).toEqual([
          ...new Array<number>(9).fill(0),
          ...new Array<number>(9).fill(1),
          ...new Array<number>(9).fill(2),
        ])
        for (let r = 0; r < 3; r++)
          expect(new Set(trials.slice(r * 9, r * 9 + 9).map(({ cell }) => cell.index)).size).toBe(9)
      }),
      { numRuns: 20 },
    )
  })

  test('repetitions are not in the same order', () => {
    const { trials } = planOf(scenarioText(`${SWEEP}repeat: 2\n`))
    const cells = trials.map(({ cell }) => cell.index)
    expect(cells.slice(0, 9)).not.toEqual(cells.slice(9))
  })
})

describe('boots', () => {
  test('client and topic axes share one', () => {
    expect(planOf(scenarioText(SWEEP)).boots).toEqual([{ index: 0, brokerValues: {} }])
  })

  test('every value of a broker property has its own, whose trials are together', () => {
    const plan = planOf(scenarioText(`${SWEEP}  brokers: { num.io.threads: [2, 4, 8] }\nrepeat: 2\n`))
    expect(plan.boots.map(({ brokerValues }) => brokerValues)).toEqual(
      [2, 4, 8].map(value => ({ 'num.io.threads': value })),
    )
    const boots = plan.trials.map(({ boot }) => boot)
    expect(boots.filter((boot, i) => boot !== boots[i - 1])).toHaveLength(3)
    for (const { cell, boot } of plan.trials)
      expect(plan.boots[boot]?.brokerValues['num.io.threads']).toBe(cell.values['num.io.threads'])
  })

  test('the order of boots is seeded too', () => {
    const firsts = new Set(
      [1, 2, 3, 4, 5, 6, 7, 8].map(
        seed =>
          planOf(scenarioText(`matrix:\n  brokers: { num.io.threads: [2, 4, 8] }\nseed: ${seed}\n`)).trials[0]?.boot,
      ),
    )
    expect(firsts.size).toBeGreaterThan(1)
  })
})

describe('refusals', () => {
  test('a matrix above its cap says how large it is and how to allow it', () => {
    expect(() => planOf(scenarioText(SWEEP), { maxCells: 8 })).toThrow(
      expect.objectContaining({
        code: 'E131',
        message: 'the matrix has 9 cells (acks × 3, linger.ms × 3); the cap is 8',
        problems: [expect.objectContaining({ hint: expect.stringContaining('--max-cells 9') })],
      }),
    )
    expect(planOf(scenarioText(SWEEP), { maxCells: 9 }).cells).toHaveLength(9)
  })

  test('excluding cells is a way under the cap, as the hint says', () => {
    const text = scenarioText(`${SWEEP}  exclude: [{ acks: 0 }]\n`)
    expect(planOf(text, { maxCells: 6 }).cells).toHaveLength(6)
    expect(codesOf(text, { maxCells: 5 })).toEqual(['E131'])
  })

  test('an enormous matrix is refused without being laid out', () => {
    const axis = (name: string, from: number): string =>
      `    ${name}: [${Array.from({ length: 200 }, (_, i) => from + i).join(', ')}]\n`
    const text = scenarioText(
      `matrix:\n  producers:\n${axis('linger.ms', 0)}${axis('batch.size', 1000)}${axis('retries', 1)}${axis('max.request.size', 5000)}`,
    )
    expect(codesOf(text)).toEqual(['E131'])
  })

  test('a matrix of which nothing is left is no plan', () => {
    expect(
      codesOf(scenarioText(`matrix:\n  producers: { acks: [0, 1] }\n  exclude: [{ acks: 0 }, { acks: 1 }]\n`)),
    ).toEqual(['E128'])
  })

  test('all problems come at once', () => {
    const text = scenarioText('matrix:\n  producers: { compression.type: [none, gzip] }\nexpect:\n  - e2e.p99 < 1s\n', {
      producer: 'driver: scripted',
    })
    expect(codesOf(text)).toEqual(['E202', 'E126'])
  })
})

describe('the estimate', () => {
  test('counts records, bytes and replicas of every trial, and time with boots and pauses', () => {
    const plan = planOf(scenarioText('repeat: 3\n', { layout: 'three-brokers', producer: 'values: { size: 500B }' }))
    const records = 2 * 100 + 10 * 1000
    expect(plan.estimate).toEqual({
      records: 3 * records,
      bytes: 3 * records * 500,
      bytesOnDisk: 9 * records * 500,
      durationMs: 8000 + 3 * (12_000 + 4000 + 1000),
    })
    expect(describeEstimate(plan)).toMatch(/^1 cell × 3 = 3 trials, 1 boot, about /)
  })

  test('a swept size or rate counts with its own value', () => {
    const plan = planOf(scenarioText('matrix:\n  producers: { values.size: [100B, 1KiB] }\n'))
    expect(plan.estimate.bytes).toBe(10_200 * (100 + 1024))
    const rates = planOf(scenarioText('matrix:\n  load: { rate: [10/s, 1k/s] }\n'))
    expect(rates.estimate.records).toBe(12 * 1010)
  })
})

test('overrides and notes are passed on', () => {
  const overrides = [{ name: 'repeat', value: 2, source: 'flag' }]
  const plan = planOf(scenarioText(SWEEP), { overrides })
  expect(plan.overrides).toEqual(overrides)
  expect(plan.notes).toContain(
    'repeat is 1: differences between cells include the noise of this machine; repeat: 3 or more shows it',
  )
  expect(plan.scenario).toEqual(loaded(scenarioText(SWEEP)).scenario)
})
