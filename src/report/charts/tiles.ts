// The tiles of a heat map: their shades, the hatching that marks failure and doubt, and the text written into them.
import type { Layer } from './frame.ts'
import { colour, HEAT_INKS, HEAT_STEPS } from './palette.ts'

export const TILE_HEIGHT = 46
export const GAP = 3

/** A range narrower than this is drawn in fewer shades, so that a few percent do not look like day and night. */
const FULL_RANGE = 1.6

/** `step` is the shade, -1 where there is no value; `x` and `y` are pixels. */
export type Tile = {
  x: number
  y: number
  step: number
  main: string
  sub: string
  mark: 'none' | 'fail' | 'inconclusive' | 'best'
}

/** Where a value stands between the least and the most, on a log scale where the range is wide. */
export function heatStep(value: number, least: number, most: number): number {
  if (most <= least) return 1
  const top = Math.max(most, least * FULL_RANGE)
  const wide = least > 0 && top / least > 8
  const share = wide ? Math.log(value / least) / Math.log(top / least) : (value - least) / (top - least)
  return Math.min(HEAT_STEPS.length - 1, Math.max(0, Math.floor(share * HEAT_STEPS.length)))
}

/** Diagonal lines across a rectangle of this size, as a path around its centre. */
export function hatchPath(width: number, height: number, gap = 9): string {
  const [right, bottom] = [width / 2, height / 2]
  const lines: string[] = []
  for (let offset = -right - bottom + gap; offset < right + bottom; offset += gap) {
    const [x0, x1] = [Math.max(-right, offset - bottom), Math.min(right, offset + bottom)]
    if (x1 > x0)
      lines.push(`M${x0.toFixed(1)},${(offset - x0).toFixed(1)}L${x1.toFixed(1)},${(offset - x1).toFixed(1)}`)
  }
  return lines.join('')
}

const pixels = (field: string) => ({ field, type: 'quantitative' as const, scale: null, axis: null })

/** Marked tiles leave the scale: their wash and hatching say that their value does not count. */
function shadeOf(tile: Tile): string {
  if (tile.mark === 'fail' || tile.mark === 'inconclusive') return tile.mark
  return tile.step < 0 ? 'none' : String(tile.step)
}

/** Fills, hatching, outlines and texts of all tiles; `width` is that of a tile with its gap. */
export function tileLayers(tiles: readonly Tile[], width: number): Layer[] {
  const box = { width: width - GAP, height: TILE_HEIGHT - GAP }
  const values = tiles.map(tile => ({
    x: tile.x,
    y: tile.y,
    x2: tile.x + box.width,
    y2: tile.y + box.height,
    cx: tile.x + box.width / 2,
    cy: tile.y + box.height / 2,
    step: shadeOf(tile),
  }))
  const steps = ['none', 'fail', 'inconclusive', ...HEAT_STEPS.map((_, index) => String(index))]
  const fills = [colour('sunk'), colour('failWash'), colour('doubtWash'), ...HEAT_STEPS.map(colour)]
  const inks = [colour('soft'), colour('ink'), colour('ink'), ...HEAT_INKS.map(colour)]
  const rows = tiles.map((tile, index) => ({ ...values[index], main: tile.main, sub: tile.sub, mark: tile.mark }))
  const marked = (mark: Tile['mark']) => ({ values: rows.filter(row => row.mark === mark) })
  const text = (field: 'main' | 'sub', dy: number, fontSize: number, fontWeight: 400 | 600): Layer => ({
    data: { values: rows.filter(row => row[field] !== '') },
    mark: { type: 'text', align: 'center', baseline: 'middle', fontSize, fontWeight, dy },
    encoding: {
      x: pixels('cx'),
      y: pixels('cy'),
      text: { field, type: 'nominal' },
      color: { field: 'step', type: 'nominal', legend: null, scale: { domain: steps, range: inks } },
    },
  })
  const hatch = (mark: 'fail' | 'inconclusive', gap: number): Layer => ({
    data: marked(mark),
    mark: {
      type: 'point',
      shape: hatchPath(box.width, box.height, gap),
      size: 4,
      stroke: colour(mark === 'fail' ? 'fail' : 'doubt'),
      strokeWidth: 1,
      opacity: 0.35,
      filled: false,
    },
    encoding: { x: pixels('cx'), y: pixels('cy') },
  })
  const outline = (mark: Tile['mark'], stroke: 'fail' | 'doubt' | 'ink'): Layer => ({
    data: marked(mark),
    mark: { type: 'rect', filled: false, stroke: colour(stroke), strokeWidth: 2, cornerRadius: 4 },
    encoding: { x: pixels('x'), y: pixels('y'), x2: { field: 'x2' }, y2: { field: 'y2' } },
  })
  return [
    {
      data: { values },
      mark: { type: 'rect', cornerRadius: 4 },
      encoding: {
        x: pixels('x'),
        y: pixels('y'),
        x2: { field: 'x2' },
        y2: { field: 'y2' },
        color: { field: 'step', type: 'nominal', legend: null, scale: { domain: steps, range: fills } },
      },
    },
    hatch('fail', 8),
    hatch('inconclusive', 14),
    outline('fail', 'fail'),
    outline('inconclusive', 'doubt'),
    outline('best', 'ink'),
    text('main', -7, 13, 600),
    text('sub', 10, 10.5, 400),
  ]
}
