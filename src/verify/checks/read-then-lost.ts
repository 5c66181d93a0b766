// A8: a record that a member had read at an offset where the full read found nothing, or another record.
import type { Check } from '../check.ts'
import { readSighting } from '../sighting.ts'

export const readThenLost: Check = {
  id: 'A8',
  anomaly: 'read then lost',
  name: 'what was read stays',
  describe: 'the log still holds at its offset every record that a member read',
  onRead(fact, report) {
    if (!fact.here || fact.isOther)
      report({ ...readSighting(fact), note: fact.here ? 'another record is there' : 'nothing is there' })
  },
}
