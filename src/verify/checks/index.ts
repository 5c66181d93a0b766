// Every check over ledger, truth and groups; a new one is a file and a line here.
import type { Check } from '../check.ts'
import { abortedRead } from './aborted-read.ts'
import { clash } from './clash.ts'
import { commits } from './commits.ts'
import { corrupt } from './corrupt.ts'
import { doubleOwnership } from './double-ownership.ts'
import { duplicated } from './duplicated.ts'
import { failedWrite } from './failed-write.ts'
import { forbidden } from './forbidden.ts'
import { groupDuplicate } from './group-duplicate.ts'
import { groupSkip } from './group-skip.ts'
import { lost } from './lost.ts'
import { phantom } from './phantom.ts'
import { readThenLost } from './read-then-lost.ts'
import { reordered } from './reordered.ts'
import { rewound } from './rewound.ts'
import { skipped } from './skipped.ts'
import { stuck } from './stuck.ts'
import { torn } from './torn.ts'
import { unseen } from './unseen.ts'
import { untransformed } from './untransformed.ts'
import { zombie } from './zombie.ts'

/** About what producers were told and what the log holds. */
export const LOG_CHECKS: readonly Check[] = [
  lost,
  duplicated,
  reordered,
  clash,
  phantom,
  corrupt,
  failedWrite,
  forbidden,
]

/** About transactions; they apply where there are any. */
export const TRANSACTION_CHECKS: readonly Check[] = [torn, zombie, stuck, untransformed]

/** About consumer groups; they apply where members wrote down what they did. */
export const GROUP_CHECKS: readonly Check[] = [
  ...[unseen, skipped, rewound, readThenLost, abortedRead],
  ...[groupDuplicate, groupSkip, commits, doubleOwnership],
]

export const HISTORY_CHECKS: readonly Check[] = [...LOG_CHECKS, ...TRANSACTION_CHECKS, ...GROUP_CHECKS]
