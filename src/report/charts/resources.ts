// What the brokers used: CPU, memory, network and disk of each node over a trial.
import type { NodeSeries } from '../../analysis/analysis.ts'
import { NONE, showBytes, showBytesPerSecond, showCores } from '../format.ts'
import { brokerSide } from './broker-side.ts'
import type { TrialChart } from './chart.ts'
import { type Kind, MOST_NODES, one, panelOf, type Trace } from './node-panels.ts'
import { DASHES } from './palette.ts'

type Point = NodeSeries['points'][number]

const KINDS: readonly Kind<Point>[] = [
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
const peak = (node: NodeSeries, read: Trace<Point>['read']): number | undefined => {
  const values = node.points.flatMap(point => read(point) ?? []).filter(Number.isFinite)
  return values.length === 0 ? undefined : Math.max(...values)
}

export const resources: TrialChart = {
  scope: 'trial',
  id: 'resources',
  title: 'Broker resources',
  describe: 'Sampled once a second: from outside the brokers, and by their own counters where these were asked for.',
  draw(trial) {
    const nodes = trial.nodes.filter(node => node.points.length > 0)
    const own = brokerSide(trial)
    if (nodes.length === 0)
      return {
        ...own,
        notes: ['No node was sampled: this provider cannot see inside the machines of the brokers.'],
      }
    const shown = nodes.slice(0, MOST_NODES)
    const outside = KINDS.flatMap(kind => panelOf(kind, shown, trial))
    const notes = outside.length < KINDS.length ? ['What has no panel was not measured by this provider.'] : []
    if (nodes.length > shown.length)
      notes.push(`${nodes.length - shown.length} more nodes are not drawn; they stand in the table.`)
    const numeric = (label: string) => ({ label, numeric: true })
    return {
      ...own,
      panels: [...outside, ...own.panels],
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
