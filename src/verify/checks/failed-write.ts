// A10: a record that surely was not written, as the producer was told, and is in the log nevertheless.
import type { Check } from '../check.ts'
import { toldSighting } from '../sighting.ts'

export const failedWrite: Check = {
  id: 'A10',
  anomaly: 'failed yet stored',
  name: 'failed writes are absent',
  describe: 'no record is in the log whose write surely failed',
  onTold(fact, report) {
    if (fact.run.state === 'failed' && fact.where === 'stored') report({ ...toldSighting(fact), offset: -1 })
  },
}
