// A9: bytes in the log that are not as they were sent: a checksum that does not hold, or a record in another partition than its own.
import { TRUTH_DETAILS } from '../../recording/truth-run.ts'
import type { Check } from '../check.ts'

export const corrupt: Check = {
  id: 'A9',
  anomaly: 'corrupt',
  name: 'stored bytes are intact',
  describe: 'the bytes of every record in the log are those that were sent',
  onOther(run, { topic, partition }, report) {
    if (run.state !== 'corrupt') return
    const { n, offset0: offset, leaderEpoch, detail } = run
    report({ topic, partition, n, offset, leaderEpoch, note: TRUTH_DETAILS[detail] ?? `detail ${detail}` })
  },
}
