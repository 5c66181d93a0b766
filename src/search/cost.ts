// What a search has cost so far, and what its trials cost beside their load.
import type { SearchCluster } from './search.ts'
import type { SearchOptions } from './terms.ts'

export class Cost {
  private readonly cluster: SearchCluster
  private readonly toldMs: number
  private readonly beganMs: number
  private times = 0
  private loadMs = 0

  constructor(cluster: SearchCluster, { overheadMs }: SearchOptions) {
    this.cluster = cluster
    this.toldMs = overheadMs
    this.beganMs = cluster.elapsedMs?.() ?? 0
  }

  /** By the cluster's clock where it has one, else as loads are told to cost. */
  get spentMs(): number {
    const elapsedMs = this.cluster.elapsedMs?.()
    return elapsedMs === undefined ? this.loadMs + this.times * this.toldMs : elapsedMs - this.beganMs
  }

  /** What a trial costs beside its load: as told, or as seen on average where that is more. */
  get overheadMs(): number {
    return this.times === 0 ? this.toldMs : Math.max(this.toldMs, (this.spentMs - this.loadMs) / this.times)
  }

  /** A load ended so much before its time. */
  giveBack(ms: number): void {
    this.loadMs -= ms
  }

  /** Counts a load that runs for so long. */
  of<T>(durationMs: number, load: Promise<T>): Promise<T> {
    this.times++
    this.loadMs += durationMs
    return load
  }
}
