// A drill in one picture: rates, response times, what the brokers told and lag under one time axis, with the faults and the moments t0′ to t8.
import type { SeriesPoint, TrialAnalysis } from '../../analysis/analysis.ts'
import { formatCount } from '../../core/units.ts'
import { MOMENTS, type MomentName, momentsOf } from '../drill/moments.ts'
import { showUs } from '../format.ts'
import type { Panel, TrialChart } from './chart.ts'
import { frame, type Layer, type Line, lineLayer, PANEL_WIDTH, xAxis, yAxis } from './frame.ts'
import { colour, DASHES } from './palette.ts'
import { type Axis, linearAxis, logAxis } from './ticks.ts'
import { phaseLayers, thinSeries, timeAxis } from './timeline.ts'

type Mark = { name: MomentName; x: number }
type Stage = { trial: TrialAnalysis; axis: Axis; marks: Mark[] }
type Shape = {
  title: string
  lines: Line[]
  y: Axis
  height: number
  log?: boolean
  stepped?: boolean
  names?: boolean
}

/** Names nearer to one another than this share of the axis stand below one another. */
const NEAR_SHARE = 0.028
const LEVELS = 3
const LEVEL_PX = 14

/** Of many strikes the first begins and the last ends the tale; one moment is drawn once. */
function marksOf(trial: TrialAnalysis): Mark[] {
  const all = momentsOf(trial)
  const seconds = (name: MomentName): number[] => all.flatMap(one => one.at[name] ?? [])
  return (Object.keys(MOMENTS) as MomentName[]).flatMap((name): Mark[] => {
    const found = seconds(name)
    if (name === 't0' || found.length === 0) return []
    return [{ name, x: name === 't0′' || name === 't1' || name === 't3' ? Math.min(...found) : Math.max(...found) }]
  })
}

/** From the act to the heal. */
function faultLayer(trial: TrialAnalysis, x: ReturnType<typeof xAxis>): Layer {
  const values = momentsOf(trial).flatMap(({ at }) =>
    at['t0′'] === undefined || at.t6 === undefined ? [] : [{ x: at['t0′'], x2: at.t6 }],
  )
  return {
    data: { values },
    mark: { type: 'rect', color: colour('failWash'), opacity: 0.9, clip: true },
    encoding: { x, x2: { field: 'x2' } },
  }
}

function markLayers({ marks, axis }: Stage, x: ReturnType<typeof xAxis>, names: boolean): Layer[] {
  const lines: Layer = {
    data: { values: marks.map(mark => ({ x: mark.x })) },
    mark: { type: 'rule', strokeDash: [2, 3], strokeWidth: 1, color: colour('ink'), opacity: 0.8 },
    encoding: { x },
  }
  if (!names) return [lines]
  const near = (axis.domain[1] - axis.domain[0]) * NEAR_SHARE
  const lastAt: number[] = []
  const placed = marks
    .toSorted((a, b) => a.x - b.x)
    .map(mark => {
      const free = Array.from({ length: LEVELS }, (_, level) => level).find(
        level => mark.x - (lastAt[level] ?? Number.NEGATIVE_INFINITY) > near,
      )
      const level = free ?? LEVELS - 1
      lastAt[level] = mark.x
      return { x: mark.x, text: mark.name, level }
    })
  const labels = Array.from(
    { length: LEVELS },
    (_, level): Layer => ({
      data: { values: placed.filter(mark => mark.level === level) },
      mark: {
        type: 'text',
        align: 'left',
        dx: 3,
        baseline: 'middle',
        fontSize: 11,
        fontWeight: 600,
        color: colour('ink'),
      },
      encoding: { x, y: { value: 8 + level * LEVEL_PX }, text: { field: 'text', type: 'nominal' } },
    }),
  )
  return [lines, ...labels]
}

