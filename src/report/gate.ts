// A gate in words: the decision, one row per metric and cell with its interval, and what was left out or is not known.
import type { GateMetric, GateResult } from '../analysis/gate.ts'
import { change, percent, STYLE, valueText } from './ab.ts'
import { NONE } from './format.ts'
import { markdownTable, markdownText } from './markdown.ts'
import { painter, safe, type TerminalOptions, textTable, wrap } from './paint.ts'

const HEADS = ['cell', 'metric', 'baseline', 'recording', 'worse by [90%]', 'margin', 'decision', '']

/** What a metric moved by, and what would decide it. */
export function gateRemark({ reason, visibleShare, trialsNeeded, estimate }: GateMetric): string {
  if (reason) return reason
  const seen = visibleShare === undefined ? '' : `sees ${percent(visibleShare)} and more`
  if (trialsNeeded === undefined || !estimate) return seen
  const more = Math.max(0, trialsNeeded - estimate.nCandidate)
  return `needs about ${trialsNeeded} trials of each side, ${more} more of the recording; ${seen}`
}

/** How much worse (+) or better (−) the recording is. */
export function gateInterval({ estimate }: GateMetric): string {
  return estimate ? `${change(estimate.ratio)} [${change(estimate.lo)} … ${change(estimate.hi)}]` : NONE
}

function rowsOf(result: GateResult): string[][] {
  return result.metrics.map(row => [
    row.cell,
    `${row.name}${row.gating ? '' : ' (not gating)'}`,
    valueText(row.name, row.basePer),
    valueText(row.name, row.candidatePer),
    gateInterval(row),
    percent(row.marginShare),
    row.decision,
    gateRemark(row),
  ])
}

function remarks(
  { base, candidate, errors, leftOut, cutSeconds, notes }: GateResult,
  causes: readonly string[],
): string[] {
  const names = (runs: GateResult['base']): string => runs.map(run => run.runId).join(', ')
  return [
    ...causes,
    ...errors,
    `baseline of ${names(base)}; recording ${names(candidate)}${cutSeconds > 0 ? `; ${cutSeconds} s are cut from the beginning of every trial` : ''}`,
    ...leftOut.map(text => `left out: ${text}`),
    ...notes,
  ]
}

export function renderGateTerminal(
  result: GateResult,
  causes: readonly string[],
  { colour, width }: TerminalOptions,
): string {
  const paint = painter(colour)
  const table = textTable(
    HEADS.map((head, index) => ({ head, numeric: [2, 3, 5].includes(index) })),
    rowsOf(result).map(row => row.map(safe)),
    paint,
  )
  return [
    paint(STYLE[result.decision], ` ${result.decision}`),
    '',
    table,
    '',
    ...remarks(result, causes).map(text => ` ${wrap(safe(text), width, '   ')}`),
  ].join('\n')
}

export function renderGateMarkdown(result: GateResult, causes: readonly string[]): string {
  return [
    `## ${result.decision}`,
    '',
    ...markdownTable(
      HEADS.map(label => ({ label })),
      rowsOf(result).map(row => row.map(markdownText)),
    ),
    '',
    ...remarks(result, causes).map(text => `- ${markdownText(text)}`),
    '',
    'More is worse in every row: +5% of throughput means 5% fewer records per second. Trials of two runs are no pairs: intervals are Welch’s t, 90%.',
    '',
  ].join('\n')
}
