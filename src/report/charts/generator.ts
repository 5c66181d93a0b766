// The health of the load generator: whether its workers had the CPU, and came back on time, to do what the schedule asked.
import type { GeneratorHealth, TrialAnalysis } from '../../analysis/analysis.ts'
import { formatUs } from '../../core/units.ts'
import { showBytes, showCores, showShare, showUs } from '../format.ts'
import { cleanLine, shorten } from '../text.ts'
import type { DataTable, Panel, TrialChart } from './chart.ts'
import { frame, type Layer, type Line, lineLayer, PANEL_WIDTH, textLayer, xAxis, yAxis } from './frame.ts'
import { colour, DASHES } from './palette.ts'
import { linearAxis, logAxis } from './ticks.ts'
import { eventLayers, phaseLayers, thinSeries, timeAxis } from './timeline.ts'

const ROW_HEIGHT = 22
const MOST_WORKERS = 24
const LABEL_GLYPHS = 18
/** A worker is one process with one busy thread: near one core it cannot keep a schedule. */
const BUSY_CORES = 0.85

const pixelY = { field: 'y', type: 'quantitative' as const, scale: null, axis: null }

type Row = { worker: GeneratorHealth; y: number; label: string }

function rowsOf(trial: TrialAnalysis): Row[] {
  return trial.generator.slice(0, MOST_WORKERS).map((worker, index) => ({
    worker,
    y: index * ROW_HEIGHT + ROW_HEIGHT / 2,
    label: shorten(cleanLine(worker.worker), LABEL_GLYPHS),
  }))
}

function rowFrame(rows: readonly Row[], layers: Layer[]): Panel['spec'] {
  const left = 12 + Math.max(...rows.map(row => [...row.label].length)) * 7.4
  const labels = textLayer(
    rows.map(row => ({ x: -8, y: row.y, text: row.label })),
    { align: 'right', colour: 'ink' },
  )
  return frame(PANEL_WIDTH.half, rows.length * ROW_HEIGHT + 38, [...layers, labels], {
    left,
    right: 24,
    top: 6,
    bottom: 32,
  })
}

function cpuPanel(rows: readonly Row[]): Panel {
  const most = Math.max(1, ...rows.map(row => row.worker.cpuCoresMax))
  const x = xAxis(
    linearAxis(most, value => String(value), { count: 4 }),
    { grid: true },
  )
  const values = rows.map(({ worker, y }) => ({ y, avg: worker.cpuCoresAvg, x: worker.cpuCoresMax, zero: 0 }))
  const layers: Layer[] = [
    {
      data: { values: [{ x: BUSY_CORES }] },
      mark: { type: 'rule', color: colour('fail'), strokeDash: [5, 4], strokeWidth: 1.2 },
      encoding: { x },
    },
    {
      data: { values },
      mark: { type: 'rule', color: colour('s1'), strokeWidth: 3, opacity: 0.5 },
      encoding: { x: { ...x, field: 'avg' }, x2: { field: 'x' }, y: pixelY },
    },
    {
      data: { values },
      mark: { type: 'point', shape: 'circle', size: 64, filled: true, color: colour('s1'), opacity: 1 },
      encoding: { x: { ...x, field: 'avg' }, y: pixelY },
    },
    {
      data: { values },
      mark: {
        type: 'point',
        shape: 'M0,-5L0,5',
        size: 4,
        filled: false,
        stroke: colour('s1'),
        strokeWidth: 2,
        opacity: 1,
      },
      encoding: { x, y: pixelY },
    },
  ]
  return {
    title: 'CPU of each worker (cores): mean and busiest second',
    describe: 'One row per worker: a dot at its mean CPU, a bar to its busiest second, a dashed line at 0.85 cores.',
    width: 'half',
    legend: [
      { label: 'mean', colour: 's1', mark: 'point' },
      { label: 'to the busiest second', colour: 's1', mark: 'faint' },
      { label: '0.85 cores: too busy to keep time', colour: 'fail', dash: [5, 4], mark: 'line' },
    ],
    spec: rowFrame(rows, layers),
  }
}

