// Holds a run against its stop conditions while it goes on: seconds of its producers, and what is seen of the cluster.
import { HarnessError } from '../core/errors.ts'
import type { StopName, StopSpec } from '../scenario/schema/stop.ts'
import { LatencyHistogram } from '../stats/histogram.ts'

/** The first limit that was exceeded for long enough; `atUs` is when that could be known. */
export type Breach = { name: StopName; text: string; sinceUs: number; atUs: number }

type Report = {
  t0Us: number
  t1Us: number
  counters: Readonly<Record<string, number>>
  histograms: readonly { name: string; bytes: Uint8Array }[]
}

/** All producers together until one end of a second. */
type Second = {
  t0Us: number
  workers: Set<string>
  scheduled: number
  settled: number
  outcomes: number
  errors: number
  acks: LatencyHistogram
}

/** Longer than any record waits for its outcome. */
const KEPT_SECONDS = 3600
const TAIL = 0.01

export class StopConditions {
  /** Resolves at the first breach, and never where there is none. */
  readonly met: Promise<Breach>
  breach: Breach | undefined
  private readonly spec: StopSpec
  private readonly producers: number
  private resolve: (breach: Breach) => void = () => undefined
  private readonly since = new Map<StopName, number>()
  private readonly open = new Map<number, Second>()
  private readonly scheduled: { t1Us: number; count: number }[] = []
  private waiting = 0
  private isOver = false

  /** `producers` is the number of workers that report every second. */
  constructor(spec: StopSpec, producers: number) {
    this.spec = spec
    this.producers = producers
    this.met = new Promise(resolve => (this.resolve = resolve))
  }

  /** Nothing that comes after this stops the run. */
  end(): void {
    this.isOver = true
  }

  /** Takes in one report of one producer; a second is judged once all have told theirs, or one has told the next. */
  interval(worker: string, report: Report): void {
    if (this.spec.limits.length === 0 || this.isOver) return
    const { t0Us, t1Us, counters } = report
    const second = this.open.get(t1Us) ?? newSecond(t0Us)
    this.open.set(t1Us, second)
    const told = (name: string): number => counters[name] ?? 0
    const errors = told('failed') + told('unknown')
    second.workers.add(worker)
    second.errors += errors
    second.outcomes += told('acked') + told('sentNoAck') + errors
    second.settled += told('acked') + told('sentNoAck') + errors + told('dropped')
    second.scheduled += told('scheduled')
    for (const { name, bytes } of report.histograms) if (name === 'ack') second.acks.add(LatencyHistogram.decode(bytes))
    // A worker tells several phases of one second in one go, so the second is judged after that.
    queueMicrotask(() => this.judgeSeconds(t1Us))
  }

  /** Takes in what was seen of the cluster at a time. */
  cluster(atUs: number, seen: { underReplicated?: number; lag?: number }): void {
    const { underReplicated, lag } = seen
    if (underReplicated !== undefined) this.hold('under.replicated', underReplicated, `${underReplicated}`, atUs, atUs)
    if (lag !== undefined) this.hold('lag', lag, `${lag} records`, atUs, atUs)
  }

  private judgeSeconds(newestUs: number): void {
    for (const [t1Us, second] of [...this.open].sort(([a], [b]) => a - b)) {
      if (t1Us >= newestUs && second.workers.size < this.producers) continue
      this.open.delete(t1Us)
      this.judgeSecond(t1Us, second)
    }
  }

  private judgeSecond(t1Us: number, second: Second): void {
    const { t0Us, outcomes, errors, acks } = second
    this.waiting += second.scheduled - second.settled
    this.scheduled.push({ t1Us, count: second.scheduled })
    if (this.scheduled.length > KEPT_SECONDS) this.scheduled.shift()
    // No outcome says nothing about errors, for good or for bad.
    if (outcomes > 0)
      this.hold('error.rate', errors / outcomes, `${errors} of ${outcomes} outcomes of a second`, t0Us, t1Us)
    const limitUs = this.limitOf('ack.p99')
    if (limitUs === undefined) return
    const total = acks.count + Math.max(0, this.waiting)
    const over = acks.count - acks.countWithin(limitUs) + this.waitingLongerThan(limitUs, t1Us)
    const isOver = over > TAIL * total
    const text = `${over} of ${total} records took longer, or have waited longer`
    this.hold('ack.p99', isOver ? Number.POSITIVE_INFINITY : 0, text, t0Us, t1Us)
  }

  /** At least so many: the records that wait are taken to be the youngest. */
  private waitingLongerThan(limitUs: number, nowUs: number): number {
    let left = this.waiting
    let over = 0
    for (let i = this.scheduled.length - 1; i >= 0 && left > 0; i--) {
      const { t1Us, count } = this.scheduled[i] as { t1Us: number; count: number }
      const taken = Math.min(left, count)
      if (nowUs - t1Us > limitUs) over += taken
      left -= taken
    }
    return over
  }

  private limitOf(name: StopName): number | undefined {
    return this.spec.limits.find(one => one.name === name)?.limit
  }

  private hold(name: StopName, value: number, observed: string, fromUs: number, atUs: number): void {
    const limit = this.spec.limits.find(one => one.name === name)
    if (!limit || this.isOver || this.breach) return
    if (value <= limit.limit) {
      this.since.delete(name)
      return
    }
    const sinceUs = this.since.get(name) ?? fromUs
    this.since.set(name, sinceUs)
    if (atUs - sinceUs < this.spec.forMs * 1000) return
    this.breach = { name, text: `${limit.text}: ${observed}`, sinceUs, atUs }
    this.resolve(this.breach)
  }
}

/** What the run ends with, under exit code 6. */
export function stoppedBy({ text }: Breach): HarnessError {
  return new HarnessError({ code: 'E503', message: `stopped by its own condition: ${text}` })
}

function newSecond(t0Us: number): Second {
  return {
    t0Us,
    workers: new Set(),
    scheduled: 0,
    settled: 0,
    outcomes: 0,
    errors: 0,
    acks: new LatencyHistogram({ wide: true }),
  }
}
