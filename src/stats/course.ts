// What all brokers together told over a trial: leader epochs and in-sync replicas after every change, for the picture of a drill.

/** One broker's view of one partition, from this time on; `isr` and the replicas are counts. */
type PartitionTold = { atUs: number; topic: string; partition: number; leader: number; epoch: number; isr: number }

/** The state from this time on; of every partition the view with the highest epoch counts. */
export type CoursePoint = {
  tSeconds: number
  /** Replicas in sync of the partition that has the fewest. */
  fewestInSync: number
  leaderless: number
  /** Leader epochs begun since the first look, over all partitions. */
  newEpochs: number
}

export function courseOf(views: readonly PartitionTold[], startUs: number): CoursePoint[] {
  const best = new Map<string, PartitionTold>()
  const points: CoursePoint[] = []
  let firstEpochs = 0
  for (const [atUs, changed] of Map.groupBy(
    views.toSorted((a, b) => a.atUs - b.atUs),
    view => view.atUs,
  )) {
    for (const view of changed) {
      const key = `${view.topic}/${view.partition}`
      if (view.epoch >= (best.get(key)?.epoch ?? -1)) best.set(key, view)
    }
    const rows = [...best.values()]
    const epochs = rows.reduce((sum, row) => sum + row.epoch, 0)
    if (points.length === 0) firstEpochs = epochs
    points.push({
      tSeconds: (atUs - startUs) / 1e6,
      fewestInSync: Math.min(...rows.map(row => row.isr)),
      leaderless: rows.filter(row => row.leader < 0).length,
      newEpochs: epochs - firstEpochs,
    })
  }
  return points.filter((point, index) => index === 0 || !isSame(point, points[index - 1] as CoursePoint))
}

const isSame = (a: CoursePoint, b: CoursePoint): boolean =>
  a.fewestInSync === b.fewestInSync && a.leaderless === b.leaderless && a.newEpochs === b.newEpochs
