// Which sequence numbers of one producer and partition have been met: everything below `end` but the gaps, so that a clean history takes no memory.

/** Told for each part of an added range: new at the end, late into a gap, or met before. */
export type OnPart = (part: 'new' | 'late' | 'repeated', seq: number, n: number) => void

/** Gaps that one verification may hold over all its sets; beyond, it says that it cannot tell. */
export const MAX_GAPS = 2_000_000

/** Thrown where a history has more holes than memory is given for. */
export class TooManyGaps extends Error {
  constructor() {
    super(`more than ${MAX_GAPS} gaps in sequences`)
    this.name = 'TooManyGaps'
  }
}

export type GapBudget = { left: number }

export class SeqSet {
  /** One beyond the highest number met. */
  end = 0
  /** Numbers below `end` that were never met: [from, to) after one another, in order. */
  private gaps: number[] = []
  private readonly budget: GapBudget

  constructor(budget: GapBudget) {
    this.budget = budget
  }

  get isWhole(): boolean {
    return this.gaps.length === 0
  }

  /** Adds `n` numbers from `seq`, and tells of which kind they are, in order. */
  add(seq: number, n: number, onPart: OnPart): void {
    const to = seq + n
    if (seq >= this.end) {
      if (seq > this.end) this.openGap(this.end, seq)
      this.end = to
      return onPart('new', seq, n)
    }
    const known = Math.min(to, this.end)
    if (this.isWhole) onPart('repeated', seq, known - seq)
    else this.fill(seq, known, onPart)
    if (to > known) {
      this.end = to
      onPart('new', known, to - known)
    }
  }

  /** Splits a range into what has been met and what has not, in order. */
  split(seq: number, n: number, onPart: (isMet: boolean, seq: number, n: number) => void): void {
    const to = seq + n
    const known = Math.max(seq, Math.min(to, this.end))
    let at = seq
    for (let i = this.gapAfter(seq); i < this.gaps.length && (this.gaps[i] as number) < known; i += 2) {
      const from = Math.max(at, this.gaps[i] as number)
      const until = Math.min(known, this.gaps[i + 1] as number)
      if (from > at) onPart(true, at, from - at)
      onPart(false, from, until - from)
      at = until
    }
    if (known > at) onPart(true, at, known - at)
    if (to > known) onPart(false, known, to - known)
  }

  /** All ranges met, in order. */
  forEachRange(onRange: (seq: number, n: number) => void): void {
    this.split(0, this.end, (isMet, seq, n) => {
      if (isMet) onRange(seq, n)
    })
  }

  private openGap(from: number, to: number): void {
    if (--this.budget.left < 0) throw new TooManyGaps()
    this.gaps.push(from, to)
  }

  /** Index of the first gap that ends behind `seq`. */
  private gapAfter(seq: number): number {
    let low = 0
    let high = this.gaps.length / 2
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.gaps[middle * 2 + 1] as number) <= seq) low = middle + 1
      else high = middle
    }
    return low * 2
  }

  private fill(seq: number, to: number, onPart: OnPart): void {
    const first = this.gapAfter(seq)
    const kept: number[] = []
    let last = first
    let at = seq
    for (; last < this.gaps.length && (this.gaps[last] as number) < to; last += 2) {
      const [gapFrom, gapTo] = [this.gaps[last] as number, this.gaps[last + 1] as number]
      const from = Math.max(seq, gapFrom)
      const until = Math.min(to, gapTo)
      if (from > at) onPart('repeated', at, from - at)
      onPart('late', from, until - from)
      at = until
      if (gapFrom < from) kept.push(gapFrom, from)
      if (until < gapTo) kept.push(until, gapTo)
    }
    if (to > at) onPart('repeated', at, to - at)
    this.budget.left += (last - first - kept.length) / 2
    if (this.budget.left < 0) throw new TooManyGaps()
    this.gaps.splice(first, last - first, ...kept)
  }
}
