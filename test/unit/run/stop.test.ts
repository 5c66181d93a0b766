// Stop conditions on scripted seconds: what breaks a limit, what does not, and how soon it is known.
import { describe, expect, it } from 'vitest'
import { type Breach, StopConditions, stoppedBy } from '../../../src/run/stop.ts'
import { type StopName, type StopSpec, stopSchema } from '../../../src/scenario/schema/stop.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'

const T0_US = 1.79e15
const specOf = (written: object): StopSpec => stopSchema.parse(written)

type Told = { counters: Record<string, number>; acksMs?: readonly [ms: number, count: number][] }

function report(second: number, { counters, acksMs = [] }: Told) {
  const histogram = new LatencyHistogram()
  for (const [ms, count] of acksMs) histogram.record(ms * 1000, count)
  return {
    t0Us: T0_US + (second - 1) * 1e6,
    t1Us: T0_US + second * 1e6,
    counters,
    histograms: acksMs.length > 0 ? [{ name: 'ack', bytes: histogram.encode() }] : [],
  }
}

/** The second at whose end the run was stopped, by seconds as one worker tells them. */
async function stoppedAt(spec: StopSpec, told: (second: number) => Told, seconds = 30) {
  const stop = new StopConditions(spec, 1)
  for (let second = 1; second <= seconds; second++) {
    stop.interval('web-0', report(second, told(second)))
    await Promise.resolve()
    if (stop.breach) return { second, breach: await stop.met }
  }
  return undefined
}

const fine = (count = 1000): Told => ({ counters: { scheduled: count, acked: count }, acksMs: [[5, count]] })

describe('the error rate', () => {
  const spec = specOf({ 'error.rate': '20%' })

  it('stops at the end of the first second above it', async () => {
    const bad: Told = { counters: { scheduled: 1000, acked: 700, failed: 200, unknown: 100 } }
    const found = await stoppedAt(spec, second => (second < 4 ? fine() : bad))
    expect(found).toMatchObject({ second: 4, breach: { name: 'error.rate', atUs: T0_US + 4e6, sinceUs: T0_US + 3e6 } })
    expect(found?.breach.text).toBe('error.rate > 20%: 300 of 1000 outcomes of a second')
  })

  it('at the limit, and a second without outcomes, stop nothing', async () => {
    const edge: Told = { counters: { scheduled: 1000, acked: 800, failed: 200 } }
    expect(await stoppedAt(spec, second => (second % 2 ? edge : { counters: {} }))).toBeUndefined()
  })

  it('must last as long as is asked, and a good second begins it anew', async () => {
    const bad: Told = { counters: { scheduled: 10, failed: 10 } }
    const told = (second: number): Told => (second === 5 || second > 7 ? bad : fine())
    expect(await stoppedAt(specOf({ 'error.rate': '20%', for: '3s' }), told)).toMatchObject({ second: 10 })
  })

  it('is that of all workers together, each of which may be late', async () => {
    const stop = new StopConditions(spec, 2)
    stop.interval('web-0', report(1, { counters: { acked: 70, failed: 30 } }))
    await Promise.resolve()
    expect(stop.breach).toBeUndefined()
    stop.interval('web-1', report(1, { counters: { acked: 100 } }))
    await Promise.resolve()
    expect(stop.breach).toBeUndefined()
    stop.interval('web-0', report(2, { counters: { failed: 100 } }))
    await Promise.resolve()
    expect(stop.breach).toBeUndefined()
    // The second worker says nothing more; the next report of the first one closes the second before.
    stop.interval('web-0', report(3, { counters: {} }))
    await Promise.resolve()
    expect(stop.breach).toMatchObject({ name: 'error.rate', atUs: T0_US + 2e6 })
  })

  it('takes the phases of one second together', async () => {
    const stop = new StopConditions(spec, 1)
    stop.interval('web-0', report(1, { counters: { failed: 1 } }))
    stop.interval('web-0', report(1, { counters: { acked: 99 } }))
    await Promise.resolve()
    expect(stop.breach).toBeUndefined()
  })
})

