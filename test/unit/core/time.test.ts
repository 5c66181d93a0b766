// All processes of a run must read the same time from one anchor, whatever the system does while they start.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clockFromAnchor } from '../../../src/core/time.ts'

/** A machine whose monotonic clock stands at `ns`; every reading takes `stepNs`. */
function machine(startNs: bigint, originNs: bigint, stepNs = 100n) {
  let ns = startNs
  const tick = (): bigint => {
    ns += stepNs
    return ns
  }
  return {
    advanceTo: (to: bigint) => {
      ns = to
    },
    source: { monotonicNs: () => tick(), millis: () => Number(tick() - originNs) / 1e6 },
  }
}

const WALL_US = 1_790_000_000_000_000

describe('clockFromAnchor', () => {
  test('two processes started at different times agree to the microsecond', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        fc.bigInt({ min: 0n, max: 10n ** 13n }),
        (anchorNs, laterNs, sinceNs) => {
          const anchor = { wallUs: WALL_US, hrtimeNs: String(anchorNs) }
          const first = machine(anchorNs, anchorNs - 5_000_000n)
          const second = machine(anchorNs + laterNs, anchorNs + laterNs - 90_000_000n)
          const clocks = [clockFromAnchor(anchor, first.source), clockFromAnchor(anchor, second.source)] as const
          const at = anchorNs + laterNs + sinceNs + 1_000_000n
          first.advanceTo(at)
          second.advanceTo(at)
          const expected = WALL_US + Number(at - anchorNs) / 1000
          for (const clock of clocks) expect(Math.abs(clock.nowUs() - expected)).toBeLessThanOrEqual(2)
        },
      ),
    )
  })

  test('a pause between the two readings does not shift the clock for good', () => {
    const { source, advanceTo } = machine(1_000_000_000n, 0n)
    let calls = 0
    let ns = 1_000_000_000n
    const interrupted = {
      millis: () => source.millis(),
      monotonicNs: () => {
        calls++
        ns = source.monotonicNs()
        // Put to sleep for 50 ms before the first reading is taken.
        if (calls === 1) advanceTo(ns + 50_000_000n)
        return calls === 1 ? ns + 50_000_000n : ns
      },
    }
    const clock = clockFromAnchor({ wallUs: WALL_US, hrtimeNs: '1000000000' }, interrupted)
    advanceTo(3_000_000_000n)
    expect(Math.abs(clock.nowUs() - (WALL_US + 2_000_000))).toBeLessThanOrEqual(2)
  })

  test('never looks at the wall clock again: equal readings, equal times', () => {
    const source = { monotonicNs: () => 7_000n, millis: () => 0.25 }
    const clock = clockFromAnchor({ wallUs: 1000, hrtimeNs: '0' }, source)
    expect([clock.nowUs(), clock.nowUs()]).toEqual([1007, 1007])
  })
})
