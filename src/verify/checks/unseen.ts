// A2: a stored record that a group which came to the end of its partitions never processed.
import type { Check } from '../check.ts'

export const unseen: Check = {
  id: 'A2',
  anomaly: 'unseen',
  name: 'everything stored is processed',
  describe: 'a group that came to the end processed every stored record',
  onUnread({ topic, partition, group, offset, n }, report) {
    report({ topic, partition, offset, n, reader: { group }, note: `group ${group}` })
  },
}
