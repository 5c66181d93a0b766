// Adds up what workers report into what a screen shows: the last whole second, and the trial so far.

import type { Progress } from '../../run/context.ts'
import { LatencyHistogram } from '../../stats/histogram.ts'

type Interval = Extract<Progress, { kind: 'interval' }>

/** One second of all workers together. */
export type Second = {
  seq: number
  sent: number
  acked: number
  received: number
  errors: number
  retries: number
  ack: LatencyHistogram
  e2e: LatencyHistogram
  slip: LatencyHistogram
  cpuCores: number
  lateMs: number
}

/** How long after its end a second is shown, so that every worker's report is in. */
const SETTLE_SECONDS = 1

export class Tally {
  private readonly seconds = new Map<number, Second>()
  private newest = -1

  reset(): void {
    this.seconds.clear()
    this.newest = -1
  }

  add({ spec, report }: Interval): void {
    const second = this.at(report.seq)
    const count = (name: string): number => report.counters[name] ?? 0
    second.sent += count('sent')
    second.acked += count('acked') + count('sentNoAck')
    second.received += count('received')
    second.errors += count('failed') + count('unknown')
    second.retries += count('retries')
    for (const { name, bytes } of report.histograms) {
      if (name === 'ack' || name === 'e2e' || name === 'slip') second[name].add(LatencyHistogram.decode(bytes))
    }
    if (report.health) {
      second.cpuCores += report.health.cpuUs / Math.max(1, report.t1Us - report.t0Us)
      second.lateMs = Math.max(second.lateMs, report.health.loopLateMaxUs / 1000)
    }
    if (spec.role === 'producer') this.newest = Math.max(this.newest, report.seq)
  }

  /** The last second that every worker has reported, if there is one. */
  last(): Second | undefined {
    return this.seconds.get(this.newest - SETTLE_SECONDS)
  }

  /** A series of the last seconds, for a sparkline. */
  recent(count: number, read: (second: Second) => number): number[] {
    const end = this.newest - SETTLE_SECONDS
    return Array.from({ length: count }, (_, i) => this.seconds.get(end - count + 1 + i)).map(second =>
      second ? read(second) : 0,
    )
  }

  private at(seq: number): Second {
    const found = this.seconds.get(seq)
    if (found) return found
    const fresh = (): LatencyHistogram => new LatencyHistogram({ wide: true })
    const made = {
      seq,
      sent: 0,
      acked: 0,
      received: 0,
      errors: 0,
      retries: 0,
      ack: fresh(),
      e2e: fresh(),
      slip: fresh(),
      cpuCores: 0,
      lateMs: 0,
    }
    this.seconds.set(seq, made)
    this.seconds.delete(seq - 60)
    return made
  }
}
