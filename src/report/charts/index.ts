// The registry of charts, in the order of the report: a new chart is one file and one line here.
import { bars } from './bars.ts'
import type { Chart } from './chart.ts'
import { cellCurves, matrixCurves } from './curves.ts'
import { generator } from './generator.ts'
import { heatmap } from './heatmap.ts'
import { resources } from './resources.ts'
import { timeSeries } from './series.ts'

export const CHARTS: readonly Chart[] = [heatmap, bars, matrixCurves, cellCurves, timeSeries, resources, generator]
