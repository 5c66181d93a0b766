// The times of a batch's records in their order, as runs of equal ones: what is offered together shares one entry.

/** Append-only; times in Unix µs. */
export class Times {
  /** The time of each run. */
  readonly us: number[] = []
  /** The place behind the last record of each run. */
  readonly until: number[] = []
  private cursor = 0

  static of(times: Iterable<number>): Times {
    const made = new Times()
    for (const us of times) made.add(us)
    return made
  }

  get count(): number {
    return this.until.at(-1) ?? 0
  }

  /** The time of the first record; NaN while there is none. */
  get first(): number {
    return this.us[0] ?? Number.NaN
  }

  /** The time of the last record; NaN while there is none. */
  get last(): number {
    return this.us.at(-1) ?? Number.NaN
  }

  add(us: number, count = 1): void {
    const { until } = this
    const last = until.length - 1
    const before = last < 0 ? 0 : (until[last] as number)
    if (last >= 0 && this.us[last] === us) until[last] = before + count
    else {
      this.us.push(us)
      until.push(before + count)
    }
  }

  /** The time of record `place`; cheap when asked in order. */
  at(place: number): number {
    const { until } = this
    if (place < 0 || place >= this.count) throw new RangeError(`no record ${place} among ${this.count}`)
    let run = this.cursor
    if (run >= until.length || (run > 0 && place < (until[run - 1] as number))) run = 0
    while (place >= (until[run] as number)) run++
    this.cursor = run
    return this.us[run] as number
  }

  /** Visits every run as a time and a number of records. */
  forEachRun(visit: (us: number, count: number) => void): void {
    let from = 0
    for (let run = 0; run < this.us.length; run++) {
      const to = this.until[run] as number
      visit(this.us[run] as number, to - from)
      from = to
    }
  }

  /** The times of `count` records from `from` on. */
  slice(from: number, count: number): Times {
    const made = new Times()
    let place = 0
    this.forEachRun((us, length) => {
      const overlap = Math.min(place + length, from + count) - Math.max(place, from)
      if (overlap > 0) made.add(us, overlap)
      place += length
    })
    return made
  }

  toArray(): number[] {
    return this.us.flatMap((us, run) => {
      const count = (this.until[run] as number) - (run === 0 ? 0 : (this.until[run - 1] as number))
      return Array.from({ length: count }, () => us)
    })
  }
}
