// The cap on what producers really send: bursts pass, what goes on above it does not, and time is the reports' own.
import { expect, test } from 'vitest'
import { ByteCap } from '../../../src/run/byte-cap.ts'

const CAP = 1000

/** Seconds until the cap ends the run; undefined where it never does within the time. */
async function secondsUntilRefused(perSecond: (second: number) => number, seconds = 60): Promise<number | undefined> {
  const cap = new ByteCap(CAP)
  let refused: unknown
  cap.exceeded.catch((error: unknown) => (refused = error))
  for (let second = 1; second <= seconds; second++) {
    // Two workers report the same second, one after the other.
    for (const share of [0.75, 0.25])
      cap.add({ t1Us: 1.79e15 + second * 1e6, counters: { wireBytes: perSecond(second) * share } })
    await Promise.resolve()
    if (refused === undefined) continue
    expect(refused).toMatchObject({ code: 'E502', exitCode: 6, message: expect.stringContaining('1000 B/s') })
    return second
  }
  return undefined
}

test.each<[string, (second: number) => number, number | undefined]>([
  ['the cap itself', () => CAP, undefined],
  ['the leeway for framing', () => 1.5 * CAP, undefined],
  [
    'a stall of five seconds and what it held back',
    second => (second < 10 || second > 15 ? CAP : second < 15 ? 0 : 6 * CAP),
    undefined,
  ],
  ['twice the cap', () => 2 * CAP, 18],
  ['a hundred times the cap', () => 100 * CAP, 1],
])('%s', async (_, perSecond, expected) => {
  const seconds = await secondsUntilRefused(perSecond)
  if (expected === undefined) expect(seconds).toBeUndefined()
  else expect(Math.abs((seconds ?? Number.NaN) - expected)).toBeLessThanOrEqual(1)
})
