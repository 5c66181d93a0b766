// A6: a member that kept its partition was given offsets at or below its last one.
import type { Check } from '../check.ts'
import { readSighting } from '../sighting.ts'

export const rewound: Check = {
  id: 'A6',
  anomaly: 'rewound',
  name: 'no reader falls back',
  describe: 'a member that keeps its partition sees rising offsets only',
  onJump(fact, report) {
    if (fact.kind === 'rewind') report(readSighting(fact))
  },
}
