// A10: a record of an aborted transaction that a reader which asked for committed ones was given.
import type { Check } from '../check.ts'
import { readSighting } from '../sighting.ts'

export const abortedRead: Check = {
  id: 'A10',
  anomaly: 'aborted yet read',
  name: 'nothing aborted is read',
  describe: 'a read_committed member is given no record of an aborted transaction',
  onRead(fact, report) {
    if (fact.readsCommitted && fact.here?.state === 'aborted') report(readSighting(fact))
  },
}
