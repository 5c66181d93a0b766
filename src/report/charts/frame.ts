// The frame all charts share: sizes, margins, axes and lines, so that panels stand in line and look alike.
import type { ChartSpec } from '../svg.ts'
import { type ColourName, colour, DASHES, type Dash } from './palette.ts'
import type { Axis } from './ticks.ts'

type LayeredSpec = Extract<ChartSpec, { layer: unknown }>
export type Layer = LayeredSpec['layer'][number]

export type Margins = { left: number; right: number; top: number; bottom: number }

/** Width of a panel with its margins, in px of the page. */
export const PANEL_WIDTH = { full: 1000, half: 488, third: 318 } as const

export const FONT_PX = 12
const SMALL_PX = 11
const DEFAULT_MARGINS: Margins = { left: 62, right: 14, top: 10, bottom: 40 }

/** Wraps layers into a spec of exactly this outer size. */
export function frame(width: number, height: number, layer: Layer[], margins: Partial<Margins> = {}): ChartSpec {
  const padding = { ...DEFAULT_MARGINS, ...margins }
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: width - padding.left - padding.right,
    height: height - padding.top - padding.bottom,
    padding,
    autosize: { type: 'none' },
    layer,
    // Layers name their colours themselves; shared scales would mix them up.
    resolve: { scale: { color: 'independent', stroke: 'independent', strokeDash: 'independent' } },
    config: {
      aria: false,
      font: 'inherit',
      background: 'transparent',
      view: { stroke: null },
      axis: {
        labelColor: colour('soft'),
        titleColor: colour('soft'),
        labelFontSize: SMALL_PX,
        titleFontSize: SMALL_PX,
        titleFontWeight: 'normal',
        gridColor: colour('grid'),
        domainColor: colour('edge'),
        tickColor: colour('edge'),
        tickSize: 4,
        labelPadding: 4,
        labelLimit: 0,
        titleLimit: 0,
      },
    },
  }
}

export type AxisOptions = { title?: string; grid?: boolean; log?: boolean }

/** A log scale knows no zero, and vega-lite says so where one is asked for. */
function scaleOf(axis: Axis, options: AxisOptions) {
  const kind = options.log ? { type: 'log' as const } : { zero: false }
  return { domain: axis.domain, nice: false, ...kind }
}

/** The x encoding with its axis; titles are ours, never a user's. */
export function xAxis(axis: Axis, options: AxisOptions = {}) {
  return {
    field: 'x',
    type: 'quantitative' as const,
    scale: scaleOf(axis, options),
    axis: {
      values: axis.values,
      labelExpr: axis.labelExpr,
      title: options.title ?? null,
      grid: options.grid ?? false,
      titlePadding: 6,
      labelFlush: false,
    },
  }
}

/** The y encoding with its axis; the extent is fixed, so that panels above one another share their left edge. */
export function yAxis(axis: Axis, options: AxisOptions = {}) {
  return {
    field: 'y',
    type: 'quantitative' as const,
    scale: { ...scaleOf(axis, options), clamp: true },
    axis: {
      values: axis.values,
      labelExpr: axis.labelExpr,
      title: options.title ?? null,
      grid: options.grid ?? true,
      ticks: false,
      domain: false,
      labelOverlap: true,
    },
  }
}

export type XEncoding = ReturnType<typeof xAxis>
export type YEncoding = ReturnType<typeof yAxis>

/** A line of a chart; undefined values leave a gap. */
export type Line = {
  label: string
  colour: ColourName
  dash?: Dash
  faint?: boolean
  points: { x: number; y: number | undefined }[]
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null

/** Lines told apart by colour and by dashes; their keys are ours, their names stand in the legend. */
export function lineLayer(
  lines: readonly Line[],
  x: XEncoding,
  y: YEncoding,
  options: { stepped?: boolean; faint?: boolean } = {},
): Layer {
  const keys = lines.map((_, index) => `k${index}`)
  const values = lines.flatMap((line, index) =>
    line.points.map(point => ({ k: keys[index], x: finite(point.x), y: finite(point.y) })),
  )
  return {
    data: { values },
    mark: {
      type: 'line',
      strokeWidth: options.faint ? 1 : 1.8,
      strokeCap: 'round',
      strokeJoin: 'round',
      clip: true,
      ...(options.faint ? { opacity: 0.4 } : {}),
      ...(options.stepped ? { interpolate: 'step-after' } : {}),
    },
    encoding: {
      x,
      y,
      color: {
        field: 'k',
        type: 'nominal',
        legend: null,
        scale: { domain: keys, range: lines.map(line => colour(line.colour)) },
      },
      strokeDash: {
        field: 'k',
        type: 'nominal',
        legend: null,
        scale: { domain: keys, range: lines.map(line => [...(line.dash ?? DASHES.solid)]) },
      },
    },
  }
}

/** Text placed by pixels inside the plot area; the text itself is data. */
export function textLayer(
  rows: readonly { x: number; y: number; text: string }[],
  style: { align?: 'left' | 'center' | 'right'; colour?: ColourName; size?: number; bold?: boolean } = {},
): Layer {
  return {
    data: { values: rows.map(row => ({ x: row.x, y: row.y, text: row.text })) },
    mark: {
      type: 'text',
      align: style.align ?? 'left',
      baseline: 'middle',
      fontSize: style.size ?? FONT_PX,
      color: colour(style.colour ?? 'soft'),
      ...(style.bold ? { fontWeight: 600 } : {}),
    },
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: null, axis: null },
      y: { field: 'y', type: 'quantitative', scale: null, axis: null },
      text: { field: 'text', type: 'nominal' },
    },
  }
}