describe('the response time', () => {
  const spec = specOf({ 'ack.p99': '2s' })

  it('counts one record in a hundred, not one in a thousand', async () => {
    const slow = (count: number): Told => ({
      counters: { scheduled: 1000, acked: 1000 },
      acksMs: [
        [5, 1000 - count],
        [3000, count],
      ],
    })
    expect(await stoppedAt(spec, () => slow(10))).toBeUndefined()
    expect(await stoppedAt(spec, second => slow(second < 3 ? 10 : 11))).toMatchObject({ second: 3 })
  })

  it('is exceeded by records that nobody answers, as soon as they have waited longer', async () => {
    const found = await stoppedAt(spec, second => (second <= 5 ? fine() : { counters: { scheduled: 1000 } }))
    // Those of the sixth second had waited two seconds at the end of the eighth, and longer at that of the ninth.
    expect(found).toMatchObject({ second: 9 })
    expect(found?.breach.text).toBe('ack.p99 > 2000ms: 1000 of 4000 records took longer, or have waited longer')
  })

  it('forgives those that were dropped or answered since', async () => {
    const told = (second: number): Told => {
      if (second === 6) return { counters: { scheduled: 1000 } }
      return second === 7 ? { counters: { scheduled: 1000, acked: 1900, dropped: 100 }, acksMs: [[900, 1900]] } : fine()
    }
    expect(await stoppedAt(spec, told)).toBeUndefined()
  })
})

describe('the cluster', () => {
  const seen = (spec: StopSpec, ...looks: [ms: number, underReplicated: number, lag: number][]): Breach | undefined => {
    const stop = new StopConditions(spec, 1)
    for (const [ms, underReplicated, lag] of looks) stop.cluster(T0_US + ms * 1000, { underReplicated, lag })
    return stop.breach
  }

  it.each<[string, object, [number, number, number][], StopName | undefined, number | undefined]>([
    [
      'no partition may lack a replica',
      { 'under.replicated': 0 },
      [
        [0, 0, 0],
        [50, 1, 0],
      ],
      'under.replicated',
      50,
    ],
    ['as many as are allowed', { 'under.replicated': 3 }, [[0, 3, 0]], undefined, undefined],
    [
      'lag above its limit',
      { lag: '1k' },
      [
        [0, 9, 1000],
        [1000, 9, 1001],
      ],
      'lag',
      1000,
    ],
    [
      'not yet for long enough',
      { lag: 10, for: '2s' },
      [
        [0, 0, 11],
        [1000, 0, 11],
        [1999, 0, 11],
      ],
      undefined,
      undefined,
    ],
    [
      'for long enough',
      { lag: 10, for: '2s' },
      [
        [0, 0, 11],
        [1000, 0, 11],
        [2000, 0, 11],
      ],
      'lag',
      2000,
    ],
    [
      'with a pause',
      { lag: 10, for: '2s' },
      [
        [0, 0, 11],
        [1000, 0, 10],
        [2000, 0, 11],
      ],
      undefined,
      undefined,
    ],
  ])('%s', (_, written, looks, name, ms) => {
    const breach = seen(specOf(written), ...looks)
    expect(breach?.name).toBe(name)
    expect(breach?.atUs).toBe(ms === undefined ? undefined : T0_US + ms * 1000)
  })

  it('stops nothing once the run is over, and only the first condition counts', () => {
    const stop = new StopConditions(specOf({ lag: 1, 'under.replicated': 0 }), 1)
    stop.cluster(T0_US, { underReplicated: 1, lag: 2 })
    expect(stop.breach?.name).toBe('under.replicated')
    const late = new StopConditions(specOf({ lag: 1 }), 1)
    late.end()
    late.cluster(T0_US, { lag: 2 })
    expect(late.breach).toBeUndefined()
  })
})

it('ends the run with exit code 6, and says by what', () => {
  const breach: Breach = { name: 'lag', text: 'lag > 10: 11 records', sinceUs: 0, atUs: 1 }
  expect(stoppedBy(breach)).toMatchObject({ code: 'E503', exitCode: 6, message: expect.stringContaining('lag > 10') })
})
