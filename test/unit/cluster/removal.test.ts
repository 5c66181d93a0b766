// Containers must not be taken off their networks at the same time; what else there is need not wait.
import { expect, test } from 'vitest'
import { removeEach } from '../../../src/cluster/removal.ts'

test.each([
  ['container', 1],
  ['volume', 3],
  ['network', 3],
])('of kind %s at most %i are removed at a time, each once', async (kind, most) => {
  const removed: string[] = []
  let [now, seen] = [0, 0]
  await removeEach(kind, ['a', 'b', 'c'], async name => {
    now++
    seen = Math.max(seen, now)
    await new Promise(resolve => setImmediate(resolve))
    now--
    removed.push(name)
  })
  expect([seen, removed]).toEqual([most, ['a', 'b', 'c']])
})
