// Small parts that the sections of a page share: pills, tables, notes and sections.
import type { Verdict } from '../../core/verdict.ts'
import { VERDICT_MARK, VERDICT_WORD } from '../columns.ts'
import { type Content, html, type Markup } from './element.ts'

/** The verdict as mark, word and colour. */
export function pill(verdict: Verdict, severity: 'fail' | 'warn' = 'fail'): Markup {
  const warned = severity === 'warn' && verdict === 'fail'
  return html`<span class="pill ${warned ? 'warn' : verdict}">${warned ? '!' : VERDICT_MARK[verdict]} ${warned ? 'WARN' : VERDICT_WORD[verdict]}</span>`
}

/** A narrow column takes no more room than its content. */
export type Head = { label: string; numeric?: boolean; narrow?: boolean }

/** A table in a box that scrolls sideways where it must; the first column names the row. */
export function table(
  columns: readonly Head[],
  rows: readonly (readonly Content[])[],
  options: { caption?: string; className?: string } = {},
): Markup {
  const classOf = (column: Head | undefined, first: boolean): string =>
    [column?.numeric ? 'n' : first ? 't label' : 't', column?.narrow ? 'narrow' : ''].join(' ').trim()
  const cell = (content: Content, index: number): Markup =>
    index === 0
      ? html`<th scope="row" class="${classOf(columns[0], true)}">${content}</th>`
      : html`<td class="${classOf(columns[index], false)}">${content}</td>`
  const head = columns.every(column => column.label === '')
    ? undefined
    : html`<thead><tr>${columns.map(column => html`<th scope="col" class="${classOf(column, false)}">${column.label}</th>`)}</tr></thead>`
  return html`<div class="scroll"><table class="${options.className ?? ''}">${options.caption ? html`<caption>${options.caption}</caption>` : undefined}${head}<tbody>${rows.map(row => html`<tr>${row.map(cell)}</tr>`)}</tbody></table></div>`
}

/** Notes as a list, or nothing. */
export function notes(texts: readonly string[]): Content {
  return texts.length === 0 ? undefined : html`<ul class="notes">${texts.map(text => html`<li>${text}</li>`)}</ul>`
}

/** A section of the page with its heading; the id is ours. */
export function section(id: string, title: string, lead: string, content: Content): Markup {
  return html`<section id="${id}"><header><h2>${title}</h2><p class="lead">${lead}</p></header>${content}</section>`
}
