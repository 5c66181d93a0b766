// A comparison of two runs as one offline page, in the dress of the report.
import type { CellComparison, Comparison, Difference, MetricComparison, RunHead } from '../../stats/comparison.ts'
import { drawChanges } from '../charts/changes.ts'
import { showChange, showTime } from '../format.ts'
import { drawing } from '../html/drawing.ts'
import { type Content, html, type Markup } from '../html/element.ts'
import { page } from '../html/page.ts'
import { notes, section, table } from '../html/parts.ts'
import { toolText } from '../summary.ts'
import { plural } from '../text.ts'
import { alikeSentence, direction, presentMetrics, rangeWord, sideText } from './words.ts'

const CLASS = { better: 'good', worse: 'bad', open: 'note' } as const
const ARROW = { better: '▲ better', worse: '▼ worse', open: '' } as const
const OPEN_CELLS = 8

function metricRow(metric: MetricComparison): Content[] {
  const towards = direction(metric)
  return [
    metric.label,
    sideText(metric.a, metric),
    sideText(metric.b, metric),
    html`<strong class="${CLASS[towards]}">${showChange(metric.ratio)}</strong>`,
    html`<span class="${CLASS[towards]}">${towards === 'open' ? rangeWord(metric) : `${rangeWord(metric)} ${ARROW[towards]}`}</span>`,
  ]
}

function cellTable(cell: CellComparison): Markup {
  const columns = [
    { label: 'metric' },
    { label: 'A', numeric: true },
    { label: 'B', numeric: true },
    { label: 'B ÷ A', numeric: true },
    { label: 'ranges of repetitions' },
  ]
  return html`${table(columns, presentMetrics(cell).map(metricRow))}${notes(cell.doubtful)}`
}

function cells(comparison: Comparison): Markup {
  if (comparison.cells.length === 0) return html`<div class="card">No cell is in both runs.</div>`
  if (comparison.cells.length === 1) return html`<div class="card">${comparison.cells.map(cellTable)}</div>`
  const open = comparison.cells.length <= OPEN_CELLS ? html` open` : undefined
  return html`<div class="card">${comparison.cells.map(cell => html`<details class="cell"${open}><summary>${cell.label}</summary>${cellTable(cell)}</details>`)}</div>`
}

function sweep(comparison: Comparison): Content {
  if (comparison.cells.length < 2) return undefined
  const names =
    comparison.cells[0]?.metrics.filter(metric =>
      comparison.cells.some(cell =>
        cell.metrics.some(other => other.name === metric.name && other.ratio !== undefined),
      ),
    ) ?? []
  const columns = [{ label: 'cell' }, ...names.map(metric => ({ label: metric.label, numeric: true }))]
  const change = (metric: MetricComparison | undefined): Content =>
    metric
      ? html`<span class="${CLASS[direction(metric)]}">${showChange(metric.ratio)}${direction(metric) === 'open' ? '' : ` ${ARROW[direction(metric)][0]}`}</span>`
      : undefined
  const rows = comparison.cells.map((cell): Content[] => [
    cell.label,
    ...names.map(name => change(cell.metrics.find(metric => metric.name === name.name))),
  ])
  const lead = 'B ÷ A of every metric in every cell. ▲ and ▼ stand only where the ranges of repetitions are apart.'
  return section('overview', 'Overview', lead, html`<div class="card">${table(columns, rows)}</div>`)
}

function differences(title: string, rows: readonly Difference[]): Content {
  if (rows.length === 0) return html`<h3>${title}</h3><p class="soft small">No difference.</p>`
  return html`<h3>${title}</h3>${table(
    [{ label: '' }, { label: 'A' }, { label: 'B' }],
    rows.map(row => [row.what, html`<code>${row.a}</code>`, html`<code>${row.b}</code>`]),
  )}`
}

function side(name: string, run: RunHead): Markup {
  const stamps = run.stamps.map(stamp => `stamp: ${stamp}`)
  return html`<div class="tile"><div class="label">${name}</div><div class="value">${run.scenario}</div><div class="detail">run ${run.runId}</div><div class="detail">${showTime(run.startedAt)}, ${plural(run.repeat, 'repetition')}, ${run.state}, ${toolText(run.tool)}</div>${notes(stamps)}</div>`
}

/** Renders a comparison as one HTML file. */
export async function renderComparisonHtml(comparison: Comparison): Promise<string> {
  const drawn = drawChanges(comparison)
  const changes =
    drawn.panels.length > 0
      ? section(
          'changes',
          'Changes',
          'How far B moved from A in every cell.',
          html`<div class="card">${await drawing(drawn)}</div>`,
        )
      : undefined
  const state = comparison.alike ? 'pass' : 'inconclusive'
  const banner = html`<div class="verdict is-${state}"><span class="mark" aria-hidden="true">${comparison.alike ? '=' : '!'}</span><div><div class="word">${comparison.alike ? 'ALIKE MACHINES' : 'UNLIKE MACHINES'}</div><p>${alikeSentence(comparison)}</p></div></div>`
  const missing = [
    ...comparison.onlyA.map(label => `only in A: ${label}`),
    ...comparison.onlyB.map(label => `only in B: ${label}`),
  ]
  const body = html`<header><div class="eyebrow">kafka-gauntlet comparison</div><h1>B against A</h1><p class="lead">${plural(comparison.cells.length, 'cell')} in both runs. Ratios are B ÷ A of the pooled repetitions; ranges are the smallest and the largest repetition.</p></header>
${banner}<div class="tiles">${side('A', comparison.a)}${side('B', comparison.b)}</div>${notes([...comparison.notes, ...missing])}
${changes}${sweep(comparison)}${section('cells', 'Cells', 'Both sides with their ranges.', cells(comparison))}
${section('differences', 'Differences', 'What was not the same besides what was measured.', html`<div class="card">${differences('Environment', comparison.environment)}${differences('Cluster', comparison.cluster)}${differences('Settings of clients and topics', comparison.settings)}</div>`)}
<footer>Made by ${toolText(comparison.b.tool)}. This file loads nothing and runs no script.</footer>`
  return page(`B against A · ${comparison.a.scenario} · ${comparison.a.runId} · ${comparison.b.runId}`, body)
}
