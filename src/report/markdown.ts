// The report as Markdown for CI summaries: the same analysis, short enough that no summary is dropped for its size.
import type { Analysis } from '../analysis/analysis.ts'
import { recommend } from '../analysis/recommend.ts'
import type { CellOutcome, Judgement } from '../verify/judgement.ts'
import { axesOf, valueOn } from './charts/grid.ts'
import { anyFew, FEW_NOTE, SHOWN_COLUMNS, VERDICT_WORD, verdictsOf } from './columns.ts'
import { showTime } from './format.ts'
import { pastesOf } from './paste.ts'
import { answerOf, caveatsOf, stepLines } from './recommendation.ts'
import { saturationLines } from './saturation.ts'
import {
  clusterText,
  headlines,
  loadTime,
  otherCauses,
  rerunCommand,
  sizeText,
  tally,
  trustRows,
  verdictSentence,
} from './summary.ts'
import { cleanLine, plural, shorten } from './text.ts'

/** GitHub drops a whole summary above 1024 kB; a rendering stays below this many bytes. */
export const MARKDOWN_LIMIT_BYTES = 900_000
const TEXT_GLYPHS = 2000
const OUTCOMES_SHOWN = 5

const MARK = { pass: '✅', fail: '❌', inconclusive: '❔' } as const

/** Text that Markdown, HTML and CI logs take as nothing but text. */
export function markdownText(text: string): string {
  return shorten(cleanLine(text), TEXT_GLYPHS)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$-]/g, '\\$&')
    .replace(/@/g, '&#64;')
    .replace(/:(?=:)/g, '&#58;')
    .replace(/(https?|ftp)(?=:)/gi, '$1&#8203;')
    .replace(/www(?=\.)/gi, 'www&#8203;')
}

/** A row of a table. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** A whole table; cells must be Markdown already. */
export function markdownTable(
  heads: readonly { label: string; numeric?: boolean }[],
  rows: readonly (readonly string[])[],
): string[] {
  return [
    markdownRow(heads.map(head => head.label)),
    markdownRow(heads.map(head => (head.numeric ? '--:' : ':--'))),
    ...rows.map(markdownRow),
  ]
}

function outcome(one: { cells: CellOutcome[]; verdict: string }): string {
  const [only] = one.cells
  if (!only) return 'applies to no cell'
  const text = (cell: CellOutcome): string =>
    `${markdownText(cell.observed)}${cell.reason ? ` (${markdownText(cell.reason)})` : ''}`
  if (one.cells.length === 1) return text(only)
  const bad = one.cells.filter(cell => cell.verdict !== 'pass')
  const shown = bad.slice(0, OUTCOMES_SHOWN).map(cell => `${markdownText(cell.label)}: ${text(cell)}`)
  const more = bad.length > OUTCOMES_SHOWN ? [`and ${bad.length - OUTCOMES_SHOWN} more`] : []
  return [tally(one), ...shown, ...more].join('<br>')
}

function ruleLines(judgement: Judgement): string[] {
  const rows = [
    ...judgement.rules.map(rule => [
      rule.severity === 'warn' && rule.verdict === 'fail'
        ? '⚠️ WARN'
        : `${MARK[rule.verdict]} ${VERDICT_WORD[rule.verdict]}`,
      markdownText(rule.text),
      outcome(rule),
    ]),
    ...judgement.checks.map(check => [
      `${MARK[check.verdict]} ${VERDICT_WORD[check.verdict]}`,
      markdownText(check.name),
      outcome(check),
    ]),
  ]
  const others = otherCauses(judgement).map(cause => `- ${markdownText(cause.text)} (exit ${cause.exitCode})`)
  return [
    ...others,
    ...(others.length > 0 ? [''] : []),
    ...markdownTable([{ label: 'verdict' }, { label: 'what must hold' }, { label: 'observed' }], rows),
  ]
}

