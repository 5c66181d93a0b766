// A comparison of two runs in the terminal: full tables for a few cells, one row per cell for many.
import type { CellComparison, Comparison, Difference, MetricComparison } from '../../stats/comparison.ts'
import { NONE, showChange } from '../format.ts'
import { type Paint, painter, safe, type TerminalOptions, textTable, wrap } from '../paint.ts'
import { plural, shorten } from '../text.ts'
import { alikeSentence, DIFFERENCES_SHOWN, direction, presentMetrics, rangeWord, sideText } from './words.ts'

/** Cells with a table of their own; more are summed up in one row each. */
const CELLS_IN_FULL = 6
const LABEL_GLYPHS = 36
/** What one row per cell has room for. */
const ROW_METRICS = ['throughput', 'ack.p99', 'e2e.p99', 'cpu.seconds.per.million']

/** The word for a change: a percentage, marked where the ranges do not settle it. */
function changeText(metric: MetricComparison): string {
  if (metric.ratio === undefined) return NONE
  return `${showChange(metric.ratio)}${metric.overlap === false ? '' : ' ~'}`
}

const STYLE = { better: 'green', worse: 'red', open: 'dim' } as const

function fullTable(cell: CellComparison, paint: Paint): string {
  const heads = ['', 'A', 'B', 'B ÷ A', ''].map((head, index) => ({ head, numeric: index > 0 && index < 4 }))
  const rows = presentMetrics(cell).map(metric => [
    metric.label,
    sideText(metric.a, metric),
    sideText(metric.b, metric),
    paint(STYLE[direction(metric)], showChange(metric.ratio)),
    paint('dim', direction(metric) === 'open' ? rangeWord(metric) : `${rangeWord(metric)}: ${direction(metric)}`),
  ])
  return textTable(heads, rows, paint)
}

function rowTable(comparison: Comparison, paint: Paint): string {
  const labels = ROW_METRICS.flatMap(
    name => comparison.cells[0]?.metrics.find(metric => metric.name === name)?.label ?? [],
  )
  const heads = ['cell', ...labels.map(label => label.replace(' (response)', '').replace('producer ', ''))].map(
    (head, index) => ({ head, numeric: index > 0 }),
  )
  const rows = comparison.cells.map(cell => [
    shorten(safe(cell.label), LABEL_GLYPHS),
    ...ROW_METRICS.flatMap(name => cell.metrics.filter(metric => metric.name === name)).map(metric =>
      paint(STYLE[direction(metric)], changeText(metric)),
    ),
  ])
  return textTable(heads, rows, paint)
}

function differenceLines(title: string, rows: readonly Difference[], paint: Paint, width: number): string[] {
  if (rows.length === 0) return []
  const more = rows.length > DIFFERENCES_SHOWN ? [`   and ${rows.length - DIFFERENCES_SHOWN} more`] : []
  const show = (row: Difference): string =>
    `   ${wrap(safe(`${row.what}: ${shorten(row.a, 80)} → ${shorten(row.b, 80)}`), width, '     ')}`
  return [` ${paint('bold', title)}`, ...rows.slice(0, DIFFERENCES_SHOWN).map(show), ...more]
}

function doubtLines(comparison: Comparison, paint: Paint, width: number): string[] {
  const doubts = comparison.cells.flatMap(cell => cell.doubtful.map(text => `${cell.label}: ${text}`))
  const missing = [
    ...(comparison.onlyA.length > 0 ? [`only in A: ${comparison.onlyA.join('; ')}`] : []),
    ...(comparison.onlyB.length > 0 ? [`only in B: ${comparison.onlyB.join('; ')}`] : []),
  ]
  const stamps = [
    ...comparison.a.stamps.map(stamp => `A is stamped: ${stamp}`),
    ...comparison.b.stamps.map(stamp => `B is stamped: ${stamp}`),
  ]
  const warned = [...stamps, ...doubts, ...missing].map(
    text => ` ${paint('yellow', '!')}  ${wrap(safe(text), width, '    ')}`,
  )
  const notes = comparison.notes.map(text => ` ${paint('dim', 'i')}  ${wrap(safe(text), width, '    ')}`)
  return [...warned, ...notes]
}

/** Renders a comparison for the terminal. */
export function renderComparisonTerminal(comparison: Comparison, options: TerminalOptions): string {
  const paint = painter(options.colour)
  const { a, b, cells } = comparison
  const alike = wrap(alikeSentence(comparison), options.width, ' ')
  const full = cells.length <= CELLS_IN_FULL
  const body = full
    ? cells.flatMap(cell => ['', ` ${paint('bold', safe(cell.label))}`, fullTable(cell, paint)])
    : [
        '',
        rowTable(comparison, paint),
        paint('dim', ' Change of B against A; ~ where the ranges overlap or there are too few repetitions.'),
      ]
  const lines = [
    paint('bold', `B against A, ${plural(cells.length, 'cell')} in both`),
    ` A  ${safe(`${a.scenario}   run ${a.runId}   ${plural(a.repeat, 'repetition')}`)}`,
    ` B  ${safe(`${b.scenario}   run ${b.runId}   ${plural(b.repeat, 'repetition')}`)}`,
    ` ${comparison.alike ? paint('green', alike) : paint('yellow', alike)}`,
    ...body,
    '',
    ...differenceLines('environment', comparison.environment, paint, options.width),
    ...differenceLines('cluster', comparison.cluster, paint, options.width),
    ...differenceLines('settings', comparison.settings, paint, options.width),
    ...doubtLines(comparison, paint, options.width),
  ]
  return lines.join('\n')
}
