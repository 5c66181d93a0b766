// When each fault strikes: the scenario's times laid on the trial's own clock, with the seed's draw where a window was given.
import { hash32, seededRandom } from '../core/random.ts'
import type { FaultSpec } from '../scenario/schema/faults.ts'
import type { Segment } from '../scenario/schema/load.ts'

/** One occurrence of a fault; milliseconds from the start of load. */
export type Occurrence = { index: number; occurrence: number; atMs: number; untilMs: number }

/** All occurrences in order of time; the same seed and repetition give the same. */
export function scheduleFaults(
  faults: readonly FaultSpec[],
  segments: readonly Segment[],
  draw: { seed: number; repetition: number },
): Occurrence[] {
  return faults
    .flatMap(fault => {
      const random = seededRandom(hash32(draw.seed, draw.repetition, fault.index, 0xfa17))
      const startMs = phaseStartMs(segments, fault.phase)
      return Array.from({ length: fault.times }, (_, occurrence): Occurrence => {
        const atMs = startMs + fault.atMs + occurrence * fault.everyMs + Math.floor(random() * fault.withinMs)
        return { index: fault.index, occurrence, atMs, untilMs: atMs + fault.forMs }
      })
    })
    .sort((a, b) => a.atMs - b.atMs)
}

/** When a phase begins, in milliseconds from the start of load. */
export function phaseStartMs(segments: readonly Segment[], phase: 'warmup' | 'measure'): number {
  const first = segments.findIndex(segment => segment.phase === phase)
  return segments.slice(0, Math.max(0, first)).reduce((sum, segment) => sum + segment.durationMs, 0)
}
