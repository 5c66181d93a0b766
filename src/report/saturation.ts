// Which resource was full, in a sentence: for one trial, and for all cells of a run together.
import type { Analysis, TrialAnalysis } from '../analysis/analysis.ts'
import { plural } from './text.ts'

const ALSO_SHOWN = 3

/** "request handlers of broker-1: …"; undefined where the brokers were not asked. */
export function saturationText({ saturation }: Pick<TrialAnalysis, 'saturation'>): string | undefined {
  if (!saturation) return undefined
  const { resource, node, text, also } = saturation
  const where = node === undefined ? '' : ` of ${node}`
  const others = also.slice(0, ALSO_SHOWN).map(one => one.resource)
  const beside = others.length > 0 ? `; full beside it: ${others.join(', ')}` : ''
  return resource === 'none' ? text : `${resource}${where}: ${text}${beside}`
}

/** One line for a run of one trial, else one per resource with the cells it was full in. */
export function saturationLines(analysis: Analysis): string[] {
  const asked = analysis.cells.flatMap(cell =>
    cell.trials.flatMap(trial =>
      trial.saturation ? [{ cell: cell.label, trial, resource: trial.saturation.resource }] : [],
    ),
  )
  const [only] = asked
  if (asked.length === 1 && only) return [saturationText(only.trial) ?? '']
  return [...Map.groupBy(asked, one => one.resource)].map(([resource, own]) => {
    const cells = new Set(own.map(one => one.cell))
    const where = `in ${own.length} of ${plural(asked.length, 'trial')} (${plural(cells.size, 'cell')})`
    const example = saturationText(own[0]?.trial ?? {}) ?? ''
    return resource === 'none' ? `nothing ${where}; ${example}` : `${resource} ${where}; such as ${example}`
  })
}
