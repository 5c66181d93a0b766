// A5: a member that kept its partition went on behind records that are stored.
import type { Check } from '../check.ts'
import { readSighting } from '../sighting.ts'

export const skipped: Check = {
  id: 'A5',
  anomaly: 'skipped',
  name: 'no reader jumps ahead',
  describe: 'a member that keeps its partition passes over no stored record',
  onJump(fact, report) {
    if (fact.kind === 'skip' && !fact.isFirst) report(readSighting(fact))
  },
}
