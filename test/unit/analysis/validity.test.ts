// A generator that could not keep its schedule must never look like a slow cluster, nor like a fast one.
import { describe, expect, test } from 'vitest'
import type { GeneratorHealth, Latency, Measures, Validity } from '../../../src/analysis/analysis.ts'
import { combineValidity, judgeValidity, MIN_SENT_RATIO, type ValidityInput } from '../../../src/analysis/validity.ts'

const judge = (measures: Partial<Measures>, change: Partial<Omit<ValidityInput, 'measures'>> = {}): Validity =>
  judgeValidity({
    measures: { sent: 1000, achieved: 1, latencies: {}, ...measures } as Measures,
    generator: [],
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

describe('signals', () => {
  const latency = (p99: number): Latency => ({ quantiles: { p99 } }) as unknown as Latency
  const slip = (slipUs: number, ackUs: number): Partial<Measures> => ({
    latencies: { 'slip.scheduler': latency(slipUs), ack: latency(ackUs) },
  })
  const worker = (change: Partial<GeneratorHealth> = {}): GeneratorHealth => ({
    worker: 'w-0',
    role: 'producer',
    cpuCoresAvg: 0.2,
    cpuCoresMax: 0.3,
    rssBytesMax: 1,
    gcShare: 0.001,
    gcMaxUs: 500,
    loopLateMaxUs: 900,
    ...change,
  })

  test.each<[string, Partial<Measures>, Partial<ValidityInput>, Validity['state'], RegExp]>([
    ['slip below the floor', slip(5000, 5000), {}, 'VALID', /^$/],
    ['slip above the floor, a small share', slip(19_000, 100_000), {}, 'VALID', /^$/],
    [
      'stopped or busy',
      slip(50_000, 60_000),
      { generator: [worker({ waitedShare: 0.1 })] },
      'GENERATOR_LIMITED',
      /83\.33%.*add workers/,
    ],
    [
      'waiting for its own brokers',
      slip(50_000, 60_000),
      { generator: [worker({ waitedShare: 0.9 })] },
      'GENERATOR_LIMITED',
      /other cores/,
    ],
    [
      'waiting for others',
      slip(50_000, 60_000),
      { generator: [worker({ waitedShare: 0.9 })], host: { foreignShare: 0.4 } },
      'NOISY_HOST',
      /other programs took 40%/,
    ],
    [
      'stopped, while others are busy',
      slip(50_000, 60_000),
      { generator: [worker({ waitedShare: 0.2 })], host: { foreignShare: 0.4 } },
      'GENERATOR_LIMITED',
      /add workers/,
    ],
    [
      'waiting for the hypervisor',
      slip(50_000, 60_000),
      { generator: [worker({ waitedShare: 0.9 })], host: { stealShare: 0.02 } },
      'NOISY_HOST',
      /hypervisor/,
    ],
    [
      'behind its schedule, waiting for others',
      { achieved: 0.9 },
      { generator: [worker({ waitedShare: 0.9 })], host: { foreignShare: 0.4 } },
      'NOISY_HOST',
      /90\.00%.*other programs took 40%/,
    ],
    [
      'behind its schedule by itself, while others are busy',
      { achieved: 0.9 },
      { generator: [worker({ waitedShare: 0.2 })], host: { foreignShare: 0.4 } },
      'GENERATOR_LIMITED',
      /90\.00%.*add workers, or lower the rate/,
    ],
    ['saturated', {}, { generator: [worker({ saturatedShare: 0.05 })] }, 'GENERATOR_LIMITED', /no CPU to spare in 5%/],
    ['nearly saturated', {}, { generator: [worker({ saturatedShare: 0.04 })] }, 'VALID', /^$/],
    ['garbage', {}, { generator: [worker({ gcShare: 0.06 })] }, 'GENERATOR_LIMITED', /garbage/],
    [
      'a late reader',
      { latencies: { e2e: latency(40_000) } },
      { generator: [worker({ role: 'consumer', loopLateMedianUs: 30_000 })] },
      'GENERATOR_LIMITED',
      /reader w-0 itself came late: 30\.0 ms.*40\.0 ms/,
    ],
    [
      'a late reader that is not what counts',
      { latencies: { e2e: latency(90_000) } },
      { generator: [worker({ role: 'consumer', loopLateMedianUs: 30_000 })] },
      'VALID',
      /^$/,
    ],
    ['steal', {}, { host: { stealShare: 0.06 } }, 'NOISY_HOST', /6%/],
    ['throttling', {}, { host: { throttledShare: 0.1 } }, 'NOISY_HOST', /throttled in 10%/],
  ])('%s', (_, measures, change, state, reason) => {
    const validity = judge(measures, change)
    expect([validity.state, validity.reasons.join()]).toEqual([state, expect.stringMatching(reason)])
  })

  test('a closed loop may use all its CPU, and is told so', () => {
    const validity = judge({}, { openLoop: false, generator: [worker({ saturatedShare: 1 })] })
    expect(validity).toMatchObject({ state: 'VALID', warnings: [expect.stringContaining('closed loop')] })
  })

  test('what is only worth knowing is a warning', () => {
    const host = { stealShare: 0.02, throttledShare: 0.01, foreignShare: 0.3 }
    const busy = [worker({ cpuCoresAvg: 0.75, gcShare: 0.02 })]
    const { state, warnings } = judge(slip(2500, 3000), { host, generator: busy })
    expect(state).toBe('VALID')
    expect(warnings).toHaveLength(6)
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
