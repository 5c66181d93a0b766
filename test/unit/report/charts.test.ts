// Every chart of every kind of analysis: specs that vega-lite accepts without a word, and pictures that hold the fixture's own numbers.
import { describe, expect, it } from 'vitest'
import type { Analysis, CellAnalysis, TrialAnalysis } from '../../../src/analysis/analysis.ts'
import type { Drawing, Panel } from '../../../src/report/charts/chart.ts'
import { hdrPoints } from '../../../src/report/charts/curves.ts'
import { CHARTS } from '../../../src/report/charts/index.ts'
import { thinSeries } from '../../../src/report/charts/timeline.ts'
import { verdictsOf } from '../../../src/report/columns.ts'
import { compileChart, renderSvg } from '../../../src/report/svg.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { makeJudgement } from '../../fixtures/analysis-judgement.ts'

const ANALYSES: Record<string, Analysis> = {
  'one cell': makeAnalysis({}),
  'one cell, three repetitions': makeAnalysis({ repeats: 3 }),
  'a sweep': makeAnalysis({ axes: 1, repeats: 3, trouble: 'slow' }),
  'a matrix': makeAnalysis({ axes: 2, repeats: 2, trouble: 'loss' }),
  'acks from 0 to all': makeAnalysis({ acks0: true, repeats: 2 }),
  'a run that was cut off': makeAnalysis({ trouble: 'cut' }),
}

function draw(id: string, analysis: Analysis, cell = analysis.cells.length - 1): Drawing {
  const chart = CHARTS.find(one => one.id === id)
  if (!chart) throw new Error(`no chart ${id}`)
  const chosen = analysis.cells[cell] as CellAnalysis
  if (chart.scope === 'run')
    return chart.draw(analysis, { verdicts: verdictsOf(analysis.cells, makeJudgement(analysis)) })
  return chart.scope === 'cell' ? chart.draw(chosen) : chart.draw(chosen.trials[0] as TrialAnalysis)
}

const numbersOf = (path: string): number[] => [...path.matchAll(/-?\d+(?:\.\d+)?/g)].map(match => Number(match[0]))
const paths = (svg: string, attribute: string): string[] =>
  [...svg.matchAll(/<path[^>]*>/g)].map(match => match[0]).filter(tag => tag.includes(attribute))
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(match => match[1] ?? '')
const panelNamed = (drawing: Drawing, title: string): Panel => {
  const panel = drawing.panels.find(one => one.title.startsWith(title))
  if (!panel) throw new Error(`no panel ${title} among ${drawing.panels.map(one => one.title).join(', ')}`)
  return panel
}

describe.each(Object.entries(ANALYSES))('%s', (_, analysis) => {
  it.each(CHARTS.map(chart => chart.id))('%s compiles without a warning and draws no NaN', async id => {
    const drawing = draw(id, analysis)
    for (const panel of drawing.panels) {
      expect(compileChart(panel.spec).warnings).toEqual([])
      const svg = await renderSvg(panel.spec)
      expect(svg).toMatch(/^<svg xmlns="[^"]+" width="\d+" height="\d+" viewBox="0 0 \d+ \d+">/)
      expect(svg).not.toMatch(/NaN|Infinity|undefined|null/)
      expect(svg).not.toMatch(/ style=| class=|<style|<script|href=/)
      expect(panel.describe.length).toBeGreaterThan(20)
    }
    if (drawing.panels.length > 0 && id !== 'percentiles-by-cell') expect(drawing.table?.rows.length).toBeGreaterThan(0)
  })
})

it('every chart draws something for at least one of them', () => {
  for (const chart of CHARTS) {
    expect(
      Object.values(ANALYSES).some(analysis => draw(chart.id, analysis).panels.length > 0),
      chart.id,
    ).toBe(true)
  }
  expect(new Set(CHARTS.map(chart => chart.id)).size).toBe(CHARTS.length)
})

