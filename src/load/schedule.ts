// The schedule as arithmetic: how many arrivals are due at a time, and when arrival i is due; no clock, no adding of intervals.
import { seededRandom } from '../core/random.ts'
import type { Segment } from '../scenario/schema/load.ts'

type Stretch = {
  startUs: number
  endUs: number
  from: number
  to: number
  startCount: number
  phase: 'warmup' | 'measure'
  max: boolean
}

/** Times are µs since the start of load; counts are of the whole group. */
export type Schedule = {
  readonly endUs: number
  /** Arrivals of the whole schedule; closed-loop stretches have none. */
  readonly total: number
  /** Λ(t): arrivals due by t, as a real number. */
  countAt(us: number): number
  /** Λ⁻¹(n): the time at which the count reaches n. */
  timeOf(count: number): number
  phaseAt(us: number): 'warmup' | 'measure'
  rateAt(us: number): number
  isClosedLoopAt(us: number): boolean
}

function stretches(segments: readonly Segment[], share: number): Stretch[] {
  let startUs = 0
  let startCount = 0
  return segments.map(segment => {
    const durationUs = segment.durationMs * 1000
    const from = segment.fromPerSecond * share
    const to = segment.toPerSecond * share
    const stretch = {
      startUs,
      endUs: startUs + durationUs,
      from,
      to,
      startCount,
      phase: segment.phase,
      max: segment.max,
    }
    startUs += durationUs
    startCount += (((from + to) / 2) * durationUs) / 1e6
    return stretch
  })
}

/** Builds the schedule of one producer group, which owns a share of the load's rate. */
export function makeSchedule(segments: readonly Segment[], share: number): Schedule {
  const list = stretches(segments, share)
  const last = list.at(-1)
  if (!last) throw new RangeError('a schedule needs at least one segment')
  // Whoever asks goes forward in time: nearly always the answer is the stretch of last time, or the next one.
  let here = last
  const at = (us: number): Stretch => {
    if (us < here.startUs || us >= here.endUs) here = list.find(stretch => us < stretch.endUs) ?? last
    return here
  }
  const within = (stretch: Stretch, us: number): number => {
    const t = Math.max(0, Math.min(us, stretch.endUs) - stretch.startUs) / 1e6
    const length = (stretch.endUs - stretch.startUs) / 1e6
    return stretch.startCount + stretch.from * t + ((stretch.to - stretch.from) * t * t) / (2 * length)
  }
  const total = within(last, last.endUs)
  const paced = list.filter(stretch => !stretch.max && stretch.from + stretch.to > 0)
  let pacedAt = 0
  const pacedFor = (count: number): Stretch => {
    const known = paced[pacedAt]
    const isIn = known && known.startCount <= count && !((paced[pacedAt + 1]?.startCount ?? Infinity) <= count)
    if (isIn) return known
    pacedAt = paced.findLastIndex(candidate => candidate.startCount <= count)
    return paced[pacedAt] ?? last
  }
  return {
    endUs: last.endUs,
    total: Math.round(total),
    countAt: us => (us <= 0 ? 0 : within(at(us), us)),
    timeOf: count => {
      const stretch = pacedFor(count)
      return stretch.startUs + secondsInto(stretch, count - stretch.startCount) * 1e6
    },
    phaseAt: us => at(us).phase,
    rateAt: us => {
      const inside = Math.max(0, Math.min(us, last.endUs))
      const stretch = at(inside)
      return (
        stretch.from + ((stretch.to - stretch.from) * (inside - stretch.startUs)) / (stretch.endUs - stretch.startUs)
      )
    },
    isClosedLoopAt: us => at(us).max,
  }
}

/** Solves from·t + (to − from)·t²/2T = n for t, in the form that stays exact when the ramp is flat. */
function secondsInto(stretch: Stretch, n: number): number {
  const length = (stretch.endUs - stretch.startUs) / 1e6
  const slope = (stretch.to - stretch.from) / length
  const root = Math.sqrt(Math.max(0, stretch.from * stretch.from + 2 * slope * n))
  const denominator = stretch.from + root
  return denominator === 0 ? 0 : (2 * n) / denominator
}

/** The arrivals one worker owns, in order. */
export type Arrivals = {
  /** Intended time of the next arrival not yet taken, or Infinity. */
  peekUs(): number
  /** Takes it; returns its index among all arrivals of the group. */
  take(): number
  /** Arrivals of this worker due by t, taken or not. */
  dueBy(us: number): number
}

/** Worker w of W owns arrivals i ≡ w (mod W), evenly spaced on the schedule. */
export function evenArrivals(schedule: Schedule, worker: number, workers: number): Arrivals {
  let next = worker
  const owned = Math.max(0, Math.ceil((schedule.total - worker) / workers))
  const dueUs = (): number => (next < schedule.total ? schedule.timeOf(next) : Number.POSITIVE_INFINITY)
  let nextUs = dueUs()
  return {
    peekUs: () => nextUs,
    take: () => {
      const index = next
      next += workers
      nextUs = dueUs()
      return index
    },
    dueBy: us => {
      const reached = Math.floor(schedule.countAt(us) + 1e-9)
      if (us < 0 || reached < worker) return 0
      return Math.min(owned, Math.floor((reached - worker) / workers) + 1)
    },
  }
}

/** A Poisson process of the schedule's rate ÷ W, seeded per worker: unit-rate gaps on the count axis, warped by Λ⁻¹. */
export function poissonArrivals(schedule: Schedule, worker: number, workers: number, seed: number): Arrivals {
  const random = seededRandom(seed + worker * 7919)
  const waiting: number[] = []
  let count = 0
  let generated = 0
  let taken = 0
  const generate = (): number => {
    count += -Math.log(1 - random()) * workers
    return count < schedule.total ? schedule.timeOf(count) : Number.POSITIVE_INFINITY
  }
  let ahead = generate()
  const pull = (): void => {
    waiting.push(ahead)
    generated++
    ahead = generate()
  }
  return {
    peekUs: () => waiting[0] ?? ahead,
    take: () => {
      if (waiting.length === 0) pull()
      waiting.shift()
      return worker + workers * taken++
    },
    dueBy: us => {
      while (ahead <= us) pull()
      return generated
    },
  }
}
