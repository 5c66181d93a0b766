// Markdown for CI summaries: complete for few cells, within its limit for many, and inert whatever the text.
import { describe, expect, it } from 'vitest'
import type { Analysis } from '../../../src/analysis/analysis.ts'
import { MARKDOWN_LIMIT_BYTES, markdownText, renderMarkdown } from '../../../src/report/markdown.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { hostile, PAYLOADS } from '../../fixtures/analysis-hostile.ts'
import { makeJudgement } from '../../fixtures/analysis-judgement.ts'

describe('the summary', () => {
  it.each([
    ['markdown-one.md', makeAnalysis({ repeats: 2 })],
    ['markdown-sweep.md', makeAnalysis({ axes: 1, repeats: 2, trouble: 'loss' })],
  ] as const)('is as kept in %s', async (name, analysis) => {
    await expect(renderMarkdown(analysis, makeJudgement(analysis))).toMatchFileSnapshot(`../../golden/report/${name}`)
  })

  it('stays below 900 kB with thousands of cells, and says what it left out', () => {
    const small = makeAnalysis({ axes: 1 })
    const many: Analysis = {
      ...small,
      cells: Array.from({ length: 6000 }, (_, index) => ({
        ...small.cells[index % 5]!,
        index,
        values: { 'compression.type': `${'ü'.repeat(60)}${index}` },
      })),
    }
    const text = renderMarkdown(many, makeJudgement(many))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MARKDOWN_LIMIT_BYTES)
    expect(Buffer.byteLength(text)).toBeGreaterThan(MARKDOWN_LIMIT_BYTES / 2)
    expect(text).toMatch(/\d+ more rows are left out/)
    expect(text).toContain('### Can I trust this?')
  })
})

describe('hostile text', () => {
  const analysis = makeAnalysis({ axes: 1, cells: 2, trouble: 'loss' })
  const judgement = makeJudgement(analysis)
  const plain = renderMarkdown(analysis, judgement)
  const bars = (text: string): number[] =>
    text
      .split('\n')
      .filter(line => line.startsWith('|'))
      .map(line => line.replace(/\\./g, '').split('|').length)

  it.each(PAYLOADS.map(payload => [JSON.stringify(payload.slice(0, 40)), payload]))('%s stays text', (_, payload) => {
    const text = renderMarkdown({ ...hostile(analysis, payload), notes: [payload] }, hostile(judgement, payload))
    expect(text.replace(/<br>/g, '')).not.toMatch(/[<>]/)
    expect(text).not.toMatch(/::|(?<!\\)`|(?<!\\)!\[|\]\(|@someone|https?:/)
    expect(bars(text)).toEqual(bars(plain))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may survive
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })
})

it('escapes what Markdown, HTML and GitHub give a meaning', () => {
  expect(markdownText('a|b `c` <d> *e* [f](g) @h ::i:: https://j')).toBe(
    'a\\|b \\`c\\` &lt;d&gt; \\*e\\* \\[f\\]\\(g\\) &#64;h &#58;:i&#58;: https&#8203;://j',
  )
})