describe('percentile curves', () => {
  const analysis = makeAnalysis({})
  const latency = analysis.cells[0]?.measures?.latencies.ack
  if (!latency) throw new Error('the fixture has no ack latency')

  it('puts p99 at x = 100 and p99.9 at x = 1000, in µs', () => {
    const points = hdrPoints(latency)
    const at = (x: number) =>
      points.reduce((best, point) => (Math.abs(Math.log(point.x / x)) < Math.abs(Math.log(best.x / x)) ? point : best))
    expect(at(100).y).toBeGreaterThan(0.9 * (latency.quantiles['p99'] ?? 0))
    expect(at(100).y).toBeLessThan(1.1 * (latency.quantiles['p99'] ?? 0))
    expect(at(1000).y).toBeGreaterThan(0.9 * (latency.quantiles['p999'] ?? 0))
    expect(points).toHaveLength(latency.curve.length)
  })

  it('draws four lines whose points lie where the log scale says', async () => {
    const panel = panelNamed(draw('percentiles', analysis), 'Latency by percentile')
    const { compiled } = compileChart(panel.spec)
    const scale = compiled.scales?.find(one => one.name === 'y') as unknown as { domain: [number, number] }
    const svg = await renderSvg(panel.spec)
    const [response] = paths(svg, 'stroke="var(--s1')
    const drawn = numbersOf(/ d="([^"]+)"/.exec(response ?? '')?.[1] ?? '')
    expect(drawn).toHaveLength(latency.curve.length * 2)
    const height = Number((compiled as { height: number }).height)
    const [low, high] = scale.domain
    const last = latency.curve.at(-1)?.us ?? 0
    expect(drawn.at(-1)).toBeCloseTo(height * (1 - Math.log(last / low) / Math.log(high / low)), 0)
    expect(paths(svg, 'stroke="var(--s1')).toHaveLength(2)
    expect(paths(svg, 'stroke="var(--s2')).toHaveLength(2)
    expect(svg.match(/stroke-dasharray="7,4"/g)).toHaveLength(2)
    for (const label of ['0 %', '90 %', '99 %', '99.9 %', '99.99 %']) expect(texts(svg)).toContain(label)
  })

  it('keeps a value of zero on the log axis', () => {
    const zero = {
      ...latency,
      curve: [
        { q: 0, us: 0 },
        { q: 0.5, us: 10 },
        { q: 1, us: 12 },
      ],
    }
    expect(hdrPoints(zero)).toEqual([
      { x: 1, y: 1 },
      { x: 2, y: 10 },
    ])
  })

  it('compares cells by end-to-end time where some have no acknowledgements', () => {
    const drawing = draw('percentiles-by-cell', makeAnalysis({ acks0: true }))
    expect(drawing.panels[0]?.title).toBe('end-to-end latency by acks')
    expect(drawing.notes.join()).toContain('acks=0')
    expect(drawing.panels[0]?.legend.map(item => item.label)).toEqual([
      '0',
      '0, service',
      '1',
      '1, service',
      'all',
      'all, service',
    ])
  })

  it('says why there is no curve', () => {
    expect(draw('percentiles', makeAnalysis({ trouble: 'cut' })).notes[0]).toContain(
      'No trial of this cell was completed',
    )
  })
})

describe('the heat map', () => {
  const analysis = makeAnalysis({ axes: 2, repeats: 3, trouble: 'loss' })
  const drawing = draw('matrix', analysis)

  it('has a map for each metric with rows and columns of the two axes', async () => {
    expect(drawing.panels.map(panel => panel.title)).toEqual([
      'throughput, higher is better',
      'ack p99 (response), lower is better',
      'end-to-end p99 (response), lower is better',
      'producer CPU per million, lower is better',
    ])
    const words = texts(await renderSvg(panelNamed(drawing, 'ack p99').spec))
    for (const label of ['none', 'gzip', 'snappy', 'lz4', 'zstd', '0', '5', '20']) expect(words).toContain(label)
  })

  it('writes every cell’s value into its tile and marks the failed one by word, hatching and outline', async () => {
    const svg = await renderSvg(panelNamed(drawing, 'ack p99').spec)
    const words = texts(svg)
    const values = drawing.table?.rows.map(row => row[2]?.split(' (')[0] ?? '') ?? []
    expect(values).toHaveLength(15)
    for (const value of values) expect(words).toContain(value)
    expect(words.filter(word => word === '✕ FAIL')).toHaveLength(1)
    expect(paths(svg, 'stroke="var(--fail').some(path => (path.match(/M/g) ?? []).length > 5)).toBe(true)
  })

  it('marks the best only where one is better than all others', async () => {
    const count = async (title: string) =>
      texts(await renderSvg(panelNamed(drawing, title).spec)).filter(word => word === '★ best').length
    expect(await count('producer CPU')).toBe(1)
    expect(await count('throughput')).toBe(0)
  })

  it('leaves a gap for a cell that the matrix excludes', async () => {
    const holed = { ...analysis, cells: analysis.cells.filter(cell => cell.index !== 7) }
    const svg = await renderSvg(panelNamed(draw('matrix', holed), 'throughput').spec)
    expect(paths(svg, 'fill="var(--h').length + paths(svg, 'fill="var(--failWash').length).toBe(14)
  })

  it('is not drawn for fewer than two axes', () => {
    expect(draw('matrix', makeAnalysis({ axes: 1 })).panels).toEqual([])
    expect(draw('sweep', analysis).panels).toEqual([])
  })
})

describe('the bars of a sweep', () => {
  it('show the median with whiskers to the extremes, and doubt in words', async () => {
    const analysis = makeAnalysis({ axes: 1, repeats: 3, trouble: 'slow' })
    const panel = panelNamed(draw('sweep', analysis), 'ack p99')
    const svg = await renderSvg(panel.spec)
    const spread = analysis.cells[0]?.spread['ack.p99']
    expect(texts(svg)).toContain(`${((spread?.median ?? 0) / 1000).toFixed(1)} ms`)
    expect(texts(svg).filter(word => word.includes('? in doubt'))).toHaveLength(1)
    expect(paths(svg, 'd="M0,-5L0,5"')).toHaveLength(10)
    expect(svg.match(/stroke-dasharray="4,3"/g)).toHaveLength(1)
  })
})

