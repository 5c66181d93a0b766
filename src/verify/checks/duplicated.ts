// A3: one record at two offsets of its partition or more; every appearance after the first counts.
import type { Check } from '../check.ts'
import { storedSighting } from '../sighting.ts'

export const duplicated: Check = {
  id: 'A3',
  anomaly: 'duplicated',
  name: 'nothing is stored twice',
  describe: 'no record is in the log twice',
  onStored(fact, report) {
    if (fact.part === 'repeated') report(storedSighting(fact))
  },
}
