// Rules over what brokers told of themselves: the worst broker decides, and one that told nothing leaves doubt.
import { describe, expect, test } from 'vitest'
import type { BrokerLoad } from '../../../src/analysis/brokers.ts'
import { allMetricNames, findMetric } from '../../../src/core/metrics.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import { parseRule } from '../../../src/scenario/rule.ts'
import { observe } from '../../../src/verify/observe.ts'
import { judgeRule } from '../../../src/verify/rules.ts'
import { madeBroker, madeCell, madeTrialAnalysis } from './made.ts'

const BROKER = madeBroker()

function verdict(text: string, trial: Parameters<typeof madeTrialAnalysis>[0]): Verdict {
  const parsed = parseRule(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  const rule = { ...parsed.rule, when: {}, severity: 'fail' as const, index: 0 }
  return judgeRule(rule, [madeCell([madeTrialAnalysis(trial)])]).verdict
}

describe('metrics of brokers', () => {
  const names = allMetricNames().filter(name => name.startsWith('broker.'))
  const silent: BrokerLoad = { node: 'broker-2', seconds: 0, points: [] }

  test.each(names)('%s is the worst of all brokers, and nothing where one of them told nothing', name => {
    const [one, two] = [BROKER, { ...BROKER, node: 'broker-2' }]
    expect(observe(madeTrialAnalysis({ brokers: [one, two] }), name)).toBeTypeOf('number')
    for (const brokers of [[one, silent], [silent], []])
      expect(observe(madeTrialAnalysis({ brokers }), name), JSON.stringify(brokers)).toBeUndefined()
    expect(observe(madeTrialAnalysis(), name)).toBeUndefined()
  })

  test.each(names)('a rule over %s that nobody told is inconclusive, whichever way it compares', name => {
    const zero = findMetric(name)?.metric.unit === 'us' ? '0us' : '0'
    for (const comparator of ['<', '>=', '==', '!='])
      for (const brokers of [undefined, [BROKER, silent]])
        expect(verdict(`${name} ${comparator} ${zero}`, brokers ? { brokers } : {})).toBe('inconclusive')
  })

  test('idleness is the least, shrinks are those of all together', () => {
    const other: BrokerLoad = { ...BROKER, node: 'broker-2', handlerIdle: 0.2, isrShrinks: 4 }
    const trial = madeTrialAnalysis({ brokers: [BROKER, other] })
    expect(observe(trial, 'broker.handler.idle')).toBe(0.2)
    expect(observe(trial, 'broker.isr.shrinks')).toBe(5)
    expect(verdict('broker.handler.idle > 30%', { brokers: [BROKER, other] })).toBe('fail')
    expect(verdict('broker.handler.idle > 30%', { brokers: [BROKER] })).toBe('pass')
  })

  test('a mean is of the brokers that did such a thing', () => {
    const { flushMeanUs: _, ...neverFlushed } = BROKER
    expect(observe(madeTrialAnalysis({ brokers: [BROKER, { ...neverFlushed, node: 'b-2' }] }), 'broker.flush')).toBe(
      2000,
    )
  })
})
