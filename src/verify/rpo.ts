// What was lost as an operator counts it: records, bytes, and the time over which they were meant to be sent.
import type { Verification } from '../analysis/verification.ts'
import type { Sighting } from './findings.ts'

export class Rpo {
  private records = 0
  private bytes = 0
  private firstUs = Number.POSITIVE_INFINITY
  private lastUs = Number.NEGATIVE_INFINITY

  /** Takes lost records, with the bytes of their batch's share. */
  add({ n, intendedUs }: Sighting, bytes: number): void {
    this.records += n
    this.bytes += bytes
    if (!intendedUs) return
    this.firstUs = Math.min(this.firstUs, intendedUs[0])
    this.lastUs = Math.max(this.lastUs, intendedUs[1])
  }

  result(): Verification['rpo'] {
    const seconds = this.records > 0 ? (this.lastUs - this.firstUs) / 1e6 : 0
    return { records: this.records, bytes: Math.round(this.bytes), seconds }
  }
}
