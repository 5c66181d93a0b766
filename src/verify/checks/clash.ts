// A7: the offset in an acknowledgement belongs to another record, or to none although the record is in the log.
import type { Check } from '../check.ts'
import { toldSighting } from '../sighting.ts'

export const clash: Check = {
  id: 'A7',
  anomaly: 'offset clash',
  name: 'acks name the right offsets',
  describe: 'an acknowledged record stands at the offset that its acknowledgement named',
  onClash(fact, report) {
    const { here } = fact
    const note = here
      ? `there stands ${here.state} ${here.producer}:${here.seq0 + fact.offset - here.offset0}`
      : 'nothing stands there'
    report({ ...toldSighting(fact), note })
  },
}
