// A4: a record that first appears behind one that its producer sent to the partition later.
import type { Check } from '../check.ts'
import { storedSighting } from '../sighting.ts'

export const reordered: Check = {
  id: 'A4',
  anomaly: 'reordered',
  name: 'order is kept',
  describe: 'records of a producer stand in a partition in the order in which they were sent',
  onStored(fact, report) {
    if (fact.part === 'late') report(storedSighting(fact))
  },
}
