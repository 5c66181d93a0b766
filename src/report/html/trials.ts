// Which trial stands for its cell, which cells get charts of their own, and how those charts are laid out.
import type { Analysis, CellAnalysis, TrialAnalysis } from '../../analysis/analysis.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { Judgement } from '../../verify/judgement.ts'
import type { CellChart, Drawing, TrialChart } from '../charts/chart.ts'
import { numberedEvents } from '../charts/timeline.ts'
import { showSeconds } from '../format.ts'
import { shorten } from '../text.ts'
import { drawing } from './drawing.ts'
import { type Content, html, type Markup } from './element.ts'
import { pill, section, table } from './parts.ts'

const RANK: Readonly<Record<Verdict, number>> = { fail: 0, inconclusive: 1, pass: 2 }
const MOST_EVENTS = 60

/** Cells with charts of their own: all where they are few, else those that failed or are in doubt first. */
export function detailedCells(
  cells: readonly CellAnalysis[],
  verdicts: ReadonlyMap<number, Verdict>,
  most: number,
): CellAnalysis[] {
  const rank = (cell: CellAnalysis): number => RANK[verdicts.get(cell.index) ?? 'pass']
  const chosen = [...cells]
    .filter(cell => cell.trials.length > 0)
    .sort((a, b) => rank(a) - rank(b) || a.index - b.index)
    .slice(0, most)
  return chosen.sort((a, b) => a.index - b.index)
}

export type Representative = { trial: TrialAnalysis; why: string }

/** The trial a verdict points at, else the median repetition by p99. */
export function representativeOf(cell: CellAnalysis, judgement: Judgement): Representative | undefined {
  const [first] = cell.trials
  if (!first) return undefined
  if (cell.trials.length === 1) return { trial: first, why: '' }
  const outcomes = [...judgement.checks, ...judgement.rules]
    .flatMap(one => one.cells)
    .filter(outcome => outcome.cellIndex === cell.index && outcome.verdict !== 'pass')
  const blamed =
    cell.trials.find(trial => outcomes.some(outcome => outcome.trial === trial.number)) ??
    cell.trials.find(trial => trial.validity.state !== 'VALID')
  const of = (trial: TrialAnalysis): string =>
    `Repetition ${trial.repetition} of ${cell.trials.length} (trial ${trial.number})`
  if (blamed) return { trial: blamed, why: `${of(blamed)}, which a rule, a check or the validity points at.` }
  const p99 = (trial: TrialAnalysis): number =>
    (trial.measures.latencies.ack ?? trial.measures.latencies.e2e)?.quantiles['p99'] ?? 0
  const ranked = [...cell.trials].sort((a, b) => p99(a) - p99(b))
  const median = ranked[Math.floor((ranked.length - 1) / 2)] ?? first
  return { trial: median, why: `${of(median)}, the median by p99.` }
}

function eventTable(trial: TrialAnalysis): Content {
  const events = numberedEvents(trial)
  if (events.length === 0) return undefined
  const detail = (event: (typeof events)[number]): string =>
    Object.entries(event.detail ?? {})
      .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
      .join(', ')
  const rows = events
    .slice(0, MOST_EVENTS)
    .map((event): Content[] => [
      event.number,
      showSeconds(event.tSeconds),
      event.name,
      event.where ?? '',
      shorten(detail(event), 200),
    ])
  const more =
    events.length > MOST_EVENTS
      ? html`<p class="soft small">${events.length - MOST_EVENTS} more events are left out here; they stand in the recording.</p>`
      : undefined
  return html`<h3>Events</h3>${table([{ label: 'no.', numeric: true, narrow: true }, { label: 'at', numeric: true, narrow: true }, { label: 'event' }, { label: 'where' }, { label: 'detail' }], rows)}${more}`
}

type Part = { cell: CellAnalysis; content: Content }

/** One cell's part stands open by itself; several are folded, each under its name. */
function fold(parts: readonly Part[], verdicts: ReadonlyMap<number, Verdict>, anchored: boolean): Content {
  const [only] = parts
  if (!only) return html`<div class="card soft">No trial was recorded.</div>`
  if (parts.length === 1)
    return html`<div class="card"${anchored ? html` id="cell-${only.cell.index}"` : undefined}>${only.content}</div>`
  return html`<div class="card">${parts.map(({ cell, content }) => html`<details class="cell"${anchored ? html` id="cell-${cell.index}"` : undefined}><summary>${cell.label} <span class="soft">${pill(verdicts.get(cell.index) ?? 'inconclusive')}</span></summary>${content}</details>`)}</div>`
}

export type Detail = {
  analysis: Analysis
  judgement: Judgement
  cells: readonly CellAnalysis[]
  verdicts: ReadonlyMap<number, Verdict>
}

function leftOut({ analysis, cells }: Detail): Content {
  const missing = analysis.cells.filter(cell => cell.trials.length > 0).length - cells.length
  return missing > 0
    ? html`<p class="soft small">Charts of ${missing} more cells are left out to keep this file small; cells that failed or are in doubt come first. Every number stands in the table of all cells.</p>`
    : undefined
}

/** A section with one chart per cell. */
export async function cellChartSection(chart: CellChart, detail: Detail): Promise<Markup> {
  const parts: Part[] = []
  for (const cell of detail.cells) parts.push({ cell, content: await drawing(chart.draw(cell)) })
  return section(chart.id, chart.title, chart.describe, html`${fold(parts, detail.verdicts, false)}${leftOut(detail)}`)
}

/** A section with one chart per cell, drawn from the trial that stands for it. */
export async function trialChartSection(
  chart: TrialChart,
  detail: Detail,
  options: { events?: boolean } = {},
): Promise<Markup> {
  const parts: Part[] = []
  for (const cell of detail.cells) {
    const chosen = representativeOf(cell, detail.judgement)
    if (!chosen) continue
    const drawn: Drawing = chart.draw(chosen.trial)
    const why = chosen.why ? html`<p class="soft small">${chosen.why}</p>` : undefined
    parts.push({
      cell,
      content: html`${why}${await drawing(drawn)}${options.events ? eventTable(chosen.trial) : undefined}`,
    })
  }
  return section(
    chart.id,
    chart.title,
    chart.describe,
    html`${fold(parts, detail.verdicts, options.events ?? false)}${leftOut(detail)}`,
  )
}
