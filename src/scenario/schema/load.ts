// The `load` section: phases of the schedule, the pacer's way of waking, and what happens to arrivals that are late.
import * as z from 'zod'
import {
  addProblem,
  type Ctx,
  type Draft,
  duration,
  evenIfBroken,
  part,
  positiveDuration,
  rate,
  rateOrMax,
} from './common.ts'

const kind = <T extends string>(name: T) => z.literal(name).describe('warmup, steady, ramp or steps')
const lasts = positiveDuration.describe('How long: 30s, 2m')
const warmup = z.strictObject({ phase: kind('warmup'), for: lasts, rate: rateOrMax })
const steady = z.strictObject({ phase: kind('steady'), for: lasts, rate: rateOrMax })
const ramp = z.strictObject({ phase: kind('ramp'), for: lasts, from: rate, to: rate })
const steps = z.strictObject({
  phase: kind('steps'),
  rates: z.array(rate).min(1).max(100),
  each: positiveDuration.describe('How long each step lasts'),
})

export const phaseSchema = z.discriminatedUnion('phase', [warmup, steady, ramp, steps])

/** One stretch of the schedule after expansion; `max` is the closed loop. */
export type Segment = {
  phase: 'warmup' | 'measure'
  kind: string
  durationMs: number
  fromPerSecond: number
  toPerSecond: number
  max: boolean
}

/** The load as every other room takes it. */
export type LoadSpec = {
  segments: Segment[]
  pacer: 'tick' | 'spin'
  arrival: 'constant' | 'poisson'
  catchUp: 'bounded' | 'burst' | 'drop'
  maxAgeMs: number
  drainMs: number
  settleMs: number
}

function segmentsOf(phase: z.output<typeof phaseSchema>): Segment[] {
  const flat = (name: 'warmup' | 'measure', kind: string, durationMs: number, value: number | 'max'): Segment => {
    const perSecond = value === 'max' ? 0 : value
    return { phase: name, kind, durationMs, fromPerSecond: perSecond, toPerSecond: perSecond, max: value === 'max' }
  }
  switch (phase.phase) {
    case 'warmup':
      return [flat('warmup', 'warmup', phase.for, phase.rate)]
    case 'steady':
      return [flat('measure', 'steady', phase.for, phase.rate)]
    case 'ramp':
      return [
        {
          phase: 'measure',
          kind: 'ramp',
          durationMs: phase.for,
          fromPerSecond: phase.from,
          toPerSecond: phase.to,
          max: false,
        },
      ]
    case 'steps':
      return phase.rates.map(step => flat('measure', 'step', phase.each, step))
  }
}

const MEASURED = ['steady', 'ramp', 'steps']

/** Phases in an order that makes sense: warmup first, something measured, and one kind of loop while measuring. */
function checkPhases(list: unknown, ctx: Ctx): void {
  const phases = part.list(list).map(part.map)
  if (!Array.isArray(list) || list.length === 0) return
  const firstMeasured = phases.findIndex(phase => MEASURED.includes(part.word(phase['phase'])))
  const isOpaque = phases.some(phase => phase['phase'] !== 'warmup' && !MEASURED.includes(part.word(phase['phase'])))
  if (firstMeasured < 0 && !isOpaque)
    addProblem(ctx, 'E133', 'no measured phase', {
      path: ['phases'],
      hint: 'add { phase: steady, for: 20s, rate: 1k/s }',
    })
  phases.forEach((phase, index) => {
    if (phase['phase'] === 'warmup' && firstMeasured >= 0 && index > firstMeasured) {
      addProblem(ctx, 'E128', 'warmup after a measured phase', {
        path: ['phases', index],
        relatedPath: ['phases', firstMeasured],
        hint: 'put warmup first',
      })
    }
  })
  const closed = phases.findIndex(phase => phase['phase'] === 'steady' && phase['rate'] === 'max')
  const open = phases.findIndex(phase => MEASURED.includes(part.word(phase['phase'])) && phase['rate'] !== 'max')
  if (closed >= 0 && open >= 0) {
    const [later, earlier] = [Math.max(open, closed), Math.min(open, closed)]
    addProblem(ctx, 'E128', 'open and closed loop in one measured stretch', {
      path: ['phases', later],
      relatedPath: ['phases', earlier],
      hint: 'use max for all measured phases, or for none',
    })
  }
}

function checkArrival(draft: Draft, ctx: Ctx): void {
  const phases = part.list(draft['phases']).map(part.map)
  const closed = phases.findIndex(phase => phase['phase'] === 'steady' && phase['rate'] === 'max')
  if (draft['arrival'] !== 'poisson' || closed < 0) return
  addProblem(ctx, 'E128', 'arrival: poisson needs a rate; the closed loop (max) has no arrivals', {
    path: ['arrival'],
    relatedPath: ['phases', closed],
    hint: 'remove arrival, or write a rate',
  })
}

export const loadSchema = z
  .strictObject({
    phases: z.array(phaseSchema).min(1).max(50).describe('In order: warmup first, then what is measured'),
    pacer: z.enum(['tick', 'spin']).describe('tick: 1 ms timer; spin: one core per worker, finer').default('tick'),
    arrival: z.enum(['constant', 'poisson']).describe('How arrivals spread around the rate').default('constant'),
    'catch-up': z
      .enum(['bounded', 'burst', 'drop'])
      .describe('What happens to arrivals that are overdue')
      .default('bounded'),
    'max.age': positiveDuration.describe('bounded: older arrivals are dropped and counted as censored').prefault('10s'),
    drain: duration.describe('How long outcomes and readers may take after the last phase').prefault('30s'),
    settle: duration.describe('Pause between trials').prefault('1s'),
  })
  .superRefine(
    ...evenIfBroken((draft, ctx) => {
      checkPhases(draft['phases'], ctx)
      checkArrival(draft, ctx)
    }),
  )
  .transform(
    (input): LoadSpec => ({
      segments: input.phases.flatMap(segmentsOf),
      pacer: input.pacer,
      arrival: input.arrival,
      catchUp: input['catch-up'],
      maxAgeMs: input['max.age'],
      drainMs: input.drain,
      settleMs: input.settle,
    }),
  )
  .describe('The schedule of what is sent')
