// The HTML report: complete, in order, the same every time, small enough, and closed to everything that comes from outside.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Analysis } from '../../../src/analysis/analysis.ts'
import { detailedCells, representativeOf } from '../../../src/report/html/trials.ts'
import { renderHtml } from '../../../src/report/html.ts'
import type { Judgement } from '../../../src/verify/judgement.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { hostile, PAYLOADS } from '../../fixtures/analysis-hostile.ts'
import { makeJudgement } from '../../fixtures/analysis-judgement.ts'
import { foreignMarkup } from '../../support/markup.ts'

const textOf = (page: string): string =>
  page
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
const render = (analysis: Analysis, judgement: Judgement = makeJudgement(analysis)): Promise<string> =>
  renderHtml(analysis, judgement)

describe('the page', () => {
  it('allows nothing but its own stylesheet, by its hash', async () => {
    const page = await render(makeAnalysis({}))
    const style = /<style>([^<]*)<\/style>/.exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page.replace(/&#39;/g, "'")).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    )
    expect(page).not.toMatch(/<script|<link|<img|<iframe| style=| on\w+=|https?:\/\/(?!www\.w3\.org)/)
    expect(style).toContain('prefers-color-scheme:dark')
    expect(style).toContain('@media print')
  })

  it('is the same every time', async () => {
    const analysis = makeAnalysis({ axes: 1, cells: 2 })
    expect(await render(analysis)).toBe(await render(analysis))
  })

  it('has its sections in the order of reading', async () => {
    const page = await render(makeAnalysis({ axes: 2, repeats: 2 }))
    const places = [
      'id="verdict"',
      '>Rules and checks<',
      '>Can I trust this?<',
      'id="matrix"',
      'id="percentiles-by-cell"',
      'id="percentiles"',
      'id="time"',
      'id="cells"',
      'id="accounting"',
      'id="resources"',
      'id="generator"',
      'id="appendix"',
    ].map(mark => page.indexOf(mark))
    expect(places.every(place => place > 0)).toBe(true)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('holds the numbers of the analysis, with their units', async () => {
    const analysis = makeAnalysis({ axes: 1, repeats: 3, trouble: 'loss' })
    const text = textOf(await render(analysis))
    for (const cell of analysis.cells) {
      const p99 = cell.measures?.latencies.ack?.quantiles['p99'] ?? 0
      expect(text).toContain(`${Number((p99 / 1000).toFixed(p99 >= 10_000 ? 1 : 2))} ms`)
    }
    for (const words of [
      'FAIL',
      'exit code 1',
      '37 acknowledged records are not in the topics',
      'acked 10,500,000, stored 10,499,963',
      'GetOffsetShell',
      'fingerprint 9f1c0a77d2e45b10',
      'apache/kafka:4.3.1',
      'kafkajs, tuned, 2 workers',
      'Batched by the harness',
      'flag --set',
      'min.insync.replicas',
      'gauntlet run scenarios/compression-sweep.yaml --seed 7',
      'yaml-language-server',
      'does not add up',
    ])
      expect(text).toContain(words)
  })

  it.each(['none', 'loss', 'slow', 'cut'] as const)(
    'names the verdict by word and mark under trouble "%s"',
    async trouble => {
      const analysis = makeAnalysis({ trouble })
      const judgement = makeJudgement(analysis)
      const page = await render(analysis, judgement)
      const word = judgement.verdict.toUpperCase()
      expect(page).toContain(`<div class="word">${word}</div>`)
      expect(page).toContain(`<title>${word} · quickstart`)
      expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
    },
  )

  it('shows results that went through JSON, where NaN is null', async () => {
    const analysis = makeAnalysis({ acks0: true })
    for (const cell of analysis.cells)
      if (cell.measures)
        Object.assign(cell.measures, {
          achieved: Number.NaN,
          batchSizeAvgBytes: Number.NaN,
          compressionRatio: Number.NaN,
        })
    const page = await render(JSON.parse(JSON.stringify(analysis)) as Analysis)
    expect(page).not.toMatch(/NaN|undefined|Infinity|\bnull\b/)
  })

  it('survives a run of which nothing was recorded', async () => {
    const analysis: Analysis = { ...makeAnalysis({}), state: 'partial' }
    const empty = {
      ...analysis,
      cells: analysis.cells.map(({ measures: _, ...cell }) => ({ ...cell, spread: {}, trials: [] })),
    }
    expect(textOf(await render(empty, makeJudgement(empty)))).toContain('No trial was completed')
    expect(
      await render(
        { ...analysis, cells: [] },
        { verdict: 'inconclusive', exitCode: 3, causes: [], rules: [], checks: [] },
      ),
    ).toContain('INCONCLUSIVE')
  })
})

describe('many cells', () => {
  const small = makeAnalysis({ axes: 2, trouble: 'loss' })
  const many: Analysis = {
    ...small,
    cells: Array.from({ length: 150 }, (_, index) => ({
      ...small.cells[index % 15]!,
      index,
      label: `cell ${index}`,
      values: { 'compression.type': `codec-${index % 30}`, 'linger.ms': index % 5 },
    })),
  }
  const judgement = makeJudgement(many)

  it('stay small: charts for a few, those in trouble first, and every number in the tables', async () => {
    const page = await render(many, judgement)
    expect(page.length).toBeLessThan(3_000_000)
    expect(textOf(page)).toContain('Charts of 138 more cells are left out')
    expect(page.match(/<details class="cell" id="cell-\d+"/g)).toHaveLength(12)
    expect(page.match(/<td class="t"><span class="pill/g)?.length).toBeGreaterThanOrEqual(150)
  })

  it('choose those that failed before those that passed', () => {
    const verdicts = new Map(
      many.cells.map(cell => [
        cell.index,
        cell.index === 140 ? ('fail' as const) : cell.index === 120 ? ('inconclusive' as const) : ('pass' as const),
      ]),
    )
    expect(detailedCells(many.cells, verdicts, 4).map(cell => cell.index)).toEqual([0, 1, 120, 140])
  })
})

describe('the trial that stands for a cell', () => {
  it('is the median repetition, or the one that a check points at', () => {
    const fine = makeAnalysis({ repeats: 3 }).cells[0]!
    const none: Judgement = { verdict: 'pass', exitCode: 0, causes: [], rules: [], checks: [] }
    const p99s = fine.trials.map(trial => trial.measures.latencies.ack?.quantiles['p99'] ?? 0).sort((a, b) => a - b)
    expect(representativeOf(fine, none)?.trial.measures.latencies.ack?.quantiles['p99']).toBe(p99s[1])
    const outcome = { cellIndex: 0, label: fine.label, verdict: 'fail' as const, observed: '', trial: 3 }
    const blamed = representativeOf(fine, {
      ...none,
      checks: [{ name: 'c', describe: 'd', verdict: 'fail', cells: [outcome] }],
    })
    expect(blamed?.trial.number).toBe(3)
    expect(blamed?.why).toContain('a check')
  })
})

describe('hostile text', () => {
  it.each([
    '<script>',
    '<img src=x>',
    '<b onclick="x">',
    '<a href="http://x/">',
    '<p style="x">',
    'a < b',
    '<svg onload=x>',
  ])('planted as %s would be found', planted => expect(foreignMarkup(`<p>fine</p>${planted}`)).not.toEqual([]))

  const analysis = makeAnalysis({ axes: 2, cells: 4, measureSeconds: 3, trouble: 'loss' })
  const judgement = makeJudgement(analysis)

  it.each(PAYLOADS.map(payload => [JSON.stringify(payload.slice(0, 40)), payload]))(
    '%s in every field stays text',
    async (_, payload) => {
      const page = await renderHtml(hostile(analysis, payload), hostile(judgement, payload), { detailCells: 1 })
      expect(foreignMarkup(page)).toEqual([])
      expect(page.match(/<style>/g)).toHaveLength(1)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may survive
      expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u)
    },
  )
})
