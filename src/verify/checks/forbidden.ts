// A18: a write with acks=all that succeeded while fewer replicas than min.insync.replicas were in sync all the time.
import type { Check } from '../check.ts'
import { toldSighting } from '../sighting.ts'

export const forbidden: Check = {
  id: 'A18',
  anomaly: 'forbidden success',
  name: 'no success below min ISR',
  describe: 'with acks=all nothing is acknowledged while the ISR is below min.insync.replicas throughout',
  onTold(fact, report) {
    if (fact.run.state === 'acked' && fact.isBelowMinIsr)
      report({ ...toldSighting(fact), note: 'below min.insync.replicas' })
  },
}
