// Pairs of trials: balanced, drawn by the seed, and on one boot exactly where both arms can share it.
import { describe, expect, test } from 'vitest'
import { withOverlay } from '../../../src/cli/shared/overlay.ts'
import type { HarnessError } from '../../../src/core/errors.ts'
import { pairPlans } from '../../../src/plan/ab.ts'
import { makePlan, type Plan } from '../../../src/plan/plan.ts'
import { loaded, scenarioText } from './made.ts'

function armOf(...overlay: string[]): Plan {
  const { scenario, placeOf } = loaded(scenarioText('repeat: 3\n'))
  return makePlan(withOverlay(scenario, overlay), { placeOf, cores: 8, maxCells: 200 })
}

const orders = (plan: Plan): string[] =>
  Array.from({ length: plan.scenario.repeat }, (_, pair) =>
    plan.trials.flatMap(trial => (trial.repetition === pair ? [trial.cell.label] : [])).join(' '),
  )

describe('pairPlans', () => {
  const merged = pairPlans(armOf('producers.linger.ms=0'), armOf('producers.linger.ms=20ms'), 8)

  test('every pair has both arms side by side, and half of them begin with the candidate', () => {
    expect(merged.trials.map(trial => trial.number)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    expect(orders(merged).filter(order => order === 'candidate base')).toHaveLength(4)
    expect(orders(merged).filter(order => order === 'base candidate')).toHaveLength(4)
    expect(merged.trials.map(trial => trial.repetition)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7])
  })

  test('each arm has its own settings, and both share one boot', () => {
    expect(merged.setups.map(setup => setup.producers[0]?.settings['linger.ms'])).toEqual([0, 20])
    expect(merged.boots).toHaveLength(1)
    expect(new Set(merged.trials.map(trial => trial.boot))).toEqual(new Set([0]))
  })

  test.each(['brokers.num.io.threads=2', 'kafka=4.2.0'])('%s needs a boot for every trial', text => {
    const plan = pairPlans(armOf(), armOf(text), 3)
    expect(plan.boots).toHaveLength(6)
    expect(plan.trials.map(trial => trial.boot)).toEqual([0, 1, 2, 3, 4, 5])
    for (const trial of plan.trials) {
      const boot = plan.boots[trial.boot]
      const isCandidate = trial.cell.label === 'candidate'
      expect([boot?.brokerValues['num.io.threads'] === 2, JSON.stringify(boot?.cluster).includes('4.2.0')]).toEqual([
        isCandidate && text.startsWith('brokers'),
        isCandidate && text.startsWith('kafka'),
      ])
    }
  })
})

describe('withOverlay', () => {
  test('pins an axis of the matrix to one value', () => {
    const { scenario } = loaded(scenarioText('matrix:\n  producers: { acks: [0, 1, all], linger.ms: [0, 5ms] }\n'))
    const { axes } = withOverlay(scenario, ['producers.acks=1', 'load.rate=50/s']).matrix
    expect(axes.map(axis => [axis.name, axis.values])).toEqual([
      ['linger.ms', [0, 5]],
      ['acks', ['1']],
      ['rate', [50]],
    ])
  })

  test.each([
    ['linger.ms=5', 'E201'],
    ['producers.linger.msx=5', 'E113'],
    ['producers.linger.ms=soon', 'E120'],
    ['kafka=4.2', 'E201'],
  ])('%s is refused with %s', (text, code) => {
    const { scenario } = loaded(scenarioText())
    expect(() => withOverlay(scenario, [text])).toThrow(expect.objectContaining({ code }) as HarnessError)
  })
})
