// The verdict as data: every rule and check with what was seen, why, and in which cell.
import type { Verdict } from '../core/verdict.ts'

export type CellOutcome = {
  cellIndex: number
  label: string
  verdict: Verdict
  observed: string
  reason?: string
  trial?: number
}

/** One rule over all the cells it applies to. */
export type RuleOutcome = {
  text: string
  severity: 'fail' | 'warn'
  verdict: Verdict
  line?: number
  cells: CellOutcome[]
}

/** One correctness check over all trials; checks need no rule and always run. */
export type CheckOutcome = { name: string; describe: string; verdict: Verdict; cells: CellOutcome[] }

export type Judgement = {
  verdict: Verdict
  exitCode: number
  /** Every reason for a non-zero exit code, strongest first. */
  causes: { exitCode: number; text: string }[]
  rules: RuleOutcome[]
  checks: CheckOutcome[]
}
