// A search in words: the rate and its interval, what limits it, and the latency–load curve of all trials.
import type { SearchResult } from '../search/search.ts'
import { showPerSecond, showShare } from './format.ts'
import { markdownTable, markdownText } from './markdown.ts'
import { painter, safe, type TerminalOptions, textTable, wrap } from './paint.ts'

const HEADS = ['rate', 'purpose', 'trial', 'missed', 'verdict', 'why']

/** One sentence that may be quoted. */
export function searchSentence(result: SearchResult): string {
  const { state, ratePerSecond, loPerSecond, hiPerSecond, soaked, limitedBy } = result
  if (state === 'below') return 'no rate that was tried is sustainable'
  const held = soaked ? 'held in the soak' : 'not soaked'
  if (state === 'above') return `at least ${showPerSecond(ratePerSecond)} (${held}); the truth may lie higher`
  const limit = limitedBy.length > 0 ? `; limited by ${limitedBy.join(', ')}` : ''
  return `${showPerSecond(ratePerSecond)} is sustainable (${held}), the truth lies in ${showPerSecond(loPerSecond)} … ${showPerSecond(hiPerSecond)}${limit}`
}

function rowsOf(result: SearchResult): string[][] {
  return result.probes
    .toSorted((a, b) => a.ratePerSecond - b.ratePerSecond)
    .map(probe => [
      showPerSecond(probe.ratePerSecond),
      probe.purpose,
      `${Math.round(probe.durationMs / 1000)} s`,
      showShare(Math.max(0, probe.outcome.missShare)),
      probe.state,
      probe.guards.join(', '),
    ])
}

export function renderSearchTerminal(result: SearchResult, { colour, width }: TerminalOptions): string {
  const paint = painter(colour)
  const heads = HEADS.map((head, index) => ({ head, numeric: [0, 2, 3].includes(index) }))
  return [
    ` ${wrap(paint('bold', safe(searchSentence(result))), width, '   ')}`,
    '',
    textTable(
      heads,
      rowsOf(result).map(row => row.map(safe)),
      paint,
    ),
    '',
    ...result.reasons.map(text => ` ${wrap(safe(text), width, '   ')}`),
    ` ${Math.round(result.spentMs / 1000)} s of load`,
  ].join('\n')
}

export function renderSearchMarkdown(result: SearchResult): string {
  return [
    `## ${markdownText(searchSentence(result))}`,
    '',
    ...markdownTable(
      HEADS.map(label => ({ label })),
      rowsOf(result).map(row => row.map(markdownText)),
    ),
    '',
    ...result.reasons.map(text => `- ${markdownText(text)}`),
    '',
  ].join('\n')
}
