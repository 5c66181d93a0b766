// When the phases of a load begin and end: as they were written, or cut off where a load ended before them.
import type { TrialRecord } from '../recording/format.ts'
import type { Segment } from '../scenario/schema/load.ts'

type Phases = TrialRecord['phases']

export function phasesOf(segments: readonly Segment[], t0Us: number): Phases {
  let at = t0Us
  return segments.map(segment => {
    const phase = {
      name: segment.phase,
      kind: segment.kind,
      t0Us: at,
      t1Us: at + segment.durationMs * 1000,
      fromPerSecond: segment.fromPerSecond,
      toPerSecond: segment.toPerSecond,
      max: segment.max,
    }
    at = phase.t1Us
    return phase
  })
}

/** What is left of them where the load ended at a time. */
export function cutAt(phases: Phases, atUs: number): Phases {
  return phases.filter(phase => phase.t0Us < atUs).map(phase => ({ ...phase, t1Us: Math.min(phase.t1Us, atUs) }))
}
