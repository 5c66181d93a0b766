// One clock for a run: Unix microseconds made from the monotonic clock and one shared anchor, never from the wall clock.

/** The run's anchor: the same instant read on both clocks; `hrtimeNs` is a decimal string because it must survive JSON. */
export type ClockAnchor = { wallUs: number; hrtimeNs: string }

/** Reads Unix time in microseconds; durations between two readings are monotonic. */
export type Clock = { nowUs(): number }

const CALIBRATIONS = 16

/** Two clocks read at one instant, with how far apart the readings may be. */
type Reading = { millis: number; ns: bigint; gapMs: number }

/**
 * The clock of one process, tied to the run's anchor; `monotonicNs` and `millis` must read the same monotonic source.
 * The tightest of several paired readings counts, because a process that is put to sleep between the two would be wrong for good.
 */
export function clockFromAnchor(anchor: ClockAnchor, source: { monotonicNs(): bigint; millis(): number }): Clock {
  const read = (): Reading => {
    const before = source.millis()
    const ns = source.monotonicNs()
    const after = source.millis()
    return { millis: (before + after) / 2, ns, gapMs: after - before }
  }
  const best = Array.from({ length: CALIBRATIONS }, read).reduce((a, b) => (b.gapMs < a.gapMs ? b : a))
  const sinceAnchorUs = Number(best.ns - BigInt(anchor.hrtimeNs)) / 1000
  const offsetUs = anchor.wallUs + sinceAnchorUs - best.millis * 1000
  return { nowUs: () => Math.round(source.millis() * 1000 + offsetUs) }
}
