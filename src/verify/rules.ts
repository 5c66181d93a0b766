// Judges one rule in every cell it applies to; a rule without data never passes, and doubt about the generator is inconclusive.

import type { CellAnalysis, TrialAnalysis } from '../analysis/analysis.ts'
import { findMetric } from '../core/metrics.ts'
import { combineVerdicts, type Verdict } from '../core/verdict.ts'
import type { Manifest } from '../recording/format.ts'
import type { CellOutcome, RuleOutcome } from './judgement.ts'
import { isCount, observe, showValue } from './observe.ts'

export type StoredRule = Manifest['rules'][number]

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
}

function applies(rule: StoredRule, cell: CellAnalysis): boolean {
  return Object.entries(rule.when).every(([axis, values]) =>
    values.some(value => String(value) === String(cell.values[axis])),
  )
}

/** Judges one rule over all cells. */
export function judgeRule(rule: StoredRule, cells: readonly CellAnalysis[]): RuleOutcome {
  const outcomes = cells.filter(cell => applies(rule, cell)).map(cell => judgeCell(rule, cell))
  const verdict = combineVerdicts(
    outcomes.map(outcome => outcome.verdict),
    'inconclusive',
  )
  return {
    text: rule.text,
    severity: rule.severity,
    verdict,
    ...(rule.line === undefined ? {} : { line: rule.line }),
    cells: outcomes,
  }
}

type TrialOutcome = { verdict: Verdict; observed: string; reason?: string; trial: number }

const RANK: Record<Verdict, number> = { fail: 2, inconclusive: 1, pass: 0 }

function judgeCell(rule: StoredRule, cell: CellAnalysis): CellOutcome {
  const base = { cellIndex: cell.index, label: cell.label }
  const outcomes = cell.trials.map(trial => judgeTrial(rule, trial))
  const worst = [...outcomes].sort((a, b) => RANK[b.verdict] - RANK[a.verdict])[0]
  if (!worst) return { ...base, verdict: 'inconclusive', observed: '–', reason: 'no trial of this cell ran' }
  return { ...base, ...worst, observed: [...new Set(outcomes.map(outcome => outcome.observed))].slice(0, 5).join(', ') }
}

function judgeTrial(rule: StoredRule, trial: TrialAnalysis): TrialOutcome {
  const unit = findMetric(rule.metric)?.metric.unit ?? 'number'
  const seen = observe(trial, rule.metric)
  const pair = rule.target.kind === 'metric' ? comparePairs(rule, trial) : undefined
  const wanted = rule.target.kind === 'number' ? rule.target.value : observe(trial, rule.target.name)
  if (seen === undefined || wanted === undefined)
    return { verdict: 'inconclusive', observed: '–', reason: 'no data', trial: trial.number }
  const holds = pair?.holds ?? COMPARE[rule.comparator]?.(seen, wanted) ?? false
  const observed =
    pair?.observed ??
    (rule.target.kind === 'metric'
      ? `${showValue(seen, unit)} against ${showValue(wanted, unit)}`
      : showValue(seen, unit))
  const doubt = doubtAbout(rule, trial, seen, holds)
  if (doubt) return { verdict: 'inconclusive', observed, reason: doubt, trial: trial.number }
  return { verdict: holds ? 'pass' : 'fail', observed, trial: trial.number }
}

/** `consumed == stored`, either way round, compares every group with what is stored in the topics that it reads. */
function comparePairs(rule: StoredRule, trial: TrialAnalysis): { holds: boolean; observed: string } | undefined {
  if (rule.target.kind !== 'metric') return undefined
  const sides = [rule.metric, rule.target.name]
  if (!sides.includes('consumed') || !sides.includes('stored')) return undefined
  const compare = COMPARE[rule.comparator]
  const isMirrored = rule.metric === 'stored'
  const groups = trial.accounting.groups
  return {
    holds: groups.every(({ consumed, expected }) =>
      isMirrored ? compare?.(expected, consumed) : compare?.(consumed, expected),
    ),
    observed: groups.map(group => `${group.group} ${group.consumed} of ${group.expected}`).join(', '),
  }
}

/** A kept schedule is a fact on a noisy machine too, but not where the generator is in doubt. */
const UNBELIEVABLE: readonly string[] = ['GENERATOR_LIMITED', 'INVALID']

function doubtAbout(rule: StoredRule, trial: TrialAnalysis, seen: number, holds: boolean): string | undefined {
  if (trial.state === 'partial') {
    return !holds && isSettled(rule, seen) ? undefined : (trial.reason ?? 'the trial is partial')
  }
  if (isCount(rule.metric)) return undefined
  if (rule.metric === 'achieved' && holds && !UNBELIEVABLE.includes(trial.validity.state)) return undefined
  if (trial.validity.state !== 'VALID') return `${trial.validity.state}: ${trial.validity.reasons[0] ?? ''}`
  return undefined
}

/** True for a count that has already passed its upper bound: counts only grow, so the rest of the trial cannot mend it. */
function isSettled(rule: StoredRule, seen: number): boolean {
  if (!isCount(rule.metric) || rule.target.kind !== 'number') return false
  const { value } = rule.target
  return rule.comparator === '<' ? seen >= value : ['<=', '=='].includes(rule.comparator) && seen > value
}
