// Counts what comes with every batch in plain numbers of its own, and tells the recorder when a second or a phase ends.
import type { PhaseName } from '../recording/format.ts'
import type { Recorder } from './recorder.ts'

/** Counters are told by their place among the names. */
export class Tally {
  private readonly names: readonly string[]
  private readonly sums: Float64Array
  /** A sum of zero is told too, where something was added. */
  private readonly isAdded: boolean[]
  private phase: PhaseName = 'warmup'

  constructor(names: readonly string[]) {
    this.names = names
    this.sums = new Float64Array(names.length)
    this.isAdded = names.map(() => false)
  }

  /** What is added from now on belongs to this phase. */
  enter(recorder: Pick<Recorder, 'count'>, phase: PhaseName): void {
    if (phase === this.phase) return
    this.flush(recorder)
    this.phase = phase
  }

  add(place: number, by: number): void {
    this.sums[place] = (this.sums[place] as number) + by
    this.isAdded[place] = true
  }

  /** Nothing may be held back when an interval ends. */
  flush(recorder: Pick<Recorder, 'count'>): void {
    const { names, sums, isAdded } = this
    for (const [place, name] of names.entries())
      if (isAdded[place]) recorder.count(this.phase, name, sums[place] as number)
    sums.fill(0)
    isAdded.fill(false)
  }
}
