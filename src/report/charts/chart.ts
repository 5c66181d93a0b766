// What a chart is: a pure function from a part of the analysis to panels, each a Vega-Lite spec with its legend and its table.
import type { Analysis, CellAnalysis, TrialAnalysis } from '../../analysis/analysis.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { ChartSpec } from '../svg.ts'
import type { ColourName, Dash } from './palette.ts'

export type LegendItem = {
  label: string
  colour: ColourName
  dash?: Dash
  mark: 'line' | 'faint' | 'bar' | 'point' | 'range'
}

/** One picture; `describe` is its text for those who cannot see it. */
export type Panel = {
  title: string
  describe: string
  width: 'full' | 'half' | 'third'
  legend: LegendItem[]
  spec: ChartSpec
}

export type TableColumn = { label: string; numeric?: boolean }

/** The values behind the panels, as text with units. */
export type DataTable = { columns: TableColumn[]; rows: string[][] }

/** A drawing without panels says in its notes why there is nothing to draw. */
export type Drawing = {
  /** What the pictures come to, above them. */
  lead?: string
  panels: Panel[]
  table?: DataTable
  /** A second table, about something else in the same pictures. */
  more?: DataTable
  notes: string[]
}

/** What a chart may know beside the analysis: the verdict of each cell by its index. */
export type ChartContext = { verdicts: ReadonlyMap<number, Verdict> }

type ChartHead = { id: string; title: string; describe: string }

export type RunChart = ChartHead & { scope: 'run'; draw(analysis: Analysis, context: ChartContext): Drawing }
export type CellChart = ChartHead & { scope: 'cell'; draw(cell: CellAnalysis): Drawing }
export type TrialChart = ChartHead & { scope: 'trial'; draw(trial: TrialAnalysis): Drawing }

export type Chart = RunChart | CellChart | TrialChart
