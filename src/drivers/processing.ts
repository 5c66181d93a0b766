// The time that handling records takes: never shorter than asked for, because a timer counts from a reading of the clock that may be old.
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves once at least `delayMs` have gone by on the monotonic clock. */
export async function processing(delayMs: number): Promise<void> {
  const doneMs = performance.now() + delayMs
  for (let leftMs = delayMs; leftMs > 0; leftMs = doneMs - performance.now()) await sleep(Math.ceil(leftMs))
}
