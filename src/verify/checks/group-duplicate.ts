// A12: an offset that a group processed more than once, told apart by whether it had been committed.
import type { Check } from '../check.ts'
import { readSighting } from '../sighting.ts'

export const groupDuplicate: Check = {
  id: 'A12',
  anomaly: 'group duplicate',
  name: 'nothing is processed twice',
  describe: 'a group processes every offset once',
  onAgain(fact, report) {
    const sort = fact.isCommitted ? 'beyond' : 'within'
    const reader = { group: fact.group, sort }
    report({ ...readSighting(fact), reader, note: `member ${fact.run.member}, ${sort} the uncommitted window` })
  },
}
