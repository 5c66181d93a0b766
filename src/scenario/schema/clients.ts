// The `producers` and `consumers` sections: named groups of worker processes, each with a driver and Kafka's own settings.
import * as z from 'zod'
import { formatBytes } from '../../core/units.ts'
import { addProblem, type Ctx, type Draft, evenIfBroken, part, positiveInt, ratio, share, slug } from './common.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS, settingsMap } from './settings.ts'
import { checkOwnCommits, transformSchema } from './transform.ts'
import { ENVELOPE_BYTES, processingSchema, recordShape } from './values.ts'

export const DRIVERS = ['kafkajs', 'platformatic', 'wire', 'java', 'librdkafka', 'scripted', 'null'] as const

export const driverSchema = z.enum(DRIVERS).describe('Which Kafka client does the work')

export const modeSchema = z
  .enum(['tuned', 'as-shipped'])
  .describe('tuned: our accumulator and retries; as-shipped: what the library’s users get')

export const compressionSchema = z
  .enum(['each', 'pool'])
  .describe(
    'each: every batch is compressed when it is sent; pool: only wire, batches are compressed beforehand and get new envelopes, so that compressing is no cost of the client',
  )

const COMMIT = 'auto: by interval; manual: after each handling'
export const commitSchema = z.enum(['auto', 'manual', 'none']).describe(COMMIT)
export const workersSchema = positiveInt.max(64).describe('Worker processes')
export const groupsSchema = positiveInt.max(64).describe('Consumer groups that each read everything')
export const membersSchema = positiveInt.max(64).describe('Worker processes per group')

const scripted = z
  .strictObject({
    latency: z
      .array(z.strictObject({ share: ratio, us: z.number().min(0).describe('Microseconds') }))
      .min(1)
      .describe('Latencies the scripted driver answers with; the shares add up to 100%')
      .optional(),
    stall: z
      .strictObject({
        atMs: z.number().min(0).describe('Milliseconds after the start of load'),
        forMs: z.number().min(0).describe('How many milliseconds it lasts'),
      })
      .describe('A window without answers')
      .optional(),
    drainPerSecond: z.number().positive().describe('How fast the queue of a stall drains').optional(),
  })
  .describe('Only for driver: scripted (tests and calibration)')

const topicsUsed = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'Names from the topics section; where this is left out all of them, for producers and groups that transform without what a transform writes',
  )
  .superRefine((names, ctx) => {
    names.forEach((name, index) => {
      const first = names.indexOf(name)
      if (first < index)
        addProblem(ctx, 'E128', `topic ${name} is listed twice`, {
          path: [index],
          relatedPath: [first],
          hint: 'remove one of them',
        })
    })
  })

export const producerSchema = z
  .strictObject({
    name: slug.describe('Name of the group'),
    topics: topicsUsed.optional(),
    workers: workersSchema.default(1),
    driver: driverSchema.default('kafkajs'),
    mode: modeSchema.default('tuned'),
    compression: compressionSchema.default('each'),
    share: share.describe('Share of the load’s rate; the groups’ shares add up to 100%').optional(),
    config: settingsMap(PRODUCER_SETTINGS).describe('Producer settings by Kafka’s own names'),
    scripted: scripted.optional(),
    ...recordShape,
  })
  .superRefine(
    ...evenIfBroken((draft, ctx) => {
      checkEnvelope(draft, ctx)
      checkIdempotence(part.map(draft['config']), ctx)
      checkSizes(part.map(draft['config']), ctx)
      checkScripted(draft, ctx)
    }),
  )

function checkEnvelope(group: Draft, ctx: Ctx): void {
  const size = part.map(group['values'])['size']
  const smallest = part.number(size) ?? part.number(part.map(size)['min'])
  if (
    smallest === undefined ||
    smallest >= ENVELOPE_BYTES ||
    group['envelope'] !== 'value' ||
    group['verify'] !== 'records'
  )
    return
  const path = part.number(size) === undefined ? ['values', 'size', 'min'] : ['values', 'size']
  addProblem(ctx, 'E128', `a value of ${smallest} B cannot hold the ${ENVELOPE_BYTES} B envelope`, {
    path,
    hint: `write at least ${ENVELOPE_BYTES}B, or envelope: header, or verify: counts`,
  })
}

