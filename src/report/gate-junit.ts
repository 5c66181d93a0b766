// JUnit of a gate: a test case is one metric of one cell, skipped means inconclusive; what failed before any statistics stands first.
import type { GateMetric, GateResult } from '../analysis/gate.ts'
import { gateInterval, gateRemark } from './gate.ts'
import { type Case, caseLine, text } from './junit.ts'

const VERDICTS = {
  REGRESSION: 'fail',
  INCONCLUSIVE: 'inconclusive',
  WARN: 'warn',
  EQUIVALENT: 'pass',
  IMPROVED: 'pass',
} as const

type Cause = { exitCode: number; text: string }

function verdictOf(exitCode: number): Case['verdict'] {
  if (exitCode === 3) return 'inconclusive'
  return exitCode === 1 ? 'fail' : 'error'
}

function metricCase(scenario: string, metric: GateMetric): Case {
  const verdict = VERDICTS[metric.decision]
  return {
    className: `${scenario}.${metric.cell}`,
    name: `${metric.name} against the baseline`,
    // A metric that only stands beside fails nothing.
    verdict: metric.gating || verdict === 'pass' ? verdict : 'warn',
    message: `${metric.decision}: ${gateInterval(metric)}, ${gateRemark(metric)}`,
  }
}

/** Renders what a gate decided as JUnit XML. */
export function renderGateJunit(scenario: string, result: GateResult, causes: readonly Cause[]): string {
  const cases: Case[] = [
    ...causes.map((cause, index) => ({
      className: `${scenario}.run`,
      name: `cause ${index + 1}, exit code ${cause.exitCode}`,
      verdict: verdictOf(cause.exitCode),
      message: cause.text,
    })),
    ...result.errors.map((message, index) => ({
      className: `${scenario}.run`,
      name: `errors against the baseline ${index + 1}`,
      verdict: 'fail' as const,
      message,
    })),
    ...result.metrics.map(metric => metricCase(scenario, metric)),
  ]
  const count = (verdict: Case['verdict']): number => cases.filter(one => one.verdict === verdict).length
  const totals = `tests="${cases.length}" failures="${count('fail')}" errors="${count('error')}" skipped="${count('inconclusive')}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kafka-gauntlet" ${totals}>`,
    `  <testsuite name="${text(`gate ${scenario}`)}" ${totals}>`,
    ...cases.map(caseLine),
    `    <system-out>${text([result.decision, ...result.notes].join('\n'))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}
