// Ends a run that sends more to somebody else's cluster than was allowed, whatever was planned: a bucket filled by time and emptied by bytes.
import { HarnessError } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'

/** Framing, small batches and catching up after a stall may go above the cap, which is held against records alone. */
const LEEWAY = 1.5
/** Seconds at the cap that the bucket holds. */
const DEPTH_SECONDS = 10

type Report = { t1Us: number; counters: Readonly<Record<string, number>> }

export class ByteCap {
  /** Rejects once the bucket is empty, with exit code 6. */
  readonly exceeded: Promise<never>
  private readonly capBytesPerSecond: number
  private refuse: (error: HarnessError) => void = () => undefined
  private levelBytes: number
  private filledAtUs: number | undefined

  constructor(capBytesPerSecond: number) {
    this.capBytesPerSecond = capBytesPerSecond
    this.levelBytes = capBytesPerSecond * DEPTH_SECONDS
    this.exceeded = new Promise((_, reject) => (this.refuse = reject))
    this.exceeded.catch(() => undefined)
  }

  /** Takes in what the sockets of one producer carried until a time. */
  add({ t1Us, counters }: Report): void {
    const cap = this.capBytesPerSecond
    const passedUs = Math.max(0, t1Us - (this.filledAtUs ?? t1Us))
    this.filledAtUs = Math.max(t1Us, this.filledAtUs ?? t1Us)
    this.levelBytes = Math.min(cap * DEPTH_SECONDS, this.levelBytes + (cap * LEEWAY * passedUs) / 1e6)
    this.levelBytes -= counters['wireBytes'] ?? 0
    if (this.levelBytes >= 0) return
    this.refuse(
      new HarnessError({
        code: 'E502',
        message: `producers sent for seconds on end above the cap of ${formatBytes(cap)}/s for an external cluster`,
        hint: 'let records go in larger batches (linger.ms), lower the rate, or allow more with --max-rate-bytes',
      }),
    )
  }
}
