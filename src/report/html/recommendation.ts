// The recommendation of a matrix in the page: the answer, what each step costs, the front, and settings to paste.
import type { Analysis } from '../../analysis/analysis.ts'
import { type Recommendation, recommend } from '../../analysis/recommend.ts'
import type { Verdict } from '../../core/verdict.ts'
import { pastesOf } from '../paste.ts'
import { answerOf, caveatsOf, showPrice, showScore, stepOf } from '../recommendation.ts'
import { block, type Content, html, type Markup } from './element.ts'
import { notes, pill, section, table } from './parts.ts'

/** Nothing where there is one cell only. */
export function recommendationSection(analysis: Analysis, verdicts: ReadonlyMap<number, Verdict>): Markup | undefined {
  const found = recommend(analysis, verdicts)
  if (!found) return undefined
  const count = analysis.cells.length
  return section(
    'recommendation',
    'Recommendation',
    'Of the cells that held every rule and check without doubt. It holds for this load on this machine.',
    html`<div class="card"><p><strong>${answerOf(found, count)}</strong></p>${notes(caveatsOf(found, count))}${steps(found)}${front(found)}</div>${pastes(analysis, found)}`,
  )
}

function steps({ neighbours, criteria }: Recommendation): Content {
  if (neighbours.length === 0) return undefined
  const heads = [
    { label: 'one step away' },
    { label: 'verdict' },
    ...criteria.map(({ label }) => ({ label, numeric: true })),
  ]
  const rows = neighbours.map((neighbour): Content[] => [
    stepOf(neighbour),
    pill(neighbour.verdict),
    ...criteria.map(criterion => showPrice(neighbour, criterion)),
  ])
  return html`<h3>What a step away costs</h3>${table(heads, rows)}`
}

function front({ front: cells, chosen, criteria }: Recommendation): Content {
  if (cells.length < 2) return undefined
  const heads = [{ label: 'cell' }, ...criteria.map(({ label }) => ({ label, numeric: true }))]
  const rows = cells.map((one): Content[] => [
    one === chosen ? html`<strong>${one.cell.label}</strong>` : one.cell.label,
    ...criteria.map(criterion => showScore(one, criterion)),
  ])
  return html`<h3>The front: no other sound cell is better in one number and worse in none</h3>${table(heads, rows)}`
}

function pastes(analysis: Analysis, { chosen }: Recommendation): Content {
  if (!chosen) return undefined
  const parts = pastesOf(analysis, chosen.cell)
  if (parts.length === 0) return undefined
  return html`<div class="card"><h3>Settings to paste</h3>${parts.map(({ title, text }) => html`<p class="soft small">${title}</p><pre>${block(text)}</pre>`)}</div>`
}
