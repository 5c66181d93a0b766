// A12: an offset that a group processed more than once, told apart by whether it had been committed.
import type { Check } from '../check.ts'
import type { AgainFact } from '../group-facts.ts'
import { readSighting } from '../sighting.ts'

const WHERE = {
  within: 'within the uncommitted window',
  beyond: 'beyond the uncommitted window',
  zombie: 'after another one had been given the partition',
}

/** Nobody hands a zombie anything: it goes on with what it fetched before, whatever was committed since. */
const sortOf = ({ isCommitted, isOwner }: AgainFact): keyof typeof WHERE => {
  if (!isOwner) return 'zombie'
  return isCommitted ? 'beyond' : 'within'
}

export const groupDuplicate: Check = {
  id: 'A12',
  anomaly: 'group duplicate',
  name: 'nothing is processed twice',
  describe: 'a group processes every offset once',
  onAgain(fact, report) {
    const sort = sortOf(fact)
    const reader = { group: fact.group, sort }
    report({ ...readSighting(fact), reader, note: `member ${fact.run.member}, ${WHERE[sort]}` })
  },
}
