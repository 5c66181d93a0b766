// A comparison of two arms in words: the decision, one row per metric with its interval, and what the numbers cannot tell.
import type { AbResult } from '../analysis/ab.ts'
import { NONE, showCpuSeconds, showPerSecond, showUs } from './format.ts'
import { markdownTable, markdownText } from './markdown.ts'
import { painter, safe, type TerminalOptions, textTable, wrap } from './paint.ts'

type Row = AbResult['metrics'][number]

export const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`
export const change = (ratio: number): string => `${ratio >= 1 ? '+' : '−'}${percent(Math.abs(ratio - 1))}`

export function valueText(name: string, value: number): string {
  if (name.startsWith('ack.') || name.startsWith('e2e.')) return showUs(value)
  return name === 'throughput' ? showPerSecond(value) : showCpuSeconds(value)
}

/** How much worse (+) or better (−) the candidate is; for throughput less is worse. */
function intervalText({ estimate }: Row): string {
  return estimate ? `${change(estimate.ratio)} [${change(estimate.lo)} … ${change(estimate.hi)}]` : NONE
}

function remarkOf(row: Row): string {
  if (row.reason) return row.reason
  const seen = row.visibleShare === undefined ? '' : `sees ${percent(row.visibleShare)} and more`
  return row.pairsNeeded === undefined ? seen : `needs about ${row.pairsNeeded} pairs in all; ${seen}`
}

const HEADS = ['metric', 'base', 'candidate', 'worse by [90%]', 'margin', 'decision', 'sign-flip p', '']

function rowsOf(result: AbResult): string[][] {
  return result.metrics.map(row => [
    `${row.name}${row.gating ? '' : ' (not gating)'}`,
    valueText(row.name, row.basePer),
    valueText(row.name, row.candidatePer),
    intervalText(row),
    percent(row.marginShare),
    row.decision,
    row.signFlipP === undefined ? NONE : row.signFlipP.toPrecision(2),
    remarkOf(row),
  ])
}

function remarks(result: AbResult): string[] {
  const { planned, used, dropped } = result.pairs
  const slots = Object.entries(result.slotRatio).map(([name, ratio]) => `${name} ${change(ratio)}`)
  return [
    `${used} of ${planned} pairs count${result.cutSeconds > 0 ? `; ${result.cutSeconds} s are cut from the beginning of every trial` : ''}`,
    ...dropped.map(({ pair, why }) => `pair ${pair} is left out: ${why}`),
    ...(slots.length > 0 ? [`second trial of a pair against its first: ${slots.join(', ')}`] : []),
    ...result.notes,
  ]
}

export const STYLE = {
  REGRESSION: 'red',
  IMPROVED: 'green',
  EQUIVALENT: 'green',
  WARN: 'yellow',
  INCONCLUSIVE: 'yellow',
} as const

export function renderAbTerminal(result: AbResult, { colour, width }: TerminalOptions): string {
  const paint = painter(colour)
  const table = textTable(
    HEADS.map((head, index) => ({ head, numeric: [1, 2, 4, 6].includes(index) })),
    rowsOf(result).map(row => row.map(safe)),
    paint,
  )
  return [
    paint(STYLE[result.decision], ` ${result.decision}`),
    '',
    table,
    '',
    ...remarks(result).map(text => ` ${wrap(safe(text), width, '   ')}`),
  ].join('\n')
}

export function renderAbMarkdown(result: AbResult): string {
  return [
    `## ${result.decision}`,
    '',
    ...markdownTable(
      HEADS.map(label => ({ label })),
      rowsOf(result).map(row => row.map(markdownText)),
    ),
    '',
    ...remarks(result).map(text => `- ${markdownText(text)}`),
    '',
    'More is worse in every row: +5% of throughput means 5% fewer records per second. Intervals are Student’s t over pairs, 90%.',
    '',
  ].join('\n')
}
