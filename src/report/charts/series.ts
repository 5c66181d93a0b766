// A trial second by second: rates, latencies, lag and errors under one time axis with its phases and events.
import type { SeriesPoint, TrialAnalysis } from '../../analysis/analysis.ts'
import { formatCount } from '../../core/units.ts'
import { NONE, showPerSecond, showSeconds, showUs, showWhole } from '../format.ts'
import { plural } from '../text.ts'
import type { DataTable, LegendItem, Panel, TrialChart } from './chart.ts'
import { frame, type Layer, type Line, lineLayer, PANEL_WIDTH, xAxis, yAxis } from './frame.ts'
import { colour, DASHES } from './palette.ts'
import { type Axis, linearAxis, logAxis } from './ticks.ts'
import { eventLayers, phaseLayers, thinSeries, timeAxis } from './timeline.ts'

type Read = (point: SeriesPoint) => number | undefined
type Trace = { label: string; colour: Line['colour']; dash: Line['dash']; read: Read }

const RATES: readonly Trace[] = [
  { label: 'sent', colour: 's4', dash: DASHES.solid, read: point => point.sentPerSecond },
  { label: 'acked', colour: 's1', dash: DASHES.long, read: point => point.ackedPerSecond },
  { label: 'consumed', colour: 's3', dash: DASHES.short, read: point => point.consumedPerSecond },
  { label: 'target', colour: 's6', dash: DASHES.dotted, read: point => point.targetPerSecond },
]
const LATENCIES: readonly Trace[] = [
  { label: 'ack p50', colour: 's1', dash: DASHES.short, read: point => point.ackP50Us },
  { label: 'ack p99', colour: 's1', dash: DASHES.solid, read: point => point.ackP99Us },
  { label: 'ack p99.9', colour: 's4', dash: DASHES.mixed, read: point => point.ackP999Us },
  { label: 'end-to-end p99', colour: 's2', dash: DASHES.long, read: point => point.e2eP99Us },
]

type Stage = { trial: TrialAnalysis; points: SeriesPoint[]; axis: Axis }

function linesOf(traces: readonly Trace[], points: readonly SeriesPoint[], floor = 0): Line[] {
  return traces.flatMap(trace => {
    const line = points.map(point => {
      const value = trace.read(point)
      return {
        x: point.tSeconds + 0.5,
        y: value === undefined || !Number.isFinite(value) ? undefined : Math.max(floor, value),
      }
    })
    return line.some(point => point.y !== undefined && point.y > 0)
      ? [{ label: trace.label, colour: trace.colour, ...(trace.dash ? { dash: trace.dash } : {}), points: line }]
      : []
  })
}

const legendOf = (lines: readonly Line[]): LegendItem[] =>
  lines.map(line => ({ label: line.label, colour: line.colour, dash: line.dash ?? DASHES.solid, mark: 'line' }))

/** Phases and events behind, the lines in front; only the first panel of a trial names phases and events. */
function stacked(
  stage: Stage,
  y: Axis,
  options: { height: number; first?: boolean; log?: boolean },
  front: (x: ReturnType<typeof xAxis>, y: ReturnType<typeof yAxis>) => Layer[],
): Panel['spec'] {
  const x = xAxis(stage.axis)
  const first = options.first ?? false
  const layers = [
    ...phaseLayers(stage.trial, x, first),
    ...front(x, yAxis(y, { log: options.log ?? false })),
    ...eventLayers(stage.trial, stage.axis, x, first),
  ]
  return frame(PANEL_WIDTH.full, options.height, layers, { top: first ? 22 : 8, bottom: 26 })
}

function ratePanel(stage: Stage): Panel[] {
  const lines = linesOf(RATES, stage.points)
  if (lines.length === 0) return []
  const most = Math.max(...lines.flatMap(line => line.points.map(point => point.y ?? 0)))
  const y = linearAxis(most, value => `${formatCount(value)}/s`)
  return [
    {
      title: 'Records per second',
      describe: `Lines over time: ${lines.map(line => line.label).join(', ')} per second.`,
      width: 'full',
      legend: legendOf(lines),
      spec: stacked(stage, y, { height: 216, first: true }, (xe, ye) => [lineLayer(lines, xe, ye)]),
    },
  ]
}

function latencyPanel(stage: Stage): Panel[] {
  const lines = linesOf(LATENCIES, stage.points, 1)
  const values = lines.flatMap(line => line.points.flatMap(point => point.y ?? []))
  if (values.length === 0) return []
  const y = logAxis(Math.min(...values), Math.max(...values), showUs)
  return [
    {
      title: 'Response time of each second’s records',
      describe: `Lines over time on a log scale: ${lines.map(line => line.label).join(', ')}.`,
      width: 'full',
      legend: legendOf(lines),
      spec: stacked(stage, y, { height: 216, log: true }, (xe, ye) => [lineLayer(lines, xe, ye)]),
    },
  ]
}

