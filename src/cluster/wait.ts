// Waiting for something that can only be looked at.
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 5

/** Looks until the condition holds or the time is over; returns whether it holds. */
export async function waitUntil(holds: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const until = performance.now() + deadlineMs
  while (!(await holds())) {
    if (performance.now() > until) return false
    await sleep(LOOK_EVERY_MS)
  }
  return true
}
