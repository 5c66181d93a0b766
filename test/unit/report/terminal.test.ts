// The summary in the terminal: verdict first, both latencies, columns that fit the window, and nothing a terminal would obey.
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { formatUs } from '../../../src/core/units.ts'
import { safe, wrap } from '../../../src/report/paint.ts'
import { renderTerminal } from '../../../src/report/terminal.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { hostile, PAYLOADS } from '../../fixtures/analysis-hostile.ts'
import { makeJudgement } from '../../fixtures/analysis-judgement.ts'

const OPTIONS = {
  colour: false,
  width: 120,
  reportPath: 'reports/quickstart/8f2c/report.html',
  directory: 'reports/quickstart/8f2c',
}
const golden = (name: string): string => `../../golden/report/${name}`

describe('the summary', () => {
  it.each([
    ['terminal-one.txt', makeAnalysis({ repeats: 3 }), 60],
    ['terminal-matrix.txt', makeAnalysis({ axes: 2, repeats: 3, trouble: 'loss' }), 48],
    ['terminal-slow.txt', makeAnalysis({ axes: 1, trouble: 'slow' }), 60],
    ['terminal-acks.txt', makeAnalysis({ acks0: true, repeats: 2 }), 60],
    ['terminal-cut.txt', makeAnalysis({ trouble: 'cut' }), 60],
  ] as const)('is as kept in %s', async (name, analysis, limitMs) => {
    await expect(renderTerminal(analysis, makeJudgement(analysis, limitMs), OPTIONS)).toMatchFileSnapshot(golden(name))
  })

  it('begins with the verdict and ends with what to do next', () => {
    const analysis = makeAnalysis({ trouble: 'loss' })
    const lines = renderTerminal(analysis, makeJudgement(analysis), OPTIONS).split('\n')
    expect(lines[0]).toMatch(/^ FAIL {3}quickstart/)
    expect(lines.at(-1)).toContain('reports/quickstart/8f2c')
    expect(lines.some(line => line.includes('gauntlet compare BASE reports/quickstart/8f2c'))).toBe(true)
  })

  it('puts response and service times side by side for a single cell', () => {
    const analysis = makeAnalysis({})
    const text = renderTerminal(analysis, makeJudgement(analysis), OPTIONS)
    const { ack, 'ack.service': service } = analysis.cells[0]?.measures?.latencies ?? {}
    expect(text).toMatch(new RegExp(`ack response +${formatUs(ack?.quantiles['p50'] ?? 0)} `))
    expect(text).toMatch(new RegExp(`ack service +${formatUs(service?.quantiles['p50'] ?? 0)} `))
    expect(text).toContain('Response counts from when a record was meant to be sent')
  })

  it('tells causes that no rule or check tells', () => {
    const analysis = makeAnalysis({})
    const judgement = {
      ...makeJudgement(analysis),
      causes: [
        { exitCode: 6, text: 'worker writers-0 ended by itself' },
        { exitCode: 1, text: 'rule "ack.p99 < 60ms": single cell' },
      ],
    }
    const text = renderTerminal(analysis, judgement, OPTIONS)
    expect(text).toContain(' FAIL  worker writers-0 ended by itself')
    expect(text).not.toContain('rule "ack.p99')
  })

  it.each([60, 80, 100, 140, 200])('fits a window of %i columns', width => {
    for (const analysis of [makeAnalysis({}), makeAnalysis({ axes: 2, repeats: 2, trouble: 'slow' })]) {
      const lines = renderTerminal(analysis, makeJudgement(analysis), { colour: false, width }).split('\n')
      expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(Math.max(width, 72))
    }
  })

  it('shows more columns in a wider window, and always throughput, ack p99 and end-to-end p99', () => {
    const analysis = makeAnalysis({ axes: 2 })
    const heads = (width: number) =>
      renderTerminal(analysis, makeJudgement(analysis), { colour: false, width })
        .split('\n')
        .find(line => line.includes('linger.ms  '))
    expect(heads(80)).toMatch(/rate .*ack p99 .*e2e p99/)
    expect(heads(80)).not.toContain('batch')
    expect(heads(160)).toMatch(
      /rate .*ack p50 .*ack p99 .*p99\.9 .*service p99 .*e2e p99 .*batch .*ratio .*CPU .*errors/,
    )
  })

  it('marks percentiles of too few records', () => {
    const analysis = makeAnalysis({})
    const ack = analysis.cells[0]?.measures?.latencies.ack
    if (ack) ack.count = 500
    const text = renderTerminal(analysis, makeJudgement(analysis), OPTIONS)
    expect(text).toContain(' ms*')
    expect(text).toContain('too few produce requests')
  })

  it('has colours only where asked, and the same text beneath them', () => {
    const analysis = makeAnalysis({ axes: 1, trouble: 'loss' })
    const judgement = makeJudgement(analysis)
    const coloured = renderTerminal(analysis, judgement, { ...OPTIONS, colour: true })
    expect(coloured).toContain('\u001b[31m')
    expect(stripVTControlCharacters(coloured)).toBe(renderTerminal(analysis, judgement, OPTIONS))
  })
})

describe('hostile text', () => {
  const analysis = makeAnalysis({ axes: 1, cells: 3, trouble: 'loss' })
  const judgement = makeJudgement(analysis)

  it.each(PAYLOADS.map(payload => [JSON.stringify(payload.slice(0, 40)), payload]))(
    '%s is not obeyed',
    (_, payload) => {
      const spoilt = { ...hostile(analysis, payload), notes: [payload], stamps: [payload] }
      const text = renderTerminal(spoilt, hostile(judgement, payload), {
        ...OPTIONS,
        directory: payload,
        reportPath: payload,
      })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach a terminal
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      expect(text).not.toMatch(/^\s*::/m)
      expect(text).not.toContain('##[')
      expect(text).not.toContain('::error')
    },
  )
})

it('safe breaks up commands of CI logs wherever they stand', () => {
  expect(safe('a ::error::b ##[group]c')).toBe('a : :error: :b # #[group]c')
})

it('wrap keeps words whole and indents', () => {
  expect(wrap('one two three four five six', 24, '    ')).toBe('one two three four\n    five six')
})
