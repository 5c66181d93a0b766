// Rules as people write them: what is read, and what is answered to the rest.
import { describe, expect, it } from 'vitest'
import { allMetricNames } from '../../../src/core/metrics.ts'
import { parseRule } from '../../../src/scenario/rule.ts'

const refusalOf = (text: string): string => {
  const result = parseRule(text)
  return result.ok ? 'read' : `${result.reason} → ${result.hint}`
}

describe('a rule', () => {
  it.each([
    ['ack.p99 < 25ms', 'ack.p99', '<', 25_000],
    ['ack.p50<800us', 'ack.p50', '<', 800],
    ['  e2e.service.max <= 1.5s  ', 'e2e.service.max', '<=', 1_500_000],
    ['slip.p99 < 0.1ms', 'slip.p99', '<', 100],
    ['errors == 0', 'errors', '==', 0],
    ['retries < 1.5k', 'retries', '<', 1500],
    ['achieved >= 99%', 'achieved', '>=', 0.99],
    ['achieved >= 0.995', 'achieved', '>=', 0.995],
    ['throughput > 0/s', 'throughput', '>', 0],
    ['throughput >= 20k/s', 'throughput', '>=', 20_000],
    ['throughput.bytes >= 10MB/s', 'throughput.bytes', '>=', 10_000_000],
    ['batch.size.avg >= 16KiB', 'batch.size.avg', '>=', 16_384],
    ['compression.ratio >= 2.5', 'compression.ratio', '>=', 2.5],
    ['lag.max != 7', 'lag.max', '!=', 7],
  ])('%s', (text, metric, comparator, value) => {
    expect(parseRule(text)).toEqual({
      ok: true,
      rule: { text: text.trim(), metric, comparator, target: { kind: 'number', value } },
    })
  })

  it('may compare two metrics of one unit', () => {
    const rule = {
      text: 'acked == stored',
      metric: 'acked',
      comparator: '==',
      target: { kind: 'metric', name: 'stored' },
    }
    expect(parseRule('acked == stored')).toEqual({ ok: true, rule })
    expect(parseRule('e2e.p99 < ack.p99').ok).toBe(true)
    expect(refusalOf('acked == ack.p99')).toMatch(/different units/)
    expect(refusalOf('acked == acked')).toMatch(/compared with itself/)
  })

  it('reads every metric there is', () => {
    const units = ['1ms', '1', '1%', '1/s', '1B', '1B/s']
    for (const name of allMetricNames())
      expect(
        units.some(value => parseRule(`${name} < ${value}`).ok),
        name,
      ).toBe(true)
  })

  it.each([
    ['', /is not a rule → write metric, comparison, value/],
    ['ack.p99', /is not a rule/],
    ['errors is 0', /is not a rule/],
    ['errors =< 3', /=< is not a comparison → write errors <= 3/],
    ['errors = 0', /= is not a comparison → write errors == 0/],
    ['errors ≤ 3', /write errors <= 3/],
    ['errors ~ 3', /~ is not a comparison → use one of < <= > >= == !=/],
    ['errors <', /nothing to compare errors with/],
    ['p99 < 5ms', /did you mean ack\.p99 or e2e\.p99\?/],
    ['ACK.P99 < 5ms', /did you mean ack\.p99\?/],
    ['ack.p99.99 < 5ms', /did you mean ack\.p9999\?/],
    ['ack < 5ms', /as in ack\.p99/],
    ['quux < 5ms', /metrics: errors, failed/],
    ['constructor < 5', /constructor is not a metric/],
    ['__proto__.p99 < 5ms', /is not a rule/],
    ['ack.p99 < 25', /25 has no unit → write 25ms/],
    ['ack.p99 < stored', /different units/],
    ['ack.p99 < e2e.p98', /did you mean e2e\.p9/],
    ['achieved >= 99', /99 is 9900% → did you mean 99%\?/],
    ['errors < -1', /-1 is negative/],
    ['throughput >= 1000', /1000 has no unit → rates are per second: write 1000\/s/],
    ['throughput.bytes >= 10MB', /is not bytes per second/],
    ['compression.ratio >= 2x', /is not a plain number/],
  ])('refuses %s', (text, answer) => {
    expect(refusalOf(text)).toMatch(answer)
  })
})
