// A1: an acknowledged record that a full read of its partition did not find.
import type { Check } from '../check.ts'
import { toldSighting } from '../sighting.ts'

export const lost: Check = {
  id: 'A1',
  anomaly: 'lost',
  name: 'nothing acked is lost',
  describe: 'every acknowledged record is in the log',
  onTold(fact, report) {
    if (fact.run.state === 'acked' && fact.where === 'absent') report(toldSighting(fact))
  },
}
