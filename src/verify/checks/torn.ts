// A11: a transaction of which some records are stored for every reader and others are aborted.
import type { Check } from '../check.ts'

export const torn: Check = {
  id: 'A11',
  anomaly: 'torn transaction',
  name: 'transactions are whole',
  describe: 'of every transaction that has ended all records are visible or none',
  onTorn({ topic, partition, producer, transaction, stored, aborted }, report) {
    const note = `transaction ${transaction}: ${stored} stored, ${aborted} aborted`
    report({ topic, partition, producer, n: Math.min(stored, aborted), offset: -1, note })
  },
}
