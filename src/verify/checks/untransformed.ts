// A2: a stored record that a group which came to the end read in a committed transaction, or should have, and of which the target shows nothing.
import type { Check } from '../check.ts'

export const untransformed: Check = {
  id: 'A2',
  anomaly: 'untransformed',
  name: 'every input has its output',
  describe: 'each record that a transforming group was to read stands in its target, visible to everybody',
  onUntransformed({ topic, partition, group, producer, offset, n }, report) {
    report({ topic, partition, offset, n, producer, note: `group ${group}` })
  },
}