const COUNTS: readonly { title: string; trace: Trace }[] = [
  {
    title: 'Lag of the slowest group, in records',
    trace: { label: 'lag', colour: 's3', dash: DASHES.solid, read: point => point.lag },
  },
  {
    title: 'Under-replicated partitions',
    trace: { label: 'under-replicated', colour: 's5', dash: DASHES.solid, read: point => point.underReplicated },
  },
]

/** One low panel per count that was ever above zero. */
function countPanels(stage: Stage): Panel[] {
  return COUNTS.flatMap(({ title, trace }): Panel[] => {
    const lines = linesOf([trace], stage.points)
    if (lines.length === 0) return []
    const most = Math.max(...lines.flatMap(line => line.points.map(point => point.y ?? 0)))
    const y = linearAxis(most, formatCount, { whole: true, count: 3 })
    const spec = stacked(stage, y, { height: 118 }, (xe, ye) => [lineLayer(lines, xe, ye, { stepped: true })])
    return [{ title, describe: `Line over time: ${title}.`, width: 'full', legend: [], spec }]
  })
}

function errorPanel(stage: Stage, everySeconds: number): Panel[] {
  const rows = stage.points.filter(point => point.errors > 0 || point.retries > 0)
  if (rows.length === 0) return []
  const y = linearAxis(Math.max(...rows.map(point => Math.max(point.errors, point.retries))), formatCount, {
    whole: true,
    count: 3,
  })
  const bars = (read: (point: SeriesPoint) => number, from: number, to: number) =>
    rows
      .filter(point => read(point) > 0)
      .map(point => ({
        x: point.tSeconds + from * everySeconds,
        x2: point.tSeconds + to * everySeconds,
        y: read(point),
        zero: 0,
      }))
  const spec = stacked(stage, y, { height: 130 }, (xe, ye) => [
    {
      data: { values: bars(point => point.errors, 0.05, 0.5) },
      mark: { type: 'rect', color: colour('fail'), clip: true },
      encoding: { x: xe, x2: { field: 'x2' }, y: ye, y2: { field: 'zero' } },
    },
    {
      data: { values: bars(point => point.retries, 0.5, 0.95) },
      mark: { type: 'rect', filled: false, stroke: colour('doubt'), strokeWidth: 1.5, clip: true },
      encoding: { x: xe, x2: { field: 'x2' }, y: ye, y2: { field: 'zero' } },
    },
  ])
  return [
    {
      title: 'Errors and retries',
      describe: 'Bars over time: errors filled, retries outlined.',
      width: 'full',
      legend: [
        { label: 'errors', colour: 'fail', mark: 'bar' },
        { label: 'retries (outlined)', colour: 'doubt', mark: 'range' },
      ],
      spec,
    },
  ]
}

function tableOf(points: readonly SeriesPoint[]): DataTable {
  const numeric = (label: string) => ({ label, numeric: true })
  const count = (value: number | undefined): string => (value === undefined ? NONE : showWhole(value))
  return {
    columns: [
      numeric('from'),
      { label: 'phase' },
      ...[
        'target',
        'sent',
        'acked',
        'consumed',
        'ack p50',
        'ack p99',
        'ack p99.9',
        'e2e p99',
        'slip p99',
        'lag',
        'errors',
        'retries',
      ].map(numeric),
    ],
    rows: points.map(point => [
      showSeconds(point.tSeconds),
      point.phase,
      showPerSecond(point.targetPerSecond),
      showPerSecond(point.sentPerSecond),
      showPerSecond(point.ackedPerSecond),
      showPerSecond(point.consumedPerSecond),
      showUs(point.ackP50Us),
      showUs(point.ackP99Us),
      showUs(point.ackP999Us),
      showUs(point.e2eP99Us),
      showUs(point.slipP99Us),
      count(point.lag),
      count(point.errors),
      count(point.retries),
    ]),
  }
}

export const timeSeries: TrialChart = {
  scope: 'trial',
  id: 'time',
  title: 'Over time',
  describe:
    'Second by second since the start of load. Shaded phases are not measured; numbered marks are events, listed below.',
  draw(trial) {
    const { points, everySeconds } = thinSeries(trial.series)
    if (points.length === 0) return { panels: [], notes: ['No second of this trial was recorded.'] }
    const stage: Stage = { trial, points, axis: timeAxis(trial) }
    const errors = errorPanel(stage, everySeconds)
    const notes = errors.length === 0 ? ['No errors and no retries in any second.'] : []
    if (everySeconds > 1)
      notes.push(
        `Thinned to one point per ${plural(everySeconds, 'second')}: mean rates, the worst second’s latency and lag, summed errors.`,
      )
    return {
      panels: [...ratePanel(stage), ...latencyPanel(stage), ...countPanels(stage), ...errors],
      table: tableOf(points),
      notes,
    }
  },
}
