// Producer ids of an idempotent kafkajs worker: who moves on, who stays, and which client is closed when.
import { expect, test } from 'vitest'
import type { Producer } from '../../../../src/drivers/kafkajs/client.ts'
import { Identities } from '../../../../src/drivers/kafkajs/identities.ts'

type Fake = { id: number; isConnected: boolean; isClosed: boolean }

function rig(options: { failing?: number[] } = {}) {
  const fakes: Fake[] = []
  const identities = new Identities(() => {
    const fake: Fake = { id: fakes.length, isConnected: false, isClosed: false }
    fakes.push(fake)
    const connect = async () => {
      if (options.failing?.includes(fake.id)) throw new Error(`no id for ${fake.id}`)
      fake.isConnected = true
    }
    const disconnect = async () => void (fake.isClosed = true)
    return { ...fake, connect, disconnect } as unknown as Producer
  })
  const idOf = (partition: number): Promise<number> =>
    identities.use(identities.of(0, partition), async client => (client as unknown as Fake).id)
  return { fakes, identities, idOf }
}

test('only the partition that gave up goes on under another id', async () => {
  const { identities, idOf } = rig()
  identities.leave(0, 1)
  expect([await idOf(0), await idOf(1), await idOf(2)]).toEqual([0, 1, 0])
})

test('a partition never comes back to an id it had, and shares the newest with others', async () => {
  const { fakes, identities, idOf } = rig()
  identities.leave(0, 1)
  identities.leave(0, 2)
  expect([await idOf(1), await idOf(2)]).toEqual([1, 1])
  identities.leave(0, 1)
  expect([await idOf(1), await idOf(2)]).toEqual([2, 1])
  identities.leave(0, 2)
  expect([await idOf(1), await idOf(2)]).toEqual([2, 2])
  expect(fakes.map(fake => fake.isClosed)).toEqual([false, true, false])
})

test('a client is closed only when nothing is under way on it', async () => {
  const { fakes, identities } = rig()
  identities.leave(0, 1)
  let answer: () => void = () => undefined
  const open = identities.use(identities.of(0, 1), () => new Promise<void>(resolve => void (answer = resolve)))
  await new Promise(resolve => setImmediate(resolve))
  identities.leave(0, 1)
  expect(fakes[1]?.isClosed).toBe(false)
  answer()
  await open
  expect(fakes[1]?.isClosed).toBe(true)
})

test('a client that got no id is thrown away, and the next use takes a new one', async () => {
  const { fakes, identities, idOf } = rig({ failing: [1] })
  identities.leave(0, 1)
  await expect(idOf(1)).rejects.toThrow('no id for 1')
  expect(await idOf(1)).toBe(2)
  expect(fakes.map(fake => fake.isClosed)).toEqual([false, true, false])
  await identities.close()
  expect(fakes.map(fake => fake.isClosed)).toEqual([true, true, true])
})
