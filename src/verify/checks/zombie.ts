// A16: a write of an older producer epoch behind one of a newer epoch of the same producer id.
import type { Check } from '../check.ts'

export const zombie: Check = {
  id: 'A16',
  anomaly: 'zombie write',
  name: 'fenced producers stay out',
  describe: 'no record of an older producer epoch stands behind one of a newer epoch',
  onEpoch({ topic, partition, run, newerEpoch }, report) {
    const { producer, seq0: seq, n, offset0: offset, leaderEpoch, producerEpoch, producerId } = run
    const note = `producer id ${producerId}: epoch ${producerEpoch} behind ${newerEpoch}`
    report({ topic, partition, producer, seq, n, offset, leaderEpoch, note })
  },
}