/** Idempotence asks for acks=all, retries, and at most five requests in flight; Java clients refuse the rest. */
function checkIdempotence(config: Draft, ctx: Ctx): void {
  if (config['enable.idempotence'] !== true) return
  const clash = (setting: string, needs: string, hint: string): void =>
    addProblem(ctx, 'E128', `enable.idempotence needs ${needs}, got ${setting}: ${part.word(config[setting])}`, {
      path: ['config', setting],
      relatedPath: ['config', 'enable.idempotence'],
      hint: `${hint}, or enable.idempotence: false`,
    })
  const inFlight = part.number(config['max.in.flight.requests.per.connection'])
  if (config['acks'] === '0' || config['acks'] === '1') clash('acks', 'acks: all', 'write acks: all')
  if (inFlight !== undefined && inFlight > 5)
    clash('max.in.flight.requests.per.connection', 'at most 5 requests in flight', 'write 5 or less')
  if (config['retries'] === 0) clash('retries', 'retries', 'remove retries')
}

/** Settings whose sizes or times must fit into one another; Java clients refuse these at the start. */
function checkSizes(config: Draft, ctx: Ctx): void {
  const value = (name: string): number =>
    part.number(config[name]) ?? part.number(PRODUCER_SETTINGS[name]?.default) ?? 0
  const isGiven = (...names: string[]): boolean => names.some(name => part.number(config[name]) !== undefined)
  const delivery = value('delivery.timeout.ms')
  const least = value('linger.ms') + value('request.timeout.ms')
  if (isGiven('delivery.timeout.ms', 'linger.ms', 'request.timeout.ms') && delivery < least) {
    addProblem(ctx, 'E128', `delivery.timeout.ms ${delivery} is below linger.ms + request.timeout.ms = ${least}`, {
      path: ['config', 'delivery.timeout.ms'],
      hint: `write at least ${least}, or lower request.timeout.ms`,
    })
  }
  if (isGiven('batch.size', 'buffer.memory') && value('batch.size') > value('buffer.memory')) {
    addProblem(
      ctx,
      'E128',
      `batch.size of ${formatBytes(value('batch.size'))} does not fit into buffer.memory of ${formatBytes(value('buffer.memory'))}`,
      {
        path: ['config', 'batch.size'],
        relatedPath: ['config', 'buffer.memory'],
        hint: 'raise buffer.memory, or lower batch.size',
      },
    )
  }
}

function checkScripted(group: Draft, ctx: Ctx): void {
  if (group['scripted'] === undefined) return
  if (group['driver'] !== 'scripted')
    addProblem(
      ctx,
      'E128',
      `scripted: belongs to driver: scripted, this group has driver: ${part.word(group['driver'])}`,
      {
        path: ['scripted'],
        relatedPath: ['driver'],
        hint: 'write driver: scripted, or remove scripted',
      },
    )
  const shares = part.list(part.map(group['scripted'])['latency']).map(entry => part.number(part.map(entry)['share']))
  const sum = shares.reduce<number>((total, one) => total + (one ?? Number.NaN), 0)
  if (shares.length > 0 && Math.abs(sum - 1) > 1e-6)
    addProblem(ctx, 'E128', `shares add up to ${Math.round(sum * 1000) / 10}%`, {
      path: ['scripted', 'latency'],
      hint: 'make them 100% together',
    })
}

function checkHeartbeat(config: Draft, ctx: Ctx): void {
  const session = part.number(config['session.timeout.ms'])
  const beat = part.number(config['heartbeat.interval.ms'])
  if ((beat ?? 3000) < (session ?? 45_000)) return
  const [beatText, sessionText] = [beat ?? '3000 (the default)', session ?? '45000 (the default)']
  const related = beat === undefined || session === undefined ? {} : { relatedPath: ['config', 'session.timeout.ms'] }
  addProblem(ctx, 'E128', `heartbeat.interval.ms ${beatText} must be below session.timeout.ms ${sessionText}`, {
    path: ['config', beat === undefined ? 'session.timeout.ms' : 'heartbeat.interval.ms'],
    ...related,
    hint: 'a third of the session time-out is usual',
  })
}

export const consumerSchema = z
  .strictObject({
    name: slug.describe('Name of the group'),
    topics: topicsUsed.optional(),
    groups: groupsSchema.default(1),
    members: membersSchema.default(1),
    driver: driverSchema.default('kafkajs'),
    mode: modeSchema.default('tuned'),
    config: settingsMap(CONSUMER_SETTINGS).describe('Consumer settings by Kafka’s own names'),
    processing: processingSchema,
    commit: commitSchema
      .describe(`${COMMIT}; auto where this is left out, none where a driver has no groups`)
      .optional(),
    start: z
      .enum(['earliest', 'latest'])
      .describe('Where a fresh group begins; topics are fresh, so both read every record of the trial')
      .default('latest'),
    transform: transformSchema.optional(),
  })
  .superRefine(
    ...evenIfBroken((draft, ctx) => {
      checkHeartbeat(part.map(draft['config']), ctx)
      checkOwnCommits(draft, ctx)
    }),
  )
