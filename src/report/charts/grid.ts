// Lays the cells of a matrix out as rows and columns, whatever the number of axes.
import type { Analysis, CellAnalysis } from '../../analysis/analysis.ts'
import { cleanLine } from '../text.ts'

export type AxisValues = { name: string; values: string[] }

/** The matrix' axes with every value that a cell has, those that only an included cell has last. */
export function axesOf(analysis: Analysis): AxisValues[] {
  const names = [
    ...new Set([...analysis.axes.map(axis => axis.name), ...analysis.cells.flatMap(cell => Object.keys(cell.values))]),
  ]
  return names.map(name => {
    const planned = analysis.axes.find(axis => axis.name === name)?.values.map(String) ?? []
    const present = analysis.cells.flatMap(cell =>
      Object.hasOwn(cell.values, name) ? [String(cell.values[name])] : [],
    )
    return { name, values: [...new Set([...planned, ...present])].filter(value => present.includes(value)) }
  })
}

/** The value of a cell on an axis; included cells may have none. */
export function valueOn(cell: CellAnalysis, axis: string): string {
  return Object.hasOwn(cell.values, axis) ? String(cell.values[axis]) : '–'
}

export type Grid = {
  rowAxes: string[]
  columnAxes: string[]
  rows: string[]
  columns: string[]
  at(row: string, column: string): CellAnalysis | undefined
}

/** Rows take the longer half of the axes, so that maps grow downwards; undefined for fewer than two axes. */
export function gridOf(analysis: Analysis): Grid | undefined {
  const axes = axesOf(analysis).filter(axis => axis.values.length > 1 || analysis.axes.length <= 2)
  if (axes.length < 2) return undefined
  const [rowAxes, columnAxes] = splitAxes(axes)
  const keyOf = (cell: CellAnalysis, names: readonly AxisValues[]): string =>
    names.map(axis => cleanLine(valueOn(cell, axis.name))).join(' · ')
  const ordered = [...analysis.cells].sort((a, b) => orderOn(a, b, axes))
  const rows = [...new Set(ordered.map(cell => keyOf(cell, rowAxes)))]
  const columns = [
    ...new Set([...ordered].sort((a, b) => orderOn(a, b, columnAxes)).map(cell => keyOf(cell, columnAxes))),
  ]
  const cells = new Map(analysis.cells.map(cell => [`${keyOf(cell, rowAxes)}\n${keyOf(cell, columnAxes)}`, cell]))
  return {
    rowAxes: rowAxes.map(axis => axis.name),
    columnAxes: columnAxes.map(axis => axis.name),
    rows,
    columns,
    at: (row, column) => cells.get(`${row}\n${column}`),
  }
}

function orderOn(a: CellAnalysis, b: CellAnalysis, axes: readonly AxisValues[]): number {
  for (const axis of axes) {
    const difference = axis.values.indexOf(valueOn(a, axis.name)) - axis.values.indexOf(valueOn(b, axis.name))
    if (difference !== 0) return difference
  }
  return 0
}

function splitAxes(axes: readonly AxisValues[]): [AxisValues[], AxisValues[]] {
  if (axes.length === 2) {
    const [first, second] = axes as [AxisValues, AxisValues]
    return first.values.length >= second.values.length ? [[first], [second]] : [[second], [first]]
  }
  const middle = Math.ceil(axes.length / 2)
  return [axes.slice(0, middle), axes.slice(middle)]
}
