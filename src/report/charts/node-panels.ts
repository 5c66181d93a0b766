// Panels with one line per node over time, for whatever is known of nodes.
import type { TrialAnalysis } from '../../analysis/analysis.ts'
import { cleanLine, shorten } from '../text.ts'
import type { LegendItem, Panel } from './chart.ts'
import { frame, type Line, lineLayer, PANEL_WIDTH, xAxis, yAxis } from './frame.ts'
import { DASHES, SERIES_COLOURS } from './palette.ts'
import { byteUnit, linearAxis } from './ticks.ts'
import { eventLayers, phaseLayers, timeAxis } from './timeline.ts'

/** One line per node over time. */
type Traced<P> = { node: string; points: readonly P[] }
type Timed = { tSeconds: number }
export type Trace<P> = { suffix: string; dash: Line['dash']; read(point: P): number | undefined }
export type Kind<P> = { title: string; format: (value: number) => string; bytes: boolean; traces: Trace<P>[] }
/** One line per node without a name of its own. */
export const one = <P>(read: Trace<P>['read']): Trace<P>[] => [{ suffix: '', dash: DASHES.solid, read }]
const MOST_POINTS = 180
/** More nodes than colours are not drawn. */
export const MOST_NODES = SERIES_COLOURS.length

/** Every n-th sample, so that no line has more points than a screen can show. */
function thin<P>(points: readonly P[]): readonly P[] {
  const size = Math.ceil(points.length / MOST_POINTS)
  return size <= 1 ? points : points.filter((_, index) => index % size === 0)
}

/** One panel, or none where no node has the values. */
export function panelOf<P extends Timed>(kind: Kind<P>, nodes: readonly Traced<P>[], trial: TrialAnalysis): Panel[] {
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

function legendOf(nodes: readonly Traced<unknown>[]): LegendItem[] {
  return nodes.map((node, index) => ({
    label: shorten(cleanLine(node.node), 30),
    colour: SERIES_COLOURS[index % MOST_NODES] ?? 's1',
    mark: 'line',
  }))
}
