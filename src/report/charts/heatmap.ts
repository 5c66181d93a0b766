// The matrix at a glance: one heat map per headline metric, values written in, doubt and failure hatched and named.
import type { Analysis, CellAnalysis } from '../../analysis/analysis.ts'
import { HEADLINE_METRICS, type HeadlineMetric } from '../../stats/comparison.ts'
import { NONE, showMetric, showRange } from '../format.ts'
import { cleanLine, shorten } from '../text.ts'
import { rankSound, tiedFirst } from './best.ts'
import type { ChartContext, DataTable, Drawing, Panel, RunChart } from './chart.ts'
import { frame, PANEL_WIDTH, textLayer } from './frame.ts'
import { type Grid, gridOf } from './grid.ts'
import { GAP, heatStep, TILE_HEIGHT, type Tile, tileLayers } from './tiles.ts'

const MAPS = ['ack.p99', 'e2e.p99', 'throughput', 'cpu.seconds.per.million']
const LABEL_GLYPHS = 15
const HALF_COLUMNS = 6

const valueOf = (cell: CellAnalysis | undefined, metric: HeadlineMetric): number | undefined =>
  cell?.measures && metric.read(cell.measures)

function bestOf(
  cells: readonly CellAnalysis[],
  metric: HeadlineMetric,
  context: ChartContext,
): CellAnalysis | undefined {
  const ranked = rankSound(cells, metric, context.verdicts)
  return tiedFirst(ranked) === 1 && ranked.length > 1 ? ranked[0]?.cell : undefined
}

function markOf(cell: CellAnalysis, best: CellAnalysis | undefined, context: ChartContext): Tile['mark'] {
  const verdict = context.verdicts.get(cell.index)
  if (verdict === 'fail') return 'fail'
  if (verdict === 'inconclusive' || cell.validity.state !== 'VALID') return 'inconclusive'
  return cell === best ? 'best' : 'none'
}

function tilesOf(
  grid: Grid,
  cells: readonly CellAnalysis[],
  metric: HeadlineMetric,
  context: ChartContext,
  width: number,
): Tile[] {
  const values = cells.flatMap(cell => valueOf(cell, metric) ?? [])
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const best = bestOf(cells, metric, context)
  return grid.rows.flatMap((row, rowIndex) =>
    grid.columns.flatMap((column, columnIndex): Tile[] => {
      const cell = grid.at(row, column)
      if (!cell) return []
      const value = valueOf(cell, metric)
      const spread = cell.spread[metric.name]
      const mark = markOf(cell, best, context)
      const word = { fail: '✕ FAIL', inconclusive: '? in doubt', best: '★ best', none: '' }[mark]
      const range = spread && spread.n > 1 ? showRange(spread.min, spread.max, metric.kind) : ''
      return [
        {
          x: columnIndex * width,
          y: rowIndex * TILE_HEIGHT,
          step: value === undefined ? -1 : heatStep(value, least, most),
          main: showMetric(value, metric.kind),
          sub: word || range,
          mark,
        },
      ]
    }),
  )
}

function drawMap(grid: Grid, analysis: Analysis, metric: HeadlineMetric, context: ChartContext): Panel {
  const size = grid.columns.length > HALF_COLUMNS ? 'full' : 'half'
  const left = 8 + Math.min(LABEL_GLYPHS, Math.max(...grid.rows.map(row => [...row].length))) * 7.4
  const width = Math.floor((PANEL_WIDTH[size] - left - 4) / grid.columns.length)
  const tiles = tilesOf(grid, analysis.cells, metric, context, width)
  const rowLabels = grid.rows.map((row, index) => ({
    x: -8,
    y: index * TILE_HEIGHT + (TILE_HEIGHT - GAP) / 2,
    text: shorten(row, LABEL_GLYPHS),
  }))
  const columnLabels = grid.columns.map((column, index) => ({
    x: index * width + (width - GAP) / 2,
    y: -12,
    text: shorten(column, Math.max(4, Math.floor(width / 7))),
  }))
  const layers = [
    ...tileLayers(tiles, width),
    textLayer(rowLabels, { align: 'right', colour: 'ink' }),
    textLayer(columnLabels, { align: 'center', colour: 'ink' }),
  ]
  const wanted = metric.better === 'higher' ? 'higher is better' : 'lower is better'
  return {
    title: `${metric.label}, ${wanted}`,
    describe: `Heat map of ${metric.label}: ${tiles.length} cells, rows ${cleanLine(grid.rowAxes.join(' and '))}, columns ${cleanLine(grid.columnAxes.join(' and '))}; the values stand in the table of all cells.`,
    width: size,
    legend: [],
    spec: frame(PANEL_WIDTH[size], grid.rows.length * TILE_HEIGHT + 30, layers, { left, right: 4, top: 26, bottom: 4 }),
  }
}

function tableOf(analysis: Analysis, metrics: readonly HeadlineMetric[]): DataTable {
  const show = (cell: CellAnalysis, metric: HeadlineMetric): string => {
    const spread = cell.spread[metric.name]
    const value = showMetric(valueOf(cell, metric), metric.kind)
    return spread && spread.n > 1 && value !== NONE
      ? `${value} (${showRange(spread.min, spread.max, metric.kind)})`
      : value
  }
  return {
    columns: [{ label: 'cell' }, ...metrics.map(metric => ({ label: metric.label, numeric: true }))],
    rows: analysis.cells.map(cell => [cell.label, ...metrics.map(metric => show(cell, metric))]),
  }
}

/** Metrics of which at least one cell has a value. */
export function mapsOf(analysis: Analysis): HeadlineMetric[] {
  return HEADLINE_METRICS.filter(
    metric => MAPS.includes(metric.name) && analysis.cells.some(cell => valueOf(cell, metric) !== undefined),
  )
}

export const heatmap: RunChart = {
  scope: 'run',
  id: 'matrix',
  title: 'Matrix',
  describe: 'Every cell by its main numbers; the stronger the shade, the higher the number.',
  draw(analysis, context) {
    const grid = gridOf(analysis)
    if (!grid) return { panels: [], notes: [] }
    const metrics = mapsOf(analysis)
    const notes = [`Rows: ${cleanLine(grid.rowAxes.join(' · '))}. Columns: ${cleanLine(grid.columnAxes.join(' · '))}.`]
    if (analysis.repeat > 1) notes.push('Small numbers: smallest and largest repetition.')
    notes.push(
      '★ marks a value that is better by more than 1 % than in every other cell that is valid and broke no rule; where ranges overlap, others may be just as good. Hatched cells failed a rule (✕) or are in doubt (?).',
    )
    const drawing: Drawing = {
      panels: metrics.map(metric => drawMap(grid, analysis, metric, context)),
      notes,
      table: tableOf(analysis, metrics),
    }
    return drawing
  },
}
