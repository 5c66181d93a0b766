// The `stop` section: limits that end a run before its time, with every fault healed at once.
import * as z from 'zod'
import { addProblem, count, duration, positiveDuration, ratio } from './common.ts'

export const STOP_NAMES = ['error.rate', 'ack.p99', 'under.replicated', 'lag'] as const
export type StopName = (typeof STOP_NAMES)[number]

/** Limits in the unit of each: a ratio, µs, partitions, records. */
export type StopSpec = {
  limits: { name: StopName; limit: number; text: string }[]
  /** A limit must be exceeded for so long, without a pause. */
  forMs: number
}

export const NO_STOP: StopSpec = { limits: [], forMs: 0 }

const US_PER_MS = 1000

export const stopSchema = z
  .strictObject({
    'error.rate': ratio.describe('Share of a second’s outcomes that failed or stayed unknown: 20%').optional(),
    'ack.p99': positiveDuration
      .describe('Response time that 99% of a second’s records must keep, those still waiting among them: 5s')
      .optional(),
    'under.replicated': z.int().min(0).describe('Partitions that may lack a replica in sync: 3').optional(),
    lag: count.describe('Records that any group may be behind: 100k').optional(),
    for: duration.describe('How long a limit must be exceeded without a pause').prefault('0s'),
  })
  .superRefine((written, ctx) => {
    if (STOP_NAMES.every(name => written[name] === undefined))
      addProblem(ctx, 'E133', 'nothing that could stop the run', { hint: `write one of: ${STOP_NAMES.join(', ')}` })
  })
  .transform(
    (written): StopSpec => ({
      limits: STOP_NAMES.flatMap(name => {
        const limit = written[name]
        if (limit === undefined) return []
        return [{ name, limit: name === 'ack.p99' ? limit * US_PER_MS : limit, text: textOf(name, limit) }]
      }),
      forMs: written.for,
    }),
  )
  .optional()
  .transform(spec => spec ?? NO_STOP)
  .describe('Ends the run where a limit is exceeded: faults are healed at once, and the exit code is 6')

function textOf(name: StopName, limit: number): string {
  if (name === 'error.rate') return `${name} > ${Number((limit * 100).toPrecision(6))}%`
  return name === 'ack.p99' ? `${name} > ${limit}ms` : `${name} > ${limit}`
}
