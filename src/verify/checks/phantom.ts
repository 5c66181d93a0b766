// A9: a stored record of this trial that no producer ever had an outcome for.
import type { Check } from '../check.ts'

export const phantom: Check = {
  id: 'A9',
  anomaly: 'phantom',
  name: 'nothing unsent is stored',
  describe: 'nothing is in the log that no producer of the trial sent',
  onOther(run, { topic, partition }, report) {
    if (run.state === 'foreign')
      report({ topic, partition, n: run.n, offset: run.offset0, leaderEpoch: run.leaderEpoch })
  },
  onUntold({ topic, partition, producer, seq, n }, report) {
    report({ topic, partition, producer, seq, n, offset: -1, note: 'in no ledger' })
  },
}
