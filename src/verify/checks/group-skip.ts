// A13: the first record a member processed after it was given a partition lies behind stored ones that nobody had processed.
import type { Check } from '../check.ts'
import { readSighting } from '../sighting.ts'

export const groupSkip: Check = {
  id: 'A13',
  anomaly: 'group skip',
  name: 'no handover loses a record',
  describe: 'a member goes on at or before the first record that the group has not committed',
  onJump(fact, report) {
    if (fact.kind === 'skip' && fact.isFirst) report(readSighting(fact))
  },
}
