// The registry of faults: a new one is one file and one line here.
import type { Fault } from '../fault.ts'
import { ackLoss } from './ack-loss.ts'
import { bandwidth } from './bandwidth.ts'
import { bridge } from './bridge.ts'
import { brokerKill } from './broker-kill.ts'
import { brokerStop } from './broker-stop.ts'
import { brownOut } from './brown-out.ts'
import { diskFull } from './disk-full.ts'
import { exec } from './exec.ts'
import { fastBounce } from './fast-bounce.ts'
import { freeze } from './freeze.ts'
import { isolate } from './isolate.ts'
import { isrChurn } from './isr-churn.ts'
import { latency } from './latency.ts'
import { leadershipChurn } from './leadership-churn.ts'
import { linkCut } from './link-cut.ts'
import { logDirFailure } from './log-dir-failure.ts'
import { manual } from './manual.ts'
import { oneWayCut } from './one-way-cut.ts'
import { partitionIncrease } from './partition-increase.ts'
import { pauseHammer } from './pause-hammer.ts'
import { powerLoss } from './power-loss.ts'
import { reset } from './reset.ts'
import { ring } from './ring.ts'
import { rollingRestart } from './rolling-restart.ts'
import { slice } from './slice.ts'
import { uncleanElection } from './unclean-election.ts'
import { workerFreeze } from './worker-freeze.ts'
import { workerKill } from './worker-kill.ts'

export const FAULTS: readonly Fault[] = [
  brokerKill,
  brokerStop,
  rollingRestart,
  freeze,
  pauseHammer,
  fastBounce,
  brownOut,
  powerLoss,
  logDirFailure,
  diskFull,
  isolate,
  linkCut,
  oneWayCut,
  bridge,
  ring,
  ackLoss,
  latency,
  bandwidth,
  slice,
  reset,
  leadershipChurn,
  isrChurn,
  partitionIncrease,
  uncleanElection,
  manual,
  exec,
  workerKill,
  workerFreeze,
]

/** A fault by its name in scenarios, which the schema has checked. */
export function findFault(kind: string): Fault {
  const found = FAULTS.find(fault => fault.kind === kind)
  if (!found) throw new RangeError(`no fault ${kind}`)
  return found
}
