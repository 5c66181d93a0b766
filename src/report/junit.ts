// JUnit for CI: the suite is the scenario, a test case is one rule or check in one cell, skipped means inconclusive.
import type { Analysis } from '../analysis/analysis.ts'
import type { Verdict } from '../core/verdict.ts'
import type { CellOutcome, Judgement } from '../verify/judgement.ts'
import { otherCauses, toolText, verdictSentence } from './summary.ts'
import { cleanLine, escapeMarkup } from './text.ts'

/** XML cannot hold control characters, not even escaped; they are gone or made visible before. */
export const text = (value: string | number): string =>
  escapeMarkup(cleanLine(String(value)).replace(/[\ufffe\uffff]/g, '\ufffd'))

export type Case = {
  className: string
  name: string
  verdict: Verdict | 'warn' | 'error'
  message: string
  line?: number
}

function body(one: Case): string {
  switch (one.verdict) {
    case 'pass':
      return `<system-out>${text(one.message)}</system-out>`
    case 'warn':
      return `<system-out>${text(`warning: ${one.message}`)}</system-out>`
    case 'fail':
      return `<failure type="failed" message="${text(one.message)}"/>`
    case 'error':
      return `<error type="run" message="${text(one.message)}"/>`
    case 'inconclusive':
      return `<skipped message="${text(`inconclusive: ${one.message}`)}"/>`
  }
}

export function caseLine(one: Case): string {
  const line = one.line === undefined ? '' : ` line="${one.line}"`
  return `    <testcase classname="${text(one.className)}" name="${text(one.name)}"${line}>${body(one)}</testcase>`
}

const messageOf = (cell: CellOutcome): string => `${cell.observed}${cell.reason ? ` (${cell.reason})` : ''}`

function casesOf(analysis: Analysis, judgement: Judgement): Case[] {
  const className = (label: string): string => `${analysis.scenario.name}.${label}`
  const nowhere = { className: analysis.scenario.name, message: 'applies to no cell' }
  const rules = judgement.rules.flatMap((rule): Case[] => {
    const line = rule.line === undefined ? {} : { line: rule.line }
    const verdict = (seen: Verdict): Case['verdict'] => (rule.severity === 'warn' && seen !== 'pass' ? 'warn' : seen)
    if (rule.cells.length === 0) return [{ ...nowhere, name: rule.text, verdict: verdict(rule.verdict), ...line }]
    return rule.cells.map(cell => ({
      className: className(cell.label),
      name: rule.text,
      verdict: verdict(cell.verdict),
      message: messageOf(cell),
      ...line,
    }))
  })
  const checks = judgement.checks.flatMap(check =>
    check.cells.map(
      (cell): Case => ({
        className: className(cell.label),
        name: check.name,
        verdict: cell.verdict,
        message: messageOf(cell),
      }),
    ),
  )
  const others = otherCauses(judgement).map(
    (cause): Case => ({
      className: className('run'),
      name: `exit code ${cause.exitCode}`,
      verdict: cause.exitCode === 3 ? 'inconclusive' : cause.exitCode === 1 ? 'fail' : 'error',
      message: cause.text,
    }),
  )
  return [...rules, ...checks, ...others]
}

function properties(analysis: Analysis): string[] {
  const rows: Record<string, string | number> = {
    run: analysis.runId,
    tool: toolText(analysis.tool),
    seed: analysis.seed,
    repeat: analysis.repeat,
    'cluster.provider': analysis.cluster.provider,
    'cluster.kafka': analysis.cluster.kafkaVersion,
    'cluster.nodes': analysis.cluster.nodes,
    'cluster.path': analysis.cluster.path,
    ...Object.fromEntries(Object.entries(analysis.environment).map(([name, value]) => [`environment.${name}`, value])),
  }
  return Object.entries(rows).map(([name, value]) => `      <property name="${text(name)}" value="${text(value)}"/>`)
}

/** Renders the judgement as JUnit XML. */
export function renderJunit(analysis: Analysis, judgement: Judgement): string {
  const cases = casesOf(analysis, judgement)
  const count = (verdict: Case['verdict']): number => cases.filter(one => one.verdict === verdict).length
  const seconds = analysis.cells
    .flatMap(cell => cell.trials)
    .reduce((sum, trial) => sum + Math.max(0, ...trial.phases.map(phase => phase.t1Seconds)), 0)
  const totals = `tests="${cases.length}" failures="${count('fail')}" errors="${count('error')}" skipped="${count('inconclusive')}" time="${seconds.toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kafka-gauntlet" ${totals}>`,
    `  <testsuite name="${text(analysis.scenario.name)}" ${totals} timestamp="${text(analysis.startedAt)}">`,
    '    <properties>',
    ...properties(analysis),
    '    </properties>',
    ...cases.map(caseLine),
    `    <system-out>${text(verdictSentence(analysis, judgement))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}
