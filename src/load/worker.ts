// The entry of a worker process: obeys the coordinator's messages, and ends itself when the channel closes.

import { setFlagsFromString } from 'node:v8'
import { messageOf } from '../core/errors.ts'
import type { Clock } from '../core/time.ts'
import { clockFromAnchor } from '../core/time.ts'
import type { Driver } from '../drivers/driver.ts'
import { loadDriver } from '../drivers/index.ts'
import { ConsumerRole } from './consume.ts'
import { watchHealth } from './health.ts'
import type { ConsumerWorkerSpec, FromWorker, Position, ProducerWorkerSpec, ToWorker } from './messages.ts'
import { ProducerRole } from './produce.ts'
import { INTERVAL_US, Recorder } from './recorder.ts'

const CLOSE_DEADLINE_MS = 5000

type Role = {
  positions?(): Position[]
  start(t0Us: number, fromUs?: number): void
  finish(deadlineUs: number): Promise<void>
  close(): Promise<void>
}

let role: Role | undefined

function say(message: FromWorker): void {
  if (process.connected) process.send?.(message)
}

function processClock(anchor: ProducerWorkerSpec['anchor']): Clock {
  return clockFromAnchor(anchor, { monotonicNs: () => process.hrtime.bigint(), millis: () => performance.now() })
}

async function load(name: string): Promise<Driver> {
  const driver = await loadDriver(name)
  for (const flag of driver.capabilities.v8Flags ?? []) setFlagsFromString(flag)
  return driver
}

async function openProducer(spec: ProducerWorkerSpec): Promise<Role> {
  const clock = processClock(spec.anchor)
  const producer = new ProducerRole(spec, await load(spec.driver), clock, {
    onEvent: (name, detail) => say({ type: 'event', atUs: clock.nowUs(), name, detail }),
  })
  await producer.open()
  let recorder: Recorder | undefined
  return {
    start: t0Us => {
      const health = watchHealth(() => producer.outsideUse())
      recorder = new Recorder(t0Us, health, reports => say({ type: 'interval', reports }))
      producer.start(t0Us, recorder, () => say({ type: 'scheduleDone' }))
    },
    finish: async deadlineUs => {
      await producer.finish(deadlineUs)
      recorder?.end(clock.nowUs())
    },
    close: () => producer.close(),
  }
}

async function openConsumer(spec: ConsumerWorkerSpec, begun?: { t0Us: number; fromUs: number }): Promise<Role> {
  const clock = processClock(spec.anchor)
  const consumer = new ConsumerRole(spec, await load(spec.driver), clock, {
    onAssigned: partitions => say({ type: 'assigned', partitions }),
    onEvent: (name, detail) => say({ type: 'event', atUs: clock.nowUs(), name, detail }),
    onFatal: message => say({ type: 'failed', message }),
  })
  let recorder: Recorder | undefined
  let timer: NodeJS.Timeout | undefined
  const own: Role = {
    start: (t0Us, fromUs) => {
      const health = watchHealth(() => consumer.outsideUse())
      recorder = new Recorder(t0Us, health, reports => say({ type: 'interval', reports }), fromUs)
      consumer.start(t0Us, recorder)
      timer = setInterval(() => consumer.tick(), INTERVAL_US / 20_000)
    },
    finish: async () => {
      clearInterval(timer)
      recorder?.end(clock.nowUs())
      await consumer.finish()
    },
    positions: () => consumer.positions(),
    close: () => consumer.close(),
  }
  if (begun) own.start(begun.t0Us, begun.fromUs)
  await consumer.open()
  return own
}

async function obey(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'open':
      role =
        message.spec.role === 'producer'
          ? await openProducer(message.spec)
          : await openConsumer(message.spec, message.begun)
      return say({ type: 'opened' })
    case 'start':
      return role?.start(message.t0Us)
    case 'finish':
      await role?.finish(message.deadlineUs)
      return say({ type: 'finished' })
    case 'locate':
      return say({ type: 'positions', positions: role?.positions?.() ?? [] })
    case 'close':
      setTimeout(() => process.exit(0), CLOSE_DEADLINE_MS).unref()
      await role?.close()
      process.exit(0)
  }
}

process.on('message', message => {
  obey(message as ToWorker).catch((error: unknown) => say({ type: 'failed', message: messageOf(error) }))
})
process.on('disconnect', () => process.exit(1))
// The coordinator decides about signals; a terminal's Ctrl-C reaches the whole group.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
