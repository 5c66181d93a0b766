// Handling that takes less time than a scenario says would make every consumer look faster than it is.
import { expect, test } from 'vitest'
import { processing } from '../../../src/drivers/processing.ts'

test.each([1, 2, 5])('takes at least %d ms, however old the event loop’s own clock is', async delayMs => {
  for (let i = 0; i < 20; i++) {
    // A turn that has gone on for a while, as after handing records over.
    for (const busyUntil = performance.now() + 1.5; performance.now() < busyUntil; );
    const since = performance.now()
    await processing(delayMs)
    expect(performance.now() - since).toBeGreaterThanOrEqual(delayMs)
  }
})

test('takes no time where there is none to take', async () => {
  let isDone = false
  void processing(0).then(() => {
    isDone = true
  })
  await Promise.resolve()
  expect(isDone).toBe(true)
})