function cellLines(analysis: Analysis, judgement: Judgement): { head: string[]; rows: string[] } {
  const axes = axesOf(analysis).map(axis => axis.name)
  const verdicts = verdictsOf(analysis.cells, judgement)
  const heads = [
    { label: '' },
    ...(axes.length === 0 ? ['cell'] : axes).map(name => ({ label: markdownText(name) })),
    ...SHOWN_COLUMNS.map(column => ({ label: column.head, numeric: true })),
  ]
  const rows = analysis.cells.map(cell => {
    const names = axes.length === 0 ? [cell.label] : axes.map(axis => valueOn(cell, axis))
    return markdownRow([
      MARK[verdicts.get(cell.index) ?? 'inconclusive'],
      ...names.map(markdownText),
      ...SHOWN_COLUMNS.map(column => markdownText(column.show(cell))),
    ])
  })
  return { head: markdownTable(heads, []), rows }
}

/** The cell to take, what each step away costs, and settings to paste. */
function adviceLines(analysis: Analysis, judgement: Judgement): string[] {
  const found = recommend(analysis, verdictsOf(analysis.cells, judgement))
  if (!found) return []
  const count = analysis.cells.length
  const pastes = found.chosen ? pastesOf(analysis, found.chosen.cell) : []
  return [
    '### Recommendation',
    '',
    `**${markdownText(answerOf(found, count))}**`,
    '',
    ...caveatsOf(found, count).map(text => `- ${markdownText(text)}`),
    ...stepLines(found).map(text => `- ${markdownText(text)}`),
    '',
    ...pastes.flatMap(({ title, text }) => [
      `${markdownText(title)}:`,
      '',
      ...text.split('\n').map(row => `- ${markdownText(row)}`),
      '',
    ]),
  ]
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/** As many rows as fit, and a line that says how many are left out. */
function fitRows(rows: readonly string[], roomBytes: number): string[] {
  let used = 0
  const shown: string[] = []
  for (const row of rows) {
    used += bytesOf(row) + 1
    if (used > roomBytes) break
    shown.push(row)
  }
  return shown.length === rows.length
    ? shown
    : [...shown, '', `${rows.length - shown.length} more rows are left out to keep this summary small.`]
}

function tailLines(analysis: Analysis): string[] {
  const trust = trustRows(analysis).map(
    row => `- ${{ good: '✅', bad: '⚠️', note: 'ℹ️' }[row.state]} ${markdownText(row.label)}: ${markdownText(row.text)}`,
  )
  const notes = analysis.notes.map(note => `- ${markdownText(note)}`)
  const { environment: machine } = analysis
  const where = `${clusterText(analysis)}; ${machine.cpuModel}, ${plural(machine.cores, 'core')}; Node ${machine.node}; fingerprint ${machine.fingerprint}`
  return [
    '',
    '### Can I trust this?',
    '',
    ...trust,
    ...notes,
    '',
    markdownText(where),
    '',
    `Run again: ${markdownText(rerunCommand(analysis))}`,
    '',
  ]
}

/** Renders a report as Markdown of at most 900 kB. */
export function renderMarkdown(analysis: Analysis, judgement: Judgement): string {
  const cells = cellLines(analysis, judgement)
  const top = [
    `## ${MARK[judgement.verdict]} ${VERDICT_WORD[judgement.verdict]}: ${markdownText(analysis.scenario.name)}`,
    '',
    `${markdownText(verdictSentence(analysis, judgement))} ${sizeText(analysis)}, ${loadTime(analysis)} of load, run ${markdownText(analysis.runId)}, ${markdownText(showTime(analysis.startedAt))}.`,
    '',
    ...headlines(analysis, judgement).map(
      one => `- **${markdownText(one.label)}**: ${[one.value, ...one.detail].map(markdownText).join(', ')}`,
    ),
    ...saturationLines(analysis).map(line => `- **what saturated**: ${markdownText(line)}`),
    '',
    ...ruleLines(judgement),
    '',
    ...adviceLines(analysis, judgement),
    '### Cells',
    '',
  ]
  const few = anyFew(analysis.cells) ? [markdownText(FEW_NOTE)] : []
  const meaning =
    'ack and end-to-end are response times (from when a record was meant to be sent); service counts from when it was sent.'
  const tail = ['', meaning, ...few, ...tailLines(analysis)]
  const fixed = [...top, ...cells.head, ...tail].join('\n')
  const rows = fitRows(cells.rows, MARKDOWN_LIMIT_BYTES - bytesOf(fixed) - 1000)
  return [...top, ...cells.head, ...rows, ...tail].join('\n')
}