function latePanel(rows: readonly Row[]): Panel {
  const most = Math.max(1, ...rows.flatMap(({ worker }) => [worker.loopLateMaxUs, worker.gcMaxUs]))
  const x = xAxis(
    linearAxis(most, value => (value === 0 ? '0' : formatUs(value)), { count: 4 }),
    { grid: true },
  )
  const bar = (read: (worker: GeneratorHealth) => number, dy: number) =>
    rows.map(({ worker, y }) => ({ x: read(worker), y: y + dy, y2: y + dy + 7, zero: 0 }))
  const layers: Layer[] = [
    {
      data: { values: bar(worker => worker.loopLateMaxUs, -8) },
      mark: { type: 'rect', color: colour('s2') },
      encoding: { x, x2: { field: 'zero' }, y: pixelY, y2: { field: 'y2' } },
    },
    {
      data: { values: bar(worker => worker.gcMaxUs, 1) },
      mark: { type: 'rect', filled: false, stroke: colour('s4'), strokeWidth: 1.5 },
      encoding: { x, x2: { field: 'zero' }, y: pixelY, y2: { field: 'y2' } },
    },
  ]
  return {
    title: 'Longest pauses of each worker',
    describe:
      'Two bars per worker: the latest return of its event loop, filled, and its longest garbage collection, outlined.',
    width: 'half',
    legend: [
      { label: 'event loop came back late by', colour: 's2', mark: 'bar' },
      { label: 'garbage collection (outlined)', colour: 's4', mark: 'range' },
    ],
    spec: rowFrame(rows, layers),
  }
}

function slipPanel(trial: TrialAnalysis): Panel[] {
  const { points } = thinSeries(trial.series)
  const line: Line = {
    label: 'slip p99',
    colour: 's2',
    dash: DASHES.solid,
    points: points.map(point => ({
      x: point.tSeconds + 0.5,
      y: point.slipP99Us === undefined ? undefined : Math.max(1, point.slipP99Us),
    })),
  }
  const values = line.points.flatMap(point => point.y ?? []).filter(Number.isFinite)
  if (values.length === 0) return []
  const axis = timeAxis(trial)
  const [x, y] = [xAxis(axis), yAxis(logAxis(Math.min(...values), Math.max(...values), showUs), { log: true })]
  const layers = [...phaseLayers(trial, x, true), lineLayer([line], x, y), ...eventLayers(trial, axis, x, false)]
  return [
    {
      title: 'Slip p99 of each second: how late records were handed over',
      describe: 'Line over time on a log scale: 99th percentile of sent − intended.',
      width: 'full',
      legend: [{ label: 'slip p99', colour: 's2', mark: 'line' }],
      spec: frame(PANEL_WIDTH.full, 150, layers, { top: 22, bottom: 26 }),
    },
  ]
}

function tableOf(trial: TrialAnalysis): DataTable {
  const numeric = (label: string) => ({ label, numeric: true })
  return {
    columns: [
      { label: 'worker' },
      { label: 'role' },
      ...['CPU mean', 'CPU busiest second', 'memory peak', 'GC share', 'GC longest', 'event loop late', 'slip p99'].map(
        numeric,
      ),
    ],
    rows: trial.generator.map(worker => [
      worker.worker,
      worker.role,
      showCores(worker.cpuCoresAvg),
      showCores(worker.cpuCoresMax),
      showBytes(worker.rssBytesMax),
      showShare(worker.gcShare),
      showUs(worker.gcMaxUs),
      showUs(worker.loopLateMaxUs),
      showUs(worker.slipP99Us),
    ]),
  }
}

export const generator: TrialChart = {
  scope: 'trial',
  id: 'generator',
  title: 'Generator health',
  describe: 'A generator that is itself too slow makes a cell inconclusive, not slow: these are the signs.',
  draw(trial) {
    const rows = rowsOf(trial)
    if (rows.length === 0) return { panels: [], notes: ['No worker reported its health.'] }
    const notes =
      trial.generator.length > rows.length
        ? [`${trial.generator.length - rows.length} more workers are not drawn; they stand in the table.`]
        : []
    return { panels: [cpuPanel(rows), latePanel(rows), ...slipPanel(trial)], table: tableOf(trial), notes }
  },
}
