// Draws what a chart made: its panels as static pictures with their legends, its notes, and its values as a table.
import type { DataTable, Drawing, LegendItem, Panel } from '../charts/chart.ts'
import { colour } from '../charts/palette.ts'
import { renderSvg } from '../svg.ts'
import { type Content, html, type Markup, picture } from './element.ts'
import { notes, table } from './parts.ts'

/** The values behind a chart, folded away. */
function valuesTable(data: DataTable | undefined): Content {
  if (!data || data.rows.length === 0) return undefined
  return html`<details class="values"><summary>Values as a table</summary>${table(data.columns, data.rows, { className: 'values' })}</details>`
}

function swatch(item: LegendItem): Markup {
  const paint = colour(item.colour)
  const dash = item.dash && item.dash.length > 0 ? item.dash.join(' ') : 'none'
  const shapes: Record<LegendItem['mark'], Markup> = {
    line: html`<line x1="1" y1="5" x2="27" y2="5" stroke="${paint}" stroke-width="2" stroke-dasharray="${dash}" stroke-linecap="round"/>`,
    faint: html`<line x1="1" y1="5" x2="27" y2="5" stroke="${paint}" stroke-width="1.5" opacity="0.45"/>`,
    bar: html`<rect x="4" y="0" width="20" height="10" fill="${paint}"/>`,
    range: html`<rect x="4.5" y="0.75" width="19" height="8.5" fill="none" stroke="${paint}" stroke-width="1.5"/>`,
    point: html`<circle cx="14" cy="5" r="4" fill="${paint}"/>`,
  }
  return html`<svg width="28" height="10" viewBox="0 0 28 10" aria-hidden="true">${shapes[item.mark]}</svg>`
}

async function figure(panel: Panel): Promise<Markup> {
  const svg = picture(await renderSvg(panel.spec), panel.describe)
  const legend =
    panel.legend.length > 0
      ? html`<ul class="legend">${panel.legend.map(item => html`<li>${swatch(item)}<span>${item.label}</span></li>`)}</ul>`
      : undefined
  return html`<figure class="${panel.width}"><figcaption>${panel.title}${legend}</figcaption>${svg}</figure>`
}

/** All panels of a drawing, its notes, and its values as a table. */
export async function drawing(drawn: Drawing): Promise<Markup> {
  const figures: Markup[] = []
  for (const panel of drawn.panels) figures.push(await figure(panel))
  const panels = figures.length > 0 ? html`<div class="panels">${figures}</div>` : undefined
  const lead = drawn.lead === undefined ? undefined : html`<p><strong>${drawn.lead}</strong></p>`
  return html`${lead}${panels}${notes(drawn.notes)}${valuesTable(drawn.table)}${valuesTable(drawn.more)}`
}