describe('charts over time', () => {
  const analysis = makeAnalysis({ trouble: 'loss' })
  const trial = analysis.cells[0]?.trials[0] as TrialAnalysis
  const drawing = draw('time', analysis)

  it('draws target, sent, acked and consumed, one point per second', async () => {
    const panel = panelNamed(drawing, 'Records per second')
    expect(panel.legend.map(item => item.label)).toEqual(['sent', 'acked', 'consumed', 'target'])
    const svg = await renderSvg(panel.spec)
    for (const hue of ['s4', 's1', 's3', 's6']) {
      const [line] = paths(svg, `stroke="var(--${hue}`)
      expect(numbersOf(/ d="([^"]+)"/.exec(line ?? '')?.[1] ?? '')).toHaveLength(trial.series.length * 2)
    }
  })

  it('shades the phases that are not measured, names all, and numbers the events', async () => {
    const svg = await renderSvg(panelNamed(drawing, 'Records per second').spec)
    expect(paths(svg, 'fill="var(--band')).toHaveLength(2)
    for (const word of ['warmup', 'measure', 'drain', '1', '2', '3']) expect(texts(svg)).toContain(word)
    expect(svg.match(/<line[^>]*stroke-dasharray="2,3"/g)).toHaveLength(trial.events.length)
  })

  it('leaves a gap where nothing completed', async () => {
    const holed = {
      ...trial,
      series: trial.series.map(point => (point.tSeconds === 20 ? { ...point, ackP99Us: Number.NaN } : point)),
    }
    const chart = CHARTS.find(one => one.id === 'time')
    const panel = panelNamed(chart?.scope === 'trial' ? chart.draw(holed) : drawing, 'Response time')
    const line = paths(await renderSvg(panel.spec), 'stroke="var(--s1').find(path => !path.includes('dasharray'))
    expect(line?.match(/M/g)).toHaveLength(2)
  })

  it('draws errors and retries only where there were any', () => {
    expect(drawing.panels.map(panel => panel.title)).toContain('Errors and retries')
    const calm = draw('time', makeAnalysis({}))
    expect(calm.panels.map(panel => panel.title)).not.toContain('Errors and retries')
    expect(calm.notes).toContain('No errors and no retries in any second.')
  })

  it('thins long trials: mean rates, worst latencies, summed errors', () => {
    const { points, everySeconds } = thinSeries(trial.series, 10)
    expect(everySeconds).toBe(5)
    expect(points).toHaveLength(9)
    const first = trial.series.slice(0, 5)
    expect(points[0]?.ackP99Us).toBe(Math.max(...first.map(point => point.ackP99Us ?? 0)))
    expect(points[0]?.sentPerSecond).toBeCloseTo(first.reduce((sum, point) => sum + point.sentPerSecond, 0) / 5)
    const errors = (list: { errors: number }[]) => list.reduce((sum, point) => sum + point.errors, 0)
    expect(errors(points)).toBe(errors(trial.series))
  })
})

describe('resources and generator', () => {
  it('has a panel for each of CPU, memory, network and disk, and only for what was measured', () => {
    const analysis = makeAnalysis({})
    expect(draw('resources', analysis).panels).toHaveLength(4)
    const cell = analysis.cells[0] as CellAnalysis
    const trial = cell.trials[0] as TrialAnalysis
    const nodes = trial.nodes.map(node => ({
      ...node,
      points: node.points.map(({ tSeconds, cpuCores, memoryBytes }) => ({ tSeconds, cpuCores, memoryBytes })),
    }))
    const chart = CHARTS.find(one => one.id === 'resources')
    if (chart?.scope !== 'trial') throw new Error('resources is a chart of trials')
    expect(chart.draw({ ...trial, nodes }).panels.map(panel => panel.title)).toEqual(['CPU (cores)', 'Memory'])
    expect(chart.draw({ ...trial, nodes: [] })).toMatchObject({
      panels: [],
      notes: [expect.stringContaining('No node was sampled')],
    })
  })

  it('names every worker and draws the line at which a worker is too busy', async () => {
    const analysis = makeAnalysis({ trouble: 'slow' })
    const drawing = draw('generator', analysis)
    const svg = await renderSvg(panelNamed(drawing, 'CPU of each worker').spec)
    for (const worker of ['writers-0', 'writers-1', 'readers-0', 'readers-1']) expect(texts(svg)).toContain(worker)
    expect(svg).toMatch(/<line[^>]*stroke="var\(--fail[^>]*stroke-dasharray="5,4"/)
    expect(drawing.table?.rows[0]?.[0]).toBe('writers-0')
  })
})
