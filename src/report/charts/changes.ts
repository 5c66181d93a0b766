// How far one run moved from another: one row per cell, a dot at the ratio and a bar over what repetitions would allow.
import type { CellComparison, Comparison, MetricComparison } from '../../stats/comparison.ts'
import { cleanLine, shorten } from '../text.ts'
import type { Drawing, Panel } from './chart.ts'
import { frame, type Layer, PANEL_WIDTH, textLayer, xAxis } from './frame.ts'
import { colour } from './palette.ts'
import { labelled, linearTicks } from './ticks.ts'

const METRICS = ['throughput', 'ack.p99', 'e2e.p99', 'cpu.seconds.per.million']
const ROW_HEIGHT = 22
const MOST_CELLS = 40
const LABEL_GLYPHS = 30
const GLYPH_WIDTH = 7.2
/** Changes smaller than this do not stretch the axis. */
const LEAST_PERCENT = 5

type Row = { label: string; y: number; percent: number; low: number; high: number; apart: boolean }

const toPercent = (ratio: number): number => (ratio - 1) * 100

function rowOf(cell: CellComparison, name: string, index: number): Row[] {
  const metric = cell.metrics.find((one: MetricComparison) => one.name === name)
  if (!metric?.a || !metric.b || metric.ratio === undefined || metric.a.min <= 0) return []
  return [
    {
      label: shorten(cleanLine(cell.short), LABEL_GLYPHS),
      y: index * ROW_HEIGHT + ROW_HEIGHT / 2,
      percent: toPercent(metric.ratio),
      low: toPercent(metric.b.min / metric.a.max),
      high: toPercent(metric.b.max / metric.a.min),
      apart: metric.overlap === false,
    },
  ]
}

const pixelY = { field: 'y', type: 'quantitative' as const, scale: null, axis: null }

function layersOf(rows: readonly Row[]): Layer[] {
  const most = Math.max(LEAST_PERCENT, ...rows.flatMap(row => [row.low, row.high, row.percent].map(Math.abs))) * 1.06
  const positive = linearTicks(most, { count: 2 })
  const values = [
    ...positive
      .slice(1)
      .map(value => -value)
      .reverse(),
    ...positive,
  ]
  const show = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value)} %`
  const x = xAxis({ domain: [-most, most], values, labelExpr: labelled(values, show) }, { grid: true })
  const data = rows.map(row => ({ x: row.high, low: row.low, percent: row.percent, y: row.y, apart: row.apart }))
  const dots = (apart: boolean): Layer => ({
    data: { values: data.filter(row => row.apart === apart) },
    mark: {
      type: 'point',
      shape: apart ? 'diamond' : 'circle',
      size: apart ? 90 : 60,
      filled: true,
      fill: apart ? colour('s2') : colour('card'),
      stroke: apart ? colour('s2') : colour('s1'),
      strokeWidth: 1.6,
      opacity: 1,
    },
    encoding: { x: { ...x, field: 'percent' }, y: pixelY },
  })
  return [
    { data: { values: [{ x: 0 }] }, mark: { type: 'rule', color: colour('ink'), strokeWidth: 1 }, encoding: { x } },
    {
      data: { values: data },
      mark: { type: 'rule', color: colour('s6'), strokeWidth: 3, opacity: 0.6 },
      encoding: { x: { ...x, field: 'low' }, x2: { field: 'x' }, y: pixelY },
    },
    dots(false),
    dots(true),
  ]
}

const NOTE =
  'Diamonds: the ranges of repetitions are apart. Circles: they overlap, or there are too few repetitions. Bars reach from smallest B ÷ largest A to largest B ÷ smallest A.'

function panelOf(comparison: Comparison, name: string): Panel[] {
  const shown = comparison.cells.slice(0, MOST_CELLS)
  const rows = shown.flatMap((cell, index) => rowOf(cell, name, index))
  const metric = shown[0]?.metrics.find(one => one.name === name)
  if (rows.length === 0 || !metric) return []
  const left = 12 + Math.max(...rows.map(row => [...row.label].length)) * GLYPH_WIDTH
  const labels = textLayer(
    rows.map(row => ({ x: -8, y: row.y, text: row.label })),
    { align: 'right', colour: 'ink', size: 11.5 },
  )
  const height = shown.length * ROW_HEIGHT + 36
  const wanted = metric.better === 'higher' ? 'right is better' : 'left is better'
  const describe = `One row per cell: the change of ${metric.label} from A to B in percent; the values stand in the tables below.`
  const spec = frame(PANEL_WIDTH.half, height, [...layersOf(rows), labels], { left, right: 20, top: 6, bottom: 30 })
  return [{ title: `${metric.label}, ${wanted}`, describe, width: 'half', legend: [], spec }]
}

/** Draws the changes of the headline metrics in all cells that both runs have. */
export function drawChanges(comparison: Comparison): Drawing {
  const more = comparison.cells.length - MOST_CELLS
  return {
    panels: METRICS.flatMap(name => panelOf(comparison, name)),
    notes: [NOTE, ...(more > 0 ? [`${more} more cells are not drawn; they stand in the tables.`] : [])],
  }
}
