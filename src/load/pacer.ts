// Offers every arrival that is due, keeps its intended time, and decides by a named policy what happens to those that are overdue.
import type { Arrivals, Schedule } from './schedule.ts'

export type CatchUp = 'bounded' | 'burst' | 'drop'

/** Why an arrival was offered late: our own wake-up, or a full buffer. */
export type Lateness = 'scheduler' | 'backpressure'

export type PacerPorts = {
  /** Takes an arrival; false where the buffer is full and it must be offered again. */
  offer(intendedUs: number, index: number, nowUs: number, lateness: Lateness): boolean
  /** An arrival given up by policy, with its age. */
  abandon(intendedUs: number, ageUs: number, nowUs: number): void
}

export type PacerOptions = { catchUp: CatchUp; maxAgeUs: number; workers: number }

/** Overdue arrivals go out at most this many times faster than the schedule. */
const CATCH_UP_FACTOR = 2
/** One wake-up never hands out more than this stretch of overdue arrivals. */
const BURST_WINDOW_US = 10_000
/** drop: older arrivals are given up. */
const DROP_AGE_US = 10_000

/** One worker's pacer; all times are µs since the start of load. */
export class Pacer {
  private readonly schedule: Schedule
  private readonly arrivals: Arrivals
  private readonly options: PacerOptions
  private readonly ports: PacerPorts
  private lastUs = 0
  private credit = 2
  private held: { intendedUs: number; index: number } | undefined
  private blocked = false

  constructor(schedule: Schedule, arrivals: Arrivals, options: PacerOptions, ports: PacerPorts) {
    this.schedule = schedule
    this.arrivals = arrivals
    this.options = options
    this.ports = ports
  }

  /** Offers what is due at `nowUs`; returns when the next arrival is due, or Infinity after the last. */
  step(nowUs: number): number {
    this.earn(nowUs)
    for (;;) {
      const next = this.held?.intendedUs ?? this.arrivals.peekUs()
      if (next > nowUs) {
        this.blocked = false
        return next
      }
      if (!this.handleOne(next, nowUs)) return nowUs
    }
  }

  /** True once every arrival was taken. */
  get finished(): boolean {
    return this.held === undefined && this.arrivals.peekUs() === Number.POSITIVE_INFINITY
  }

  /** Of so many that were due, those that a full buffer holds back. */
  heldBack(due: number): number {
    return this.held && this.blocked ? due - Math.floor(this.held.index / this.options.workers) : 0
  }

  /** Arrivals due by `nowUs`, whether offered or not. */
  dueBy(nowUs: number): number {
    return this.arrivals.dueBy(nowUs)
  }

  /** Earns at the rate of now, or of the time that overdue arrivals were meant for where that was higher. */
  private earn(nowUs: number): void {
    const overdueUs = this.held?.intendedUs ?? this.arrivals.peekUs()
    const overdueRate = overdueUs < nowUs ? this.schedule.rateAt(overdueUs) : 0
    const rate = Math.max(overdueRate, this.schedule.rateAt(nowUs))
    const perWorkerPerUs = rate / 1e6 / this.options.workers
    const cap = Math.max(2, CATCH_UP_FACTOR * perWorkerPerUs * BURST_WINDOW_US)
    this.credit = Math.min(cap, this.credit + CATCH_UP_FACTOR * perWorkerPerUs * Math.max(0, nowUs - this.lastUs))
    this.lastUs = Math.max(this.lastUs, nowUs)
  }

  private handleOne(intendedUs: number, nowUs: number): boolean {
    const ageUs = nowUs - intendedUs
    if (this.tooOld(ageUs)) {
      if (!this.held) this.arrivals.take()
      this.held = undefined
      this.ports.abandon(intendedUs, ageUs, nowUs)
      return true
    }
    if (this.options.catchUp === 'bounded' && this.credit < 1) return false
    const index = this.held?.index ?? this.arrivals.take()
    if (!this.ports.offer(intendedUs, index, nowUs, this.blocked ? 'backpressure' : 'scheduler')) {
      this.held = { intendedUs, index }
      this.blocked = true
      return false
    }
    this.held = undefined
    this.credit -= 1
    return true
  }

  private tooOld(ageUs: number): boolean {
    if (this.options.catchUp === 'drop') return ageUs > DROP_AGE_US
    return this.options.catchUp === 'bounded' && ageUs > this.options.maxAgeUs
  }
}
