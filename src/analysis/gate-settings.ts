// With which settings a side of a gate was run: never held against it, since they may be what is tested, but always said.
import { type Difference, differencesOf, flatSettings } from '../stats/comparison.ts'
import type { CellAnalysis } from './analysis.ts'

/** Properties that name a node, its addresses, folders and keys: they differ from boot to boot. */
const OF_A_NODE = /^(node\.id|broker\.rack|controller\.quorum\.voters|.*listeners|.*log\.dirs?|.*(ssl|sasl)\..*)$/

function brokerRows(cell: CellAnalysis): [string, string][] {
  const [first = {}] = Object.values(cell.trials[0]?.brokerSettings ?? {})
  return Object.entries(first)
    .filter(([name]) => !OF_A_NODE.test(name))
    .map(([name, value]) => [`brokers: ${name}`, value])
}

/** Clients, topics and brokers of one cell of one or more runs, flattened; what runs of a side do not agree on stands with all its values. */
export function settingsOf(cells: readonly CellAnalysis[]): Record<string, string> {
  const seen = new Map<string, Set<string>>()
  for (const cell of cells)
    for (const [what, value] of [...Object.entries(flatSettings(cell)), ...brokerRows(cell)])
      seen.set(what, (seen.get(what) ?? new Set<string>()).add(value))
  return Object.fromEntries([...seen].map(([what, values]) => [what, [...values].join(' or ')]))
}

type Cells = readonly { label: string; settings?: Record<string, string> }[]

/** What differs in cells that both sides have, each setting once; baselines of older versions do not know. */
export function settingsThatDiffer(base: Cells, candidate: Cells): Difference[] {
  const rows = candidate.flatMap(({ label, settings }) => {
    const before = base.find(cell => cell.label === label)?.settings
    return before && settings ? differencesOf(before, settings) : []
  })
  return [...new Map(rows.map(row => [row.what, row])).values()]
}
