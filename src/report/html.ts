// Analysis and judgement → one offline HTML file with static pictures, readable without a script.
import type { Analysis } from '../analysis/analysis.ts'
import type { Judgement } from '../verify/judgement.ts'
import type { Chart, RunChart } from './charts/chart.ts'
import { CHARTS } from './charts/index.ts'
import { VERDICT_WORD, verdictsOf } from './columns.ts'
import { appendixSection } from './html/appendix.ts'
import { accountingSection, cellsSection } from './html/cells.ts'
import { drawing } from './html/drawing.ts'
import { html, type Markup } from './html/element.ts'
import { evidenceSection } from './html/evidence.ts'
import { page } from './html/page.ts'
import { section } from './html/parts.ts'
import { recommendationSection } from './html/recommendation.ts'
import { cellChartSection, type Detail, detailedCells, trialChartSection } from './html/trials.ts'
import { headOf } from './html/verdict.ts'
import { toolText } from './summary.ts'

export type HtmlOptions = {
  /** Cells that get charts of their own; the others stand in the tables. */
  detailCells?: number
  /** The command that runs this again, where more is known than the analysis tells. */
  rerun?: string
}

const DETAIL_CELLS = 12

async function runChartSection(chart: RunChart, detail: Detail): Promise<Markup | undefined> {
  const drawn = chart.draw(detail.analysis, { verdicts: detail.verdicts })
  if (drawn.panels.length === 0) return undefined
  return section(chart.id, chart.title, chart.describe, html`<div class="card">${await drawing(drawn)}</div>`)
}

async function chartSection(chart: Chart, detail: Detail): Promise<Markup | undefined> {
  switch (chart.scope) {
    case 'run':
      return runChartSection(chart, detail)
    case 'cell':
      return cellChartSection(chart, detail)
    case 'trial':
      return trialChartSection(chart, detail, { events: chart.id === 'time' })
  }
}

/** Tables stand after the charts over time and before those of brokers and generator. */
const TABLES_AFTER = 'time'

/** Renders a report as one HTML file. */
export async function renderHtml(analysis: Analysis, judgement: Judgement, options: HtmlOptions = {}): Promise<string> {
  const verdicts = verdictsOf(analysis.cells, judgement)
  const cells = detailedCells(analysis.cells, verdicts, options.detailCells ?? DETAIL_CELLS)
  const detail: Detail = { analysis, judgement, cells, verdicts }
  const sections: { id: string; title: string; markup: Markup }[] = []
  const advice = recommendationSection(analysis, verdicts)
  if (advice) sections.push({ id: 'recommendation', title: 'Recommendation', markup: advice })
  for (const chart of CHARTS) {
    const markup = await chartSection(chart, detail)
    if (markup) sections.push({ id: chart.id, title: chart.title, markup })
    if (chart.id !== TABLES_AFTER) continue
    sections.push({
      id: 'cells',
      title: 'All cells',
      markup: cellsSection(analysis, judgement, new Set(cells.map(cell => cell.index))),
    })
    sections.push({ id: 'accounting', title: 'Accounting', markup: accountingSection(analysis) })
    const evidence = evidenceSection(analysis)
    if (evidence) sections.push({ id: 'evidence', title: 'Read back', markup: evidence })
  }
  sections.push({ id: 'appendix', title: 'Appendix', markup: appendixSection(analysis, options.rerun) })
  const navigation = html`<nav aria-label="Sections">${sections.map(one => html`<a href="#${one.id}">${one.title}</a>`)}</nav>`
  const body = html`${headOf(analysis, judgement, navigation)}${sections.map(one => one.markup)}<footer>Made by ${toolText(analysis.tool)} from the recording of run ${analysis.runId}. This file loads nothing and runs no script.</footer>`
  return page(`${VERDICT_WORD[judgement.verdict]} · ${analysis.scenario.name} · ${analysis.runId}`, body)
}
