// A comparison of two runs as Markdown for CI summaries.
import type { Comparison, Difference } from '../../stats/comparison.ts'
import { showChange } from '../format.ts'
import { markdownTable, markdownText } from '../markdown.ts'
import { plural, shorten } from '../text.ts'
import { alikeSentence, DIFFERENCES_SHOWN, direction, presentMetrics, rangeWord, sideText } from './words.ts'

function differenceTable(title: string, rows: readonly Difference[]): string[] {
  if (rows.length === 0) return []
  const shown = rows
    .slice(0, DIFFERENCES_SHOWN)
    .map(row => [row.what, row.a, row.b].map(text => markdownText(shorten(text, 200))))
  const more = rows.length > DIFFERENCES_SHOWN ? ['', `and ${rows.length - DIFFERENCES_SHOWN} more`] : []
  return ['', `### ${title}`, '', ...markdownTable([{ label: '' }, { label: 'A' }, { label: 'B' }], shown), ...more]
}

const CELLS_IN_MARKDOWN = 100

/** Renders a comparison as Markdown. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const { a, b, cells } = comparison
  const heads = ['metric', 'A', 'B', 'B ÷ A', 'ranges'].map((label, index) => ({
    label,
    numeric: index > 0 && index < 4,
  }))
  const tables = cells.slice(0, CELLS_IN_MARKDOWN).flatMap(cell => [
    '',
    `### ${markdownText(cell.label)}`,
    '',
    ...cell.doubtful.map(text => `- ⚠️ ${markdownText(text)}`),
    ...(cell.doubtful.length > 0 ? [''] : []),
    ...markdownTable(
      heads,
      presentMetrics(cell).map(metric =>
        [
          metric.label,
          sideText(metric.a, metric),
          sideText(metric.b, metric),
          showChange(metric.ratio),
          `${rangeWord(metric)}${direction(metric) === 'open' ? '' : `: ${direction(metric)}`}`,
        ].map(markdownText),
      ),
    ),
  ])
  const more =
    cells.length > CELLS_IN_MARKDOWN
      ? ['', `${cells.length - CELLS_IN_MARKDOWN} more cells are left out to keep this summary small.`]
      : []
  const missing = [
    ...comparison.onlyA.map(label => `- only in A: ${markdownText(label)}`),
    ...comparison.onlyB.map(label => `- only in B: ${markdownText(label)}`),
  ]
  return [
    `## B against A: ${plural(cells.length, 'cell')} in both`,
    '',
    `- A: ${markdownText(a.scenario)}, run ${markdownText(a.runId)}, ${plural(a.repeat, 'repetition')}`,
    `- B: ${markdownText(b.scenario)}, run ${markdownText(b.runId)}, ${plural(b.repeat, 'repetition')}`,
    `- ${comparison.alike ? '✅' : '⚠️'} ${alikeSentence(comparison)}`,
    ...missing.slice(0, CELLS_IN_MARKDOWN),
    ...comparison.notes.map(note => `- ${markdownText(note)}`),
    ...tables,
    ...more,
    ...differenceTable('Environment', comparison.environment),
    ...differenceTable('Cluster', comparison.cluster),
    ...differenceTable('Settings', comparison.settings),
    '',
  ].join('\n')
}
