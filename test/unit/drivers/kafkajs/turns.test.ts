// Two calls made together must not overtake each other on their way to the socket.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../../../src/drivers/kafkajs/turns.ts'

test('a call to the same broker waits until the one before it has passed, and one to another does not', async () => {
  const turns = new Turns()
  const started: string[] = []
  let pass: () => void = () => undefined
  turns.take(1, passed => {
    started.push('first')
    pass = passed
  })
  turns.take(1, () => started.push('second'))
  turns.take(2, () => started.push('other'))
  await turnOfTheLoop()
  expect(started).toEqual(['first', 'other'])
  pass()
  expect(started).toEqual(['first', 'other'])
  await turnOfTheLoop()
  expect(started).toEqual(['first', 'other', 'second'])
})

test('a call that passes twice lets only one other start', async () => {
  const turns = new Turns()
  const started: number[] = []
  turns.take(1, pass => {
    pass()
    pass()
  })
  for (const call of [1, 2]) turns.take(1, () => started.push(call))
  await turnOfTheLoop()
  await turnOfTheLoop()
  expect(started).toEqual([1])
})
