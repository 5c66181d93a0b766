// Every check over ledger and truth; a new one is a file and a line here.
import type { Check } from '../check.ts'
import { clash } from './clash.ts'
import { corrupt } from './corrupt.ts'
import { duplicated } from './duplicated.ts'
import { failedWrite } from './failed-write.ts'
import { lost } from './lost.ts'
import { phantom } from './phantom.ts'
import { reordered } from './reordered.ts'

export const HISTORY_CHECKS: readonly Check[] = [lost, duplicated, reordered, clash, phantom, corrupt, failedWrite]
