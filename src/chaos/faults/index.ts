// The registry of faults: a new one is one file and one line here.
import type { Fault } from '../fault.ts'
import { ackLoss } from './ack-loss.ts'
import { bandwidth } from './bandwidth.ts'
import { brokerKill } from './broker-kill.ts'
import { brokerStop } from './broker-stop.ts'
import { fastBounce } from './fast-bounce.ts'
import { freeze } from './freeze.ts'
import { isolate } from './isolate.ts'
import { latency } from './latency.ts'
import { pauseHammer } from './pause-hammer.ts'
import { reset } from './reset.ts'
import { rollingRestart } from './rolling-restart.ts'
import { slice } from './slice.ts'

export const FAULTS: readonly Fault[] = [
  brokerKill,
  brokerStop,
  rollingRestart,
  freeze,
  pauseHammer,
  fastBounce,
  isolate,
  ackLoss,
  latency,
  bandwidth,
  slice,
  reset,
]

/** A fault by its name in scenarios, which the schema has checked. */
export function findFault(kind: string): Fault {
  const found = FAULTS.find(fault => fault.kind === kind)
  if (!found) throw new RangeError(`no fault ${kind}`)
  return found
}
