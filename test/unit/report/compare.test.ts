// The three renderings of a comparison: changes with their ranges, unlike machines said loudly, better and worse only where ranges are apart.
import { describe, expect, it } from 'vitest'
import { direction, rangeWord } from '../../../src/report/compare/words.ts'
import {
  renderComparisonHtml,
  renderComparisonMarkdown,
  renderComparisonTerminal,
} from '../../../src/report/compare.ts'
import { compareAnalyses, type MetricComparison } from '../../../src/stats/comparison.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { hostile, PAYLOADS } from '../../fixtures/analysis-hostile.ts'
import { foreignMarkup } from '../../support/markup.ts'

const OPTIONS = { colour: false, width: 120 }
const one = makeAnalysis({ repeats: 3 })
const slower = {
  ...makeAnalysis({ repeats: 3, seed: 9, slower: 1.3, runId: '20261121-091500-c0de' }),
  environment: { ...one.environment, kernel: '6.9.1', fingerprint: 'other' },
}
const matrix = makeAnalysis({ axes: 2, repeats: 3 })
const fewer = makeAnalysis({ axes: 2, repeats: 3, seed: 9, slower: 0.9, cells: 14 })

describe('goldens', () => {
  it.each([
    ['compare-one.txt', renderComparisonTerminal(compareAnalyses(one, slower), OPTIONS)],
    ['compare-matrix.txt', renderComparisonTerminal(compareAnalyses(matrix, fewer), OPTIONS)],
    ['compare-one.md', renderComparisonMarkdown(compareAnalyses(one, slower))],
  ])('%s', async (name, text) => {
    await expect(text).toMatchFileSnapshot(`../../golden/report/${name}`)
  })
})

describe('better and worse', () => {
  const metric = (
    ratio: number,
    overlap: boolean | undefined,
    better: MetricComparison['better'] = 'lower',
  ): MetricComparison => {
    const side = { value: 1, min: 1, max: 1, repetitions: 2 }
    return {
      name: 'm',
      label: 'm',
      kind: 'us',
      better,
      a: side,
      b: side,
      ratio,
      ...(overlap === undefined ? {} : { overlap }),
    }
  }

  it('are said only where the ranges are apart', () => {
    expect([
      direction(metric(1.2, false)),
      direction(metric(0.8, false)),
      direction(metric(1.2, true)),
      direction(metric(1.2, undefined)),
    ]).toEqual(['worse', 'better', 'open', 'open'])
    expect([direction(metric(1.2, false, 'higher')), direction(metric(1.2, false, 'neither'))]).toEqual([
      'better',
      'open',
    ])
    expect([rangeWord(metric(1, true)), rangeWord(metric(1, false)), rangeWord(metric(1, undefined))]).toEqual([
      'ranges overlap',
      'ranges apart',
      'too few repetitions',
    ])
  })
})

describe('the page', () => {
  it('says that machines are unlike before any number', async () => {
    const page = await renderComparisonHtml(compareAnalyses(one, slower))
    expect(page.indexOf('UNLIKE MACHINES')).toBeGreaterThan(0)
    expect(page.indexOf('UNLIKE MACHINES')).toBeLessThan(page.indexOf('<section'))
    expect(page).toContain('6.9.1')
    expect(page).toContain('▼ worse')
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
    expect(foreignMarkup(page)).toEqual([])
  })

  it('draws the change of every cell and lists the one that is missing', async () => {
    const page = await renderComparisonHtml(compareAnalyses(matrix, fewer))
    expect(page).toContain('only in A: compression.type=zstd linger.ms=20')
    expect(page.match(/<svg class="chart"/g)).toHaveLength(4)
    expect(page).toContain('>zstd · 5<')
    expect(page).not.toContain('>zstd · 20<')
  })

  it('survives runs with nothing in common', async () => {
    const comparison = compareAnalyses(one, matrix)
    expect(await renderComparisonHtml(comparison)).toContain('No cell is in both runs')
    expect(renderComparisonTerminal(comparison, OPTIONS)).toContain('0 cells in both')
    expect(renderComparisonMarkdown(comparison)).toContain('0 cells in both')
  })
})

describe('hostile text', () => {
  const [a, b] = [
    makeAnalysis({ axes: 1, cells: 2, repeats: 2 }),
    makeAnalysis({ axes: 1, cells: 2, repeats: 2, seed: 3, trouble: 'slow' }),
  ]

  it.each(PAYLOADS.map(payload => [JSON.stringify(payload.slice(0, 40)), payload]))(
    '%s stays text in all three',
    async (_, payload) => {
      const spoilt = hostile(
        { ...b, environment: { ...b.environment, kernel: 'other', fingerprint: 'x' }, stamps: ['stamp'] },
        payload,
      )
      const comparison = compareAnalyses(hostile(a, payload), spoilt)
      expect(comparison.cells).toHaveLength(2)
      expect(foreignMarkup(await renderComparisonHtml(comparison))).toEqual([])
      const terminal = renderComparisonTerminal(comparison, OPTIONS)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach a terminal
      expect(terminal).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|::|##\[/)
      const markdown = renderComparisonMarkdown(comparison)
      expect(markdown).not.toMatch(/[<>]|::|(?<!\\)`|\]\(|@someone|https?:/)
    },
  )
})
