// A14: a committed offset that goes back, or lies behind records that the group has not processed.
import type { Check } from '../check.ts'

export const commits: Check = {
  id: 'A14',
  anomaly: 'commit out of line',
  name: 'commits follow processing',
  describe: 'committed offsets never go back and never pass what was processed',
  onCommit({ topic, partition, group, run, kind, n, expected }, report) {
    const note = `group ${group}, member ${run.member}: ${kind}, ${run.offset} against ${expected}`
    const reader = { group, sort: kind }
    report({ topic, partition, n, offset: Math.min(run.offset, expected), settledUs: run.atUs, reader, note })
  },
}
