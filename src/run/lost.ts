// Ends a trial once it is lost: more records have surely missed their deadline than its goal allows of all it would send.
import type { WorkerSpec } from '../load/messages.ts'
import { INTERVAL_US, type IntervalReport } from '../load/recorder.ts'
import type { Goal } from '../search/goal.ts'
import { LatencyHistogram } from '../stats/histogram.ts'

/** When that was so, and what was seen of whom: a group of readers, or all producers. */
export type Lost = { atUs: number; missed: number; of: number; by: string }

/** A shorter measure phase does not tell what grew, and so not what the limit was. */
const LEAST_MS = 5000
const PRODUCERS = 'producers'

/** Counts only what has come to its end, so that a trial is never lost by what might yet come in time. */
export class LostWatch {
  /** Resolves once the trial is lost, and never where it is not. */
  readonly met: Promise<Lost>
  private readonly goal: Goal
  private readonly records: number
  private readonly leastMs: number
  private readonly missed = new Map<string, number>()
  private resolve: (lost: Lost) => void = () => undefined
  private isOver = false

  /** `records` are all that the measure phase, which begins after the warm-up, would send. */
  constructor(goal: Goal, records: number, warmupMs: number) {
    this.goal = goal
    this.records = records
    this.leastMs = warmupMs + LEAST_MS
    this.met = new Promise(resolve => (this.resolve = resolve))
  }

  /** The trial has come to its end; what is told after that ends nothing. */
  end(): void {
    this.isOver = true
  }

  /** Takes in what a worker tells of a second. */
  interval({ role, group }: Pick<WorkerSpec, 'role' | 'group'>, report: IntervalReport): void {
    if (report.phase !== 'measure' || this.isOver) return
    const by = role === 'producer' ? PRODUCERS : `group ${group}`
    const missed = (this.missed.get(by) ?? 0) + this.missedIn(report, role === 'producer' ? 'ack' : 'e2e')
    this.missed.set(by, missed)
    const toldMs = ((report.seq + 1) * INTERVAL_US) / 1000
    if (toldMs < this.leastMs || missed <= this.goal.missShare * this.records) return
    this.resolve({ atUs: report.t1Us, missed, of: this.records, by })
  }

  private missedIn({ counters, histograms }: IntervalReport, name: 'ack' | 'e2e'): number {
    const late = histograms
      .filter(histogram => histogram.name === name)
      .map(({ bytes }) => LatencyHistogram.decode(bytes))
      .reduce((sum, seen) => sum + seen.count - seen.countWithin(this.goal.deadlineMs * 1000), 0)
    return late + (counters['failed'] ?? 0) + (counters['unknown'] ?? 0)
  }
}