function panelOf(stage: Stage, shape: Shape): Panel[] {
  const { lines, y, height, title, names = false } = shape
  if (lines.every(line => line.points.every(point => point.y === undefined))) return []
  const [x, ye] = [xAxis(stage.axis), yAxis(y, { log: shape.log ?? false })]
  const layers = [
    ...phaseLayers(stage.trial, x, names),
    faultLayer(stage.trial, x),
    lineLayer(lines, x, ye, { stepped: shape.stepped ?? false }),
    ...markLayers(stage, x, names),
  ]
  const legend = lines.map(line => ({
    label: line.label,
    colour: line.colour,
    dash: line.dash ?? DASHES.solid,
    mark: 'line' as const,
  }))
  const describe = `Lines over time: ${lines.map(line => line.label).join(', ')}.`
  const spec = frame(PANEL_WIDTH.full, height, layers, { top: names ? 22 : 8, bottom: 26 })
  return [{ title, describe, width: 'full', legend, spec }]
}

const most = (lines: readonly Line[]): number =>
  Math.max(0, ...lines.flatMap(line => line.points.map(point => point.y ?? 0)))

function line(
  points: readonly SeriesPoint[],
  label: string,
  style: Pick<Line, 'colour' | 'dash'>,
  read: (point: SeriesPoint) => number | undefined,
): Line {
  return { label, ...style, points: points.map(point => ({ x: point.tSeconds + 0.5, y: read(point) })) }
}

function loadPanels(stage: Stage, points: readonly SeriesPoint[]): Panel[] {
  const rates = [
    line(points, 'acknowledged', { colour: 's1', dash: DASHES.solid }, point => point.ackedPerSecond),
    line(points, 'scheduled', { colour: 's6', dash: DASHES.dotted }, point => point.targetPerSecond),
  ]
  const times = [
    line(points, 'p99', { colour: 's1', dash: DASHES.solid }, point => point.ackP99Us),
    line(points, 'p50', { colour: 's1', dash: DASHES.short }, point => point.ackP50Us),
  ]
  const known = times.flatMap(one => one.points.flatMap(point => point.y ?? []))
  const rate = linearAxis(most(rates), value => `${formatCount(value)}/s`)
  const latency = logAxis(Math.min(...known), Math.max(...known), showUs)
  return [
    ...panelOf(stage, { title: 'Records per second', lines: rates, y: rate, height: 232, names: true }),
    ...panelOf(stage, { title: 'Acknowledgement response time', lines: times, y: latency, height: 180, log: true }),
  ]
}

function brokerPanel(stage: Stage): Panel[] {
  const course = stage.trial.recovery?.course ?? []
  const end = stage.axis.domain[1]
  const last = course.at(-1)
  const rows = last ? [...course, { ...last, tSeconds: end }] : []
  const lines: Line[] = [
    {
      label: 'replicas in sync, fewest of any partition',
      colour: 's3',
      points: rows.map(row => ({ x: row.tSeconds, y: row.fewestInSync })),
    },
    {
      label: 'leader epochs begun, all partitions',
      colour: 's2',
      dash: DASHES.long,
      points: rows.map(row => ({ x: row.tSeconds, y: row.newEpochs })),
    },
  ]
  const y = linearAxis(most(lines), formatCount, { whole: true, count: 3 })
  return panelOf(stage, { title: 'What the brokers told', lines, y, height: 150, stepped: true })
}

function lagPanel(stage: Stage, points: readonly SeriesPoint[]): Panel[] {
  const lines = [line(points, 'lag of the slowest group', { colour: 's4', dash: DASHES.solid }, point => point.lag)]
  const y = linearAxis(most(lines), formatCount, { whole: true, count: 3 })
  return panelOf(stage, { title: 'Lag in records', lines, y, height: 118, stepped: true })
}

export const recovery: TrialChart = {
  scope: 'trial',
  id: 'timeline',
  title: 'Timeline',
  describe: 'Seconds since the start of load. Red: a fault acts. The moments are explained in the table below.',
  draw(trial) {
    const { points } = thinSeries(trial.series)
    if (points.length === 0) return { panels: [], notes: ['No second of this trial was recorded.'] }
    const stage: Stage = { trial, axis: timeAxis(trial), marks: marksOf(trial) }
    return { panels: [...loadPanels(stage, points), ...brokerPanel(stage), ...lagPanel(stage, points)], notes: [] }
  },
}
