// One swept setting: a bar per value with its spread over repetitions, one panel per headline metric.
import type { Analysis, CellAnalysis } from '../../analysis/analysis.ts'
import type { HeadlineMetric } from '../../stats/comparison.ts'
import { NONE, showMetric } from '../format.ts'
import { cleanLine, shorten } from '../text.ts'
import type { ChartContext, Panel, RunChart } from './chart.ts'
import { FONT_PX, frame, type Layer, PANEL_WIDTH, textLayer, type XEncoding, xAxis } from './frame.ts'
import { axesOf, valueOn } from './grid.ts'
import { mapsOf } from './heatmap.ts'
import { colour } from './palette.ts'
import { linearAxis } from './ticks.ts'

const ROW_HEIGHT = 30
const BAR_HEIGHT = 14
const LABEL_GLYPHS = 16
/** Room for the value written beside each bar. */
const VALUE_WIDTH = 152

type Bar = {
  label: string
  mid: number
  value: number | undefined
  min: number
  max: number
  text: string
  mark: 'none' | 'fail' | 'inconclusive'
}

function markOf(cell: CellAnalysis, context: ChartContext): Bar['mark'] {
  const verdict = context.verdicts.get(cell.index)
  if (verdict === 'fail') return 'fail'
  return verdict === 'inconclusive' || cell.validity.state !== 'VALID' ? 'inconclusive' : 'none'
}

function barOf(cell: CellAnalysis, axis: string, metric: HeadlineMetric, context: ChartContext, index: number): Bar {
  const spread = cell.spread[metric.name]
  const value = spread?.median ?? (cell.measures && metric.read(cell.measures))
  const mark = markOf(cell, context)
  const word = { fail: '  ✕ FAIL', inconclusive: '  ? in doubt', none: '' }[mark]
  return {
    label: shorten(cleanLine(valueOn(cell, axis)), LABEL_GLYPHS),
    mid: index * ROW_HEIGHT + ROW_HEIGHT / 2,
    value,
    min: spread?.min ?? value ?? 0,
    max: spread?.max ?? value ?? 0,
    text: `${value === undefined ? NONE : showMetric(value, metric.kind)}${word}`,
    mark,
  }
}

const pixelY = (field: string) => ({ field, type: 'quantitative' as const, scale: null, axis: null })

/** Bars to the median; those that failed or are in doubt are paler, with a dashed edge. */
function barLayers(bars: readonly Bar[], x: XEncoding): Layer[] {
  const values = bars
    .filter(bar => bar.value !== undefined)
    .map(bar => ({ x: bar.value, zero: 0, y: bar.mid - BAR_HEIGHT / 2, y2: bar.mid + BAR_HEIGHT / 2, mark: bar.mark }))
  const box = { x, x2: { field: 'zero' }, y: pixelY('y'), y2: { field: 'y2' } }
  const scale = (domain: Bar['mark'][], range: string[]) => ({
    field: 'mark',
    type: 'nominal' as const,
    legend: null,
    scale: { domain, range },
  })
  const fills = scale(['none', 'fail', 'inconclusive'], [colour('h4'), colour('failWash'), colour('doubtWash')])
  const edges = scale(['fail', 'inconclusive'], [colour('fail'), colour('doubt')])
  return [
    { data: { values }, mark: { type: 'rect' }, encoding: { ...box, color: fills } },
    {
      data: { values: values.filter(bar => bar.mark !== 'none') },
      mark: { type: 'rect', filled: false, strokeWidth: 1.5, strokeDash: [4, 3] },
      encoding: { ...box, stroke: edges },
    },
  ]
}

/** Whiskers from the smallest to the largest repetition. */
function spreadLayers(bars: readonly Bar[], x: XEncoding): Layer[] {
  const spread = bars.filter(bar => bar.max > bar.min)
  return [
    {
      data: { values: spread.map(bar => ({ min: bar.min, x: bar.max, y: bar.mid })) },
      mark: { type: 'rule', strokeWidth: 2, color: colour('ink') },
      encoding: { x: { ...x, field: 'min' }, x2: { field: 'x' }, y: pixelY('y') },
    },
    {
      data: { values: spread.flatMap(bar => [bar.min, bar.max].map(at => ({ x: at, y: bar.mid }))) },
      mark: {
        type: 'point',
        shape: 'M0,-5L0,5',
        size: 4,
        stroke: colour('ink'),
        strokeWidth: 2,
        filled: false,
        opacity: 1,
      },
      encoding: { x, y: pixelY('y') },
    },
  ]
}

function drawBars(analysis: Analysis, axis: string, metric: HeadlineMetric, context: ChartContext): Panel {
  const bars = analysis.cells.map((cell, index) => barOf(cell, axis, metric, context, index))
  const most = Math.max(0, ...bars.map(bar => bar.max))
  const unit = metric.kind === 'us' && most >= 1000 ? 1000 : 1
  const scale = linearAxis(most, value => (value === 0 ? '0' : showMetric(value, metric.kind)), { unit, count: 3 })
  const x = xAxis(scale, { grid: true })
  const left = 10 + Math.max(...bars.map(bar => [...bar.label].length)) * 7.4
  const plot = PANEL_WIDTH.half - left - VALUE_WIDTH
  const labels = bars.map(bar => ({ x: -8, y: bar.mid, text: bar.label }))
  const values = bars.map(bar => ({ x: plot + 10, y: bar.mid, text: bar.text }))
  const layers = [
    ...barLayers(bars, x),
    ...spreadLayers(bars, x),
    textLayer(labels, { align: 'right', colour: 'ink' }),
    textLayer(values, { colour: 'ink', size: FONT_PX, bold: true }),
  ]
  const margins = { left, right: VALUE_WIDTH, top: 4, bottom: 30 }
  return {
    title: `${metric.label}, ${metric.better === 'higher' ? 'higher is better' : 'lower is better'}`,
    describe: `Bars of ${metric.label} for ${bars.length} values of ${cleanLine(axis)}; the values stand in the table.`,
    width: 'half',
    legend: [],
    spec: frame(PANEL_WIDTH.half, bars.length * ROW_HEIGHT + 34, layers, margins),
  }
}

function spreadText(cell: CellAnalysis, metric: HeadlineMetric): string {
  const spread = cell.spread[metric.name]
  if (!spread) return showMetric(cell.measures && metric.read(cell.measures), metric.kind)
  return [spread.min, spread.median, spread.max].map(value => showMetric(value, metric.kind)).join(' – ')
}

export const bars: RunChart = {
  scope: 'run',
  id: 'sweep',
  title: 'Sweep',
  describe: 'Every value of the swept setting by its main numbers.',
  draw(analysis, context) {
    const axes = axesOf(analysis)
    const [axis] = axes
    if (!axis || axes.length !== 1 || analysis.cells.length < 2) return { panels: [], notes: [] }
    const metrics = mapsOf(analysis)
    const notes = [`Swept: ${cleanLine(axis.name)}.`]
    if (analysis.repeat > 1) notes.push('Bars: median of repetitions; whiskers: smallest and largest.')
    return {
      panels: metrics.map(metric => drawBars(analysis, axis.name, metric, context)),
      notes,
      table: {
        columns: [
          { label: axis.name },
          ...metrics.map(metric => ({ label: `${metric.label}: min – median – max`, numeric: true })),
        ],
        rows: analysis.cells.map(cell => [
          valueOn(cell, axis.name),
          ...metrics.map(metric => spreadText(cell, metric)),
        ]),
      },
    }
  },
}
