// Analysis + rules → verdict and exit code: correctness first, then objectives, then doubt.

import type { Analysis } from '../analysis/analysis.ts'
import { EXIT } from '../core/errors.ts'
import { combineVerdicts, exitRank, strongestExit, type Verdict } from '../core/verdict.ts'
import { runChecks } from './checks.ts'
import type { Judgement } from './judgement.ts'
import { judgeRule, type StoredRule } from './rules.ts'

type Cause = Judgement['causes'][number]

const EXIT_OF: Record<Verdict, number> = { pass: EXIT.pass, fail: EXIT.fail, inconclusive: EXIT.inconclusive }

/** Judges an analysis; `extraCauses` are exit codes from the run itself (signals, worker failures, clean-up). */
export function judge(analysis: Analysis, rules: readonly StoredRule[], extraCauses: readonly Cause[] = []): Judgement {
  const checks = runChecks(analysis.cells)
  const outcomes = rules.map(rule => judgeRule(rule, analysis.cells))
  const causes: Cause[] = [...extraCauses]
  for (const check of checks)
    if (check.verdict !== 'pass')
      causes.push({ exitCode: EXIT_OF[check.verdict], text: `check "${check.name}": ${firstReason(check.cells)}` })
  for (const rule of outcomes)
    if (rule.verdict !== 'pass' && rule.severity === 'fail')
      causes.push({ exitCode: EXIT_OF[rule.verdict], text: `rule "${rule.text}": ${firstReason(rule.cells)}` })
  for (const cell of analysis.cells) {
    // Noise disturbs latencies and rates; rules about these have said so themselves, and counts stand.
    if (!['VALID', 'NOISY_HOST', 'UNSTEADY'].includes(cell.validity.state))
      causes.push({
        exitCode: EXIT.inconclusive,
        text: `cell ${cell.label}: ${cell.validity.state}, ${cell.validity.reasons[0] ?? ''}`,
      })
  }
  if (analysis.state === 'partial')
    causes.push({ exitCode: EXIT.inconclusive, text: 'the run is partial: not every planned trial was completed' })
  const verdicts = causes.map((cause): Verdict => (cause.exitCode === EXIT.fail ? 'fail' : 'inconclusive'))
  const exitCode = strongestExit([EXIT.pass, ...causes.map(cause => cause.exitCode)])
  return { verdict: combineVerdicts(verdicts, 'pass'), exitCode, causes: sortCauses(causes), rules: outcomes, checks }
}

function firstReason(cells: Judgement['checks'][number]['cells']): string {
  const bad = cells.find(cell => cell.verdict === 'fail') ?? cells.find(cell => cell.verdict === 'inconclusive')
  if (!bad) return 'no cell'
  const where = cells.length > 1 ? `${bad.label}: ` : ''
  return `${where}${bad.observed}${bad.reason ? ` (${bad.reason})` : ''}`
}

/** Strongest exit code first; equals stay in their order. */
function sortCauses(causes: readonly Cause[]): Cause[] {
  return causes.toSorted((a, b) => exitRank(a.exitCode) - exitRank(b.exitCode))
}
