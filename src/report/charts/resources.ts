// What the brokers used: CPU, memory, network and disk of each node over a trial.
import type { NodeSeries, TrialAnalysis } from '../../analysis/analysis.ts'
import { NONE, showBytes, showBytesPerSecond, showCores } from '../format.ts'
import { cleanLine, shorten } from '../text.ts'
import type { LegendItem, Panel, TrialChart } from './chart.ts'
import { frame, type Line, lineLayer, PANEL_WIDTH, xAxis, yAxis } from './frame.ts'
import { DASHES, SERIES_COLOURS } from './palette.ts'
import { byteUnit, linearAxis } from './ticks.ts'
import { eventLayers, phaseLayers, timeAxis } from './timeline.ts'

type Point = NodeSeries['points'][number]
type Trace = { suffix: string; dash: Line['dash']; read(point: Point): number | undefined }
type Kind = { title: string; format: (value: number) => string; bytes: boolean; traces: Trace[] }

const one = (read: Trace['read']): Trace[] => [{ suffix: '', dash: DASHES.solid, read }]
const KINDS: readonly Kind[] = [
  { title: 'CPU (cores)', format: value => String(value), bytes: false, traces: one(point => point.cpuCores) },
  { title: 'Memory', format: showBytes, bytes: true, traces: one(point => point.memoryBytes) },
  {
    title: 'Network per second: in solid, out dashed',
    format: showBytes,
    bytes: true,
    traces: [
      { suffix: ' in', dash: DASHES.solid, read: point => point.netInBytesPerSecond },
      { suffix: ' out', dash: DASHES.long, read: point => point.netOutBytesPerSecond },
    ],
  },
  {
    title: 'Disk per second: written solid, read dashed',
    format: showBytes,
    bytes: true,
    traces: [
      { suffix: ' written', dash: DASHES.solid, read: point => point.diskWriteBytesPerSecond },
      { suffix: ' read', dash: DASHES.long, read: point => point.diskReadBytesPerSecond },
    ],
  },
]
const MOST_POINTS = 180
const MOST_NODES = SERIES_COLOURS.length

/** Every n-th sample, so that no line has more points than a screen can show. */
function thin(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_POINTS)
  return size <= 1 ? points : points.filter((_, index) => index % size === 0)
}

function panelOf(kind: Kind, nodes: readonly NodeSeries[], trial: TrialAnalysis): Panel[] {
  const lines = nodes.flatMap((node, index) =>
    kind.traces.flatMap((trace): Line[] => {
      const points = thin(node.points).map(point => ({ x: point.tSeconds, y: trace.read(point) }))
      if (points.every(point => point.y === undefined)) return []
      return [
        {
          label: `${node.node}${trace.suffix}`,
          colour: SERIES_COLOURS[index % MOST_NODES] ?? 's1',
          ...(trace.dash ? { dash: trace.dash } : {}),
          points,
        },
      ]
    }),
  )
  if (lines.length === 0) return []
  const axis = timeAxis(trial)
  const most = Math.max(0, ...lines.flatMap(line => line.points.map(point => point.y ?? 0)))
  const [x, y] = [
    xAxis(axis),
    yAxis(linearAxis(most, kind.format, { count: 3, unit: kind.bytes ? byteUnit(most) : 1 })),
  ]
  const layers = [...phaseLayers(trial, x, false), lineLayer(lines, x, y), ...eventLayers(trial, axis, x, false)]
  return [
    {
      title: kind.title,
      describe: `${kind.title} of ${nodes.length} nodes over time; averages and peaks stand in the table below.`,
      width: 'half',
      legend: legendOf(nodes),
      spec: frame(PANEL_WIDTH.half, 150, layers, { bottom: 26, top: 8, left: 66 }),
    },
  ]
}

function legendOf(nodes: readonly NodeSeries[]): LegendItem[] {
  return nodes.map((node, index) => ({
    label: shorten(cleanLine(node.node), 30),
    colour: SERIES_COLOURS[index % MOST_NODES] ?? 's1',
    mark: 'line',
  }))
}

const peak = (node: NodeSeries, read: Trace['read']): number | undefined => {
  const values = node.points.flatMap(point => read(point) ?? []).filter(Number.isFinite)
  return values.length === 0 ? undefined : Math.max(...values)
}

export const resources: TrialChart = {
  scope: 'trial',
  id: 'resources',
  title: 'Broker resources',
  describe: 'Sampled once a second from outside the brokers.',
  draw(trial) {
    const nodes = trial.nodes.filter(node => node.points.length > 0)
    if (nodes.length === 0)
      return {
        panels: [],
        notes: ['No node was sampled: this provider cannot see inside the machines of the brokers.'],
      }
    const shown = nodes.slice(0, MOST_NODES)
    const panels = KINDS.flatMap(kind => panelOf(kind, shown, trial))
    const notes = panels.length < KINDS.length ? ['What has no panel was not measured by this provider.'] : []
    if (nodes.length > shown.length)
      notes.push(`${nodes.length - shown.length} more nodes are not drawn; they stand in the table.`)
    const numeric = (label: string) => ({ label, numeric: true })
    return {
      panels,
      notes,
      table: {
        columns: [
          { label: 'node' },
          ...[
            'CPU mean',
            'CPU peak',
            'memory peak',
            'network in peak',
            'network out peak',
            'disk written peak',
            'disk read peak',
          ].map(numeric),
        ],
        rows: nodes.map(node => [
          node.node,
          showCores(node.cpuCoresAvg),
          showCores(peak(node, point => point.cpuCores)),
          showBytes(node.memoryBytesMax) || NONE,
          showBytesPerSecond(peak(node, point => point.netInBytesPerSecond)),
          showBytesPerSecond(peak(node, point => point.netOutBytesPerSecond)),
          showBytesPerSecond(peak(node, point => point.diskWriteBytesPerSecond)),
          showBytesPerSecond(peak(node, point => point.diskReadBytesPerSecond)),
        ]),
      },
    }
  },
}
