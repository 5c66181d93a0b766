// One line per cell for spreadsheets and notebooks: RFC 4180, raw numbers with the unit in the column's name.
import type { Analysis, CellAnalysis } from '../analysis/analysis.ts'
import { HEADLINE_METRICS } from '../stats/comparison.ts'
import type { Judgement } from '../verify/judgement.ts'
import { axesOf, valueOn } from './charts/grid.ts'
import { COLUMNS, verdictsOf } from './columns.ts'
import { cleanLine } from './text.ts'

/** What a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvText(text: string): string {
  const clean = cleanLine(text)
  const inert = /^[\s'"]*[=+\-@|%]/.test(clean) ? `'${clean}` : clean
  return /[",\r\n]/.test(inert) || inert !== inert.trim() ? `"${inert.replace(/"/g, '""')}"` : inert
}

const csvNumber = (value: number | undefined): string =>
  value !== undefined && Number.isFinite(value) ? String(value) : ''

const sum = (cell: CellAnalysis, read: (trial: CellAnalysis['trials'][number]) => number): number =>
  cell.trials.reduce((total, trial) => total + read(trial), 0)

const ACCOUNTS: readonly [string, (trial: CellAnalysis['trials'][number]) => number][] = [
  ['acked', trial => trial.accounting.acked],
  ['unknown', trial => trial.accounting.unknown],
  ['sent.no.ack', trial => trial.accounting.sentNoAck],
  ['failed', trial => trial.accounting.failed],
  ['stored', trial => trial.accounting.stored],
  ['consumed', trial => trial.accounting.groups.reduce((total, group) => total + group.consumed, 0)],
]

function rowOf(analysis: Analysis, cell: CellAnalysis, axes: readonly string[], verdict: string): string[] {
  return [
    csvText(analysis.runId),
    csvText(analysis.scenario.name),
    csvNumber(cell.index),
    csvText(cell.label),
    ...axes.map(axis => csvText(Object.hasOwn(cell.values, axis) ? valueOn(cell, axis) : '')),
    verdict,
    cell.validity.state,
    csvText(cell.validity.reasons.join('; ')),
    csvNumber(cell.trials.filter(trial => trial.state === 'complete').length),
    ...COLUMNS.map(column => csvNumber(column.raw(cell))),
    ...HEADLINE_METRICS.flatMap(metric => [
      csvNumber(cell.spread[metric.name]?.min),
      csvNumber(cell.spread[metric.name]?.max),
    ]),
    ...ACCOUNTS.map(([, read]) => csvNumber(sum(cell, read))),
  ]
}

/** Renders one line per cell; latencies are response times in µs, counts are over whole trials. */
export function renderCsv(analysis: Analysis, judgement: Judgement): string {
  const axes = axesOf(analysis).map(axis => axis.name)
  const verdicts = verdictsOf(analysis.cells, judgement)
  const head = [
    'run',
    'scenario',
    'cell',
    'label',
    ...axes.map(csvText),
    'verdict',
    'validity',
    'reasons',
    'repetitions',
    ...COLUMNS.map(column => column.key),
    ...HEADLINE_METRICS.flatMap(metric => [`${metric.name}.min`, `${metric.name}.max`]),
    ...ACCOUNTS.map(([name]) => name),
  ]
  const rows = analysis.cells.map(cell => rowOf(analysis, cell, axes, verdicts.get(cell.index) ?? 'inconclusive'))
  return [head, ...rows].map(row => `${row.join(',')}\r\n`).join('')
}
