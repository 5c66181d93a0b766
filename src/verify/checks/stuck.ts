// A17: a transaction that is still open when its producers have ended and the log is read back.
import type { Check } from '../check.ts'

export const stuck: Check = {
  id: 'A17',
  anomaly: 'stuck transaction',
  name: 'no transaction hangs',
  describe: 'the last stable offset has come to the end of the log when it is read back',
  onOther(run, { topic, partition }, report) {
    if (run.state !== 'pending') return
    const { producer, seq0: seq, n, offset0: offset, leaderEpoch } = run
    report({ topic, partition, producer, seq, n, offset, leaderEpoch })
  },
}
