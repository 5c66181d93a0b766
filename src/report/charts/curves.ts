// Percentile curves on the HDR axis, where every step right is one more nine: the tail takes the space it deserves.
import type { Analysis, CellAnalysis, Latency, LatencyName, Measures } from '../../analysis/analysis.ts'
import { showUs, showWhole } from '../format.ts'
import { cleanLine, shorten } from '../text.ts'
import type { CellChart, DataTable, Drawing, LegendItem, Panel, RunChart } from './chart.ts'
import { frame, type Layer, type Line, lineLayer, PANEL_WIDTH, xAxis, yAxis } from './frame.ts'
import { type AxisValues, axesOf, valueOn } from './grid.ts'
import { type ColourName, DASHES, type Dash, SERIES_COLOURS } from './palette.ts'
import { type Axis, labelled, logAxis } from './ticks.ts'

const QUANTILE_ROWS: readonly [name: string, label: string][] = [
  ['p50', 'p50'],
  ['p75', 'p75'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
  ['p9999', 'p99.99'],
]
const KINDS: readonly { name: LatencyName; label: string; colour: ColourName; dash: Dash }[] = [
  { name: 'ack', label: 'ack response (acked − intended)', colour: 's1', dash: DASHES.solid },
  { name: 'ack.service', label: 'ack service (acked − sent)', colour: 's1', dash: DASHES.long },
  { name: 'e2e', label: 'end-to-end response (received − intended)', colour: 's2', dash: DASHES.solid },
  { name: 'e2e.service', label: 'end-to-end service (received − sent)', colour: 's2', dash: DASHES.long },
]
const MAX_PANELS = 12
const MAX_REPETITIONS = 5
const MOST_LINES = SERIES_COLOURS.length
const SERVICE_UP_TO = 3

/** Points of a curve on x = 1 ÷ (1 − q); a value of zero is drawn at one µs, the least a log axis can show. */
export function hdrPoints(latency: Latency): Line['points'] {
  return latency.curve
    .filter(point => point.q < 1 && Number.isFinite(point.us))
    .map(point => ({ x: 1 / (1 - point.q), y: Math.max(1, point.us) }))
}

/** 1 → "0 %", 100 → "99 %", 1000 → "99.9 %". */
function percentLabel(x: number): string {
  return `${Number(((1 - 1 / x) * 100).toPrecision(12))} %`
}

/** The HDR axis as far as the longest curve goes. */
export function hdrAxis(most: number, size: Panel['width'] = 'full'): Axis {
  const values = [1, ...(size === 'full' ? [2, 4] : []), 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8].filter(
    value => value <= Math.max(10, most),
  )
  return { domain: [1, Math.max(10, most)], values, labelExpr: labelled(values, percentLabel) }
}

function drawCurves(
  lines: readonly Line[],
  behind: readonly Line[],
  size: Panel['width'],
  height: number,
  shared?: { x: Axis; y: Axis },
): Panel['spec'] {
  const { x, y } = shared ?? axesFor([...lines, ...behind], size)
  const [xEncoding, yEncoding] = [
    xAxis(x, { log: true, grid: true, title: 'share of records at or below' }),
    yAxis(y, { log: true }),
  ]
  const layers: Layer[] = [
    ...(behind.length > 0 ? [lineLayer(behind, xEncoding, yEncoding, { faint: true })] : []),
    lineLayer(lines, xEncoding, yEncoding),
  ]
  return frame(PANEL_WIDTH[size], height, layers, { right: 26 })
}

function axesFor(lines: readonly Line[], size: Panel['width']): { x: Axis; y: Axis } {
  const points = lines.flatMap(line => line.points)
  const ys = points.flatMap(point => point.y ?? [])
  return {
    x: hdrAxis(Math.max(10, ...points.map(point => point.x)), size),
    y: logAxis(Math.min(...ys, 1e9), Math.max(...ys, 1), showUs),
  }
}

function quantileTable(measures: Measures): DataTable {
  const present = KINDS.filter(kind => measures.latencies[kind.name])
  const slip = measures.latencies.slip
  const columns = [
    ...present.map(kind => ({ label: kind.label, latency: measures.latencies[kind.name] })),
    ...(slip ? [{ label: 'slip (sent − intended)', latency: slip }] : []),
  ]
  const row = (label: string, read: (latency: Latency) => string): string[] => [
    label,
    ...columns.map(({ latency }) => (latency ? read(latency) : '')),
  ]
  return {
    columns: [{ label: '' }, ...columns.map(({ label }) => ({ label, numeric: true }))],
    rows: [
      row('min', latency => showUs(latency.minUs)),
      ...QUANTILE_ROWS.map(([name, label]) => row(label, latency => showUs(latency.quantiles[name]))),
      row('max', latency => showUs(latency.maxUs)),
      row('mean', latency => showUs(latency.meanUs)),
      row('records', latency => showWhole(latency.count)),
      row('censored at the deadline', latency => showWhole(latency.censored)),
      row('below zero, counted as zero', latency => showWhole(latency.negative)),
    ],
  }
}

/** One cell: response solid, service dashed, every repetition of the ack response faint behind. */
function drawCell(cell: CellAnalysis): Drawing {
  const { measures } = cell
  if (!measures) return { panels: [], notes: ['No trial of this cell was completed, so there is no curve.'] }
  const kinds = KINDS.flatMap(kind => {
    const latency = measures.latencies[kind.name]
    return latency && latency.curve.length > 0 ? [{ ...kind, latency }] : []
  })
  if (kinds.length === 0) return { panels: [], notes: ['No latency was measured.'] }
  const complete = cell.trials.filter(trial => trial.state === 'complete')
  const main = kinds.some(kind => kind.name === 'ack') ? 'ack' : 'e2e'
  const behind =
    complete.length > 1 && complete.length <= MAX_REPETITIONS
      ? complete.flatMap(trial => repetitionLine(trial.measures.latencies[main], main))
      : []
  const lines = kinds.map(
    (kind): Line => ({ label: kind.label, colour: kind.colour, dash: kind.dash, points: hdrPoints(kind.latency) }),
  )
  const legend: LegendItem[] = [
    ...kinds.map((kind): LegendItem => ({ label: kind.label, colour: kind.colour, dash: kind.dash, mark: 'line' })),
    ...(behind.length > 0
      ? [
          {
            label: `${main === 'ack' ? 'ack' : 'end-to-end'} response of each repetition`,
            colour: main === 'ack' ? 's1' : 's2',
            mark: 'faint',
          } as const,
        ]
      : []),
  ]
  const panel: Panel = {
    title: 'Latency by percentile',
    describe: `Percentile curves of ${kinds.map(kind => kind.label).join(', ')}; the values stand in the table below.`,
    width: 'full',
    legend,
    spec: drawCurves(lines, behind, 'full', 340),
  }
  return { panels: [panel], table: quantileTable(measures), notes: [] }
}

function repetitionLine(latency: Latency | undefined, main: 'ack' | 'e2e'): Line[] {
  return latency && latency.curve.length > 0
    ? [{ label: main, colour: main === 'ack' ? 's1' : 's2', points: hdrPoints(latency) }]
    : []
}

export const cellCurves: CellChart = {
  scope: 'cell',
  id: 'percentiles',
  title: 'Percentile curves',
  describe:
    'Response time counts from the moment a record was meant to be sent, so that waiting behind a stall is not left out; service time counts from when it was sent.',
  draw: drawCell,
}

/** The axis whose values become the lines of a panel: the longest that has no more values than there are colours. */
function lineAxis(axes: readonly AxisValues[]): AxisValues | undefined {
  return [...axes].filter(axis => axis.values.length <= MOST_LINES).sort((a, b) => b.values.length - a.values.length)[0]
}

type Group = { title: string; by: string; cells: { cell: CellAnalysis; label: string; colour: ColourName }[] }

function groupsOf(analysis: Analysis): Group[] {
  const axes = axesOf(analysis)
  const axis = lineAxis(axes)
  const rest = axes.filter(other => other !== axis && other.values.length > 1)
  const groups = new Map<string, Group>()
  for (const cell of analysis.cells) {
    const title = rest.map(other => `${other.name} = ${valueOn(cell, other.name)}`).join(', ')
    const group = groups.get(title) ?? { title, by: axis?.name ?? 'cell', cells: [] }
    groups.set(title, group)
    const place = axis ? Math.max(0, axis.values.indexOf(valueOn(cell, axis.name))) : group.cells.length
    group.cells.push({
      cell,
      label: axis ? valueOn(cell, axis.name) : cell.label,
      colour: SERIES_COLOURS[place % MOST_LINES] ?? 's1',
    })
  }
  return [...groups.values()].flatMap(group => (group.cells.length <= MOST_LINES ? [group] : chunk(group)))
}

function chunk(group: Group): Group[] {
  const count = Math.ceil(group.cells.length / MOST_LINES)
  return Array.from({ length: count }, (_, index) => ({
    by: group.by,
    title: [group.title, `part ${index + 1} of ${count}`].filter(Boolean).join(', '),
    cells: group.cells
      .slice(index * MOST_LINES, (index + 1) * MOST_LINES)
      .map((one, place) => ({ ...one, colour: SERIES_COLOURS[place] ?? 's1' })),
  }))
}

const LINE_DASHES: readonly Dash[] = [
  DASHES.solid,
  DASHES.mixed,
  DASHES.short,
  DASHES.dotted,
  DASHES.long,
  DASHES.solid,
]

function groupLines(group: Group, name: 'ack' | 'e2e'): Line[] {
  const withService = group.cells.length <= SERVICE_UP_TO
  return group.cells.flatMap(({ cell, label, colour }, index) => {
    const [response, service] = [cell.measures?.latencies[name], cell.measures?.latencies[`${name}.service`]]
    const line = (latency: Latency | undefined, dash: Dash, suffix: string): Line[] =>
      latency && latency.curve.length > 0
        ? [{ label: shorten(cleanLine(label), 40) + suffix, colour, dash, points: hdrPoints(latency) }]
        : []
    return [
      ...line(response, withService ? DASHES.solid : (LINE_DASHES[index] ?? DASHES.solid), ''),
      ...(withService ? line(service, DASHES.short, ', service') : []),
    ]
  })
}

export const matrixCurves: RunChart = {
  scope: 'run',
  id: 'percentiles-by-cell',
  title: 'Percentile curves compared',
  describe: 'Response time by percentile, all panels on one scale; dashed where the service time stands beside it.',
  draw(analysis) {
    if (analysis.cells.length < 2) return { panels: [], notes: [] }
    const everywhere = analysis.cells.every(cell => !cell.measures || cell.measures.latencies.ack)
    const name = everywhere ? 'ack' : 'e2e'
    const groups = groupsOf(analysis)
      .map(group => ({ group, lines: groupLines(group, name) }))
      .filter(({ lines }) => lines.length > 0)
    const shown = groups.slice(0, MAX_PANELS)
    if (shown.length === 0) return { panels: [], notes: ['No latency was measured in any complete trial.'] }
    const size = shown.length === 1 ? 'full' : 'half'
    const shared = axesFor(
      shown.flatMap(({ lines }) => lines),
      size,
    )
    const what = name === 'ack' ? 'ack latency' : 'end-to-end latency'
    const panels = shown.map(({ group, lines }): Panel => {
      const title = cleanLine([group.title, `${what} by ${group.by}`].filter(Boolean).join(': '))
      return {
        title,
        describe: `Percentile curves, ${title}; the values stand in the table of all cells.`,
        width: size,
        legend: lines.map(line => ({
          label: line.label,
          colour: line.colour,
          dash: line.dash ?? DASHES.solid,
          mark: 'line',
        })),
        spec: drawCurves(lines, [], size, size === 'full' ? 340 : 270, shared),
      }
    })
    const notes = everywhere
      ? []
      : ['Some cells have no acknowledgements (acks=0), so cells are compared by end-to-end time.']
    if (groups.length > shown.length)
      notes.push(
        `${groups.length - shown.length} more groups of cells are not drawn; their numbers stand in the table of all cells.`,
      )
    return { panels, notes }
  },
}
