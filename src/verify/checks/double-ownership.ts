// A15: a member that goes on processing a partition after another one was given it.
import type { Check } from '../check.ts'
import { readSighting } from '../sighting.ts'

export const doubleOwnership: Check = {
  id: 'A15',
  anomaly: 'double ownership',
  name: 'every partition has one owner',
  describe: 'no member processes a partition that another one has been given since',
  onOwn(fact, report) {
    const { offset, n } = fact.run
    report({ ...readSighting({ ...fact, offset, n }), note: `member ${fact.owner} owns it` })
  },
}
