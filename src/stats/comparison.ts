// Two analyses side by side, cell by cell: ratios with the spread of each side, and whether the machines were alike.
import type { Analysis, CellAnalysis, Measures } from '../analysis/analysis.ts'
import type { ClientAccount, Environment } from '../recording/format.ts'

export type MetricKind = 'us' | 'perSecond' | 'bytes' | 'ratio' | 'cpuSeconds'

/** A number that every cell is summed up by; `name` is its key in `CellAnalysis.spread`. */
export type HeadlineMetric = {
  name: string
  label: string
  kind: MetricKind
  better: 'higher' | 'lower' | 'neither'
  read(measures: Measures): number | undefined
}

const known = (value: number | null | undefined): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined
const latency = (of: 'ack' | 'e2e', quantile: string) => (measures: Measures) =>
  known(measures.latencies[of]?.quantiles[quantile])

/** What comparisons and heat maps show, in the order of reading. */
export const HEADLINE_METRICS: readonly HeadlineMetric[] = [
  {
    name: 'throughput',
    label: 'throughput',
    kind: 'perSecond',
    better: 'higher',
    read: measures => known(measures.throughputPerSecond),
  },
  { name: 'ack.p50', label: 'ack p50 (response)', kind: 'us', better: 'lower', read: latency('ack', 'p50') },
  { name: 'ack.p99', label: 'ack p99 (response)', kind: 'us', better: 'lower', read: latency('ack', 'p99') },
  { name: 'ack.p999', label: 'ack p99.9 (response)', kind: 'us', better: 'lower', read: latency('ack', 'p999') },
  { name: 'e2e.p99', label: 'end-to-end p99 (response)', kind: 'us', better: 'lower', read: latency('e2e', 'p99') },
  {
    name: 'cpu.seconds.per.million',
    label: 'producer CPU per million',
    kind: 'cpuSeconds',
    better: 'lower',
    read: measures => known(measures.cpuSecondsPerMillion),
  },
  {
    name: 'compression.ratio',
    label: 'compression ratio',
    kind: 'ratio',
    better: 'neither',
    read: measures => known(measures.compressionRatio),
  },
  {
    name: 'batch.size.avg',
    label: 'achieved batch size',
    kind: 'bytes',
    better: 'neither',
    read: measures => known(measures.batchSizeAvgBytes),
  },
]

export type Side = { value: number; min: number; max: number; repetitions: number }

/** One metric of one cell on both sides; `overlap` is undefined where a side has fewer than two repetitions. */
export type MetricComparison = {
  name: string
  label: string
  kind: MetricKind
  better: HeadlineMetric['better']
  a?: Side
  b?: Side
  ratio?: number
  overlap?: boolean
}

export type CellComparison = {
  label: string
  /** The values alone, where the cell has any: enough to tell cells of one run apart. */
  short: string
  aIndex: number
  bIndex: number
  doubtful: string[]
  metrics: MetricComparison[]
}

export type Difference = { what: string; a: string; b: string }

export type RunHead = {
  runId: string
  scenario: string
  startedAt: string
  tool: string
  repeat: number
  state: Analysis['state']
  stamps: string[]
}

export type Comparison = {
  a: RunHead
  b: RunHead
  /** True where both machines have the same fingerprint. */
  alike: boolean
  cells: CellComparison[]
  onlyA: string[]
  onlyB: string[]
  environment: Difference[]
  cluster: Difference[]
  settings: Difference[]
  notes: string[]
}

/** What is not the same in two flat records, by key. */
export function differencesOf(a: object, b: object): Difference[] {
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  const keys = [...new Set([...left.keys(), ...right.keys()])]
  const show = (value: unknown): string =>
    value === undefined ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return keys.map(what => ({ what, a: show(left.get(what)), b: show(right.get(what)) })).filter(row => row.a !== row.b)
}

function sideOf(cell: CellAnalysis, metric: HeadlineMetric): Side | undefined {
  const value = cell.measures && metric.read(cell.measures)
  if (value === undefined) return undefined
  const spread = cell.spread[metric.name]
  return spread
    ? { value, min: spread.min, max: spread.max, repetitions: spread.n }
    : { value, min: value, max: value, repetitions: 1 }
}

function compareMetric(metric: HeadlineMetric, cellA: CellAnalysis, cellB: CellAnalysis): MetricComparison {
  const [a, b] = [sideOf(cellA, metric), sideOf(cellB, metric)]
  const head = {
    name: metric.name,
    label: metric.label,
    kind: metric.kind,
    better: metric.better,
    ...(a ? { a } : {}),
    ...(b ? { b } : {}),
  }
  if (!a || !b) return head
  const repeated = a.repetitions > 1 && b.repetitions > 1
  return {
    ...head,
    ...(a.value > 0 ? { ratio: b.value / a.value } : {}),
    ...(repeated ? { overlap: a.min <= b.max && b.min <= a.max } : {}),
  }
}

/** Cells are the same where all their values are, whatever their place in the plan. */
function keyOf(cell: CellAnalysis): string {
  return JSON.stringify(
    Object.entries(cell.values)
      .map(([name, value]) => [name, String(value)])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0)),
  )
}

function doubtsOf(side: 'A' | 'B', cell: CellAnalysis): string[] {
  return cell.validity.state === 'VALID'
    ? []
    : [`${side} is ${cell.validity.state}${cell.validity.reasons[0] ? `: ${cell.validity.reasons[0]}` : ''}`]
}

function compareCells(a: CellAnalysis, b: CellAnalysis): CellComparison {
  return {
    label: a.label,
    short: Object.values(a.values).join(' · ') || a.label,
    aIndex: a.index,
    bIndex: b.index,
    doubtful: [...doubtsOf('A', a), ...doubtsOf('B', b)],
    metrics: HEADLINE_METRICS.map(metric => compareMetric(metric, a, b)),
  }
}

const withoutPrint = ({ fingerprint: _, ...rest }: Environment): Omit<Environment, 'fingerprint'> => rest

/** Clients of a cell's first trial, flattened to "group driver.setting" → value. */
export function flatSettings(cell: CellAnalysis | undefined): Record<string, string> {
  const rows: [string, string][] = []
  const add = (client: ClientAccount): void => {
    const head = `${client.role} ${client.group}`
    rows.push(
      [`${head}: driver`, client.driver],
      [`${head}: mode`, client.mode],
      [`${head}: workers`, String(client.workers)],
      [`${head}: batched by`, client.batchedBy],
    )
    for (const setting of client.settings) rows.push([`${head}: ${setting.name}`, setting.value])
  }
  for (const client of cell?.trials[0]?.clients ?? []) add(client)
  for (const topic of cell?.trials[0]?.topics ?? []) {
    rows.push(
      [`topic ${topic.declared}: partitions`, String(topic.partitions)],
      [`topic ${topic.declared}: replication factor`, String(topic.replicationFactor)],
    )
    for (const setting of topic.settings) rows.push([`topic ${topic.declared}: ${setting.name}`, setting.value])
  }
  return Object.fromEntries(rows)
}

/** Settings that differ in any pair of cells, each named once. */
function settingDifferences(pairs: readonly { a: CellAnalysis; b: CellAnalysis }[]): Difference[] {
  const seen = new Map<string, Difference>()
  for (const { a, b } of pairs) {
    for (const row of differencesOf(flatSettings(a), flatSettings(b))) if (!seen.has(row.what)) seen.set(row.what, row)
  }
  return [...seen.values()]
}

function headOf(analysis: Analysis): RunHead {
  const { runId, scenario, startedAt, tool, repeat, state, stamps } = analysis
  return { runId, scenario: scenario.name, startedAt, tool, repeat, state, stamps }
}

function notesOf(a: Analysis, b: Analysis): string[] {
  const notes = [
    'Ranges are the smallest and largest repetition. Whether they overlap is a hint, not a test: no claim of significance is made.',
  ]
  if (a.repeat < 2 || b.repeat < 2)
    notes.push('A side without repetitions has no spread: how far it would move by itself is unknown.')
  if (a.scenario.text !== b.scenario.text) notes.push('The two scenario files are not the same text.')
  for (const [name, side] of [
    ['A', a],
    ['B', b],
  ] as const)
    if (side.state === 'partial') notes.push(`Run ${name} is partial: not every planned trial was completed.`)
  return notes
}

const clusterOf = ({ cluster: { startedInMs: _, ...rest } }: Analysis): object => rest

/** Compares B with A, cell by cell; ratios are B ÷ A. */
export function compareAnalyses(a: Analysis, b: Analysis): Comparison {
  const cellsB = new Map(b.cells.map(cell => [keyOf(cell), cell]))
  const keysA = new Set(a.cells.map(keyOf))
  const pairs = a.cells.flatMap(cell => {
    const other = cellsB.get(keyOf(cell))
    return other ? [{ a: cell, b: other }] : []
  })
  return {
    a: headOf(a),
    b: headOf(b),
    alike: a.environment.fingerprint === b.environment.fingerprint,
    cells: pairs.map(pair => compareCells(pair.a, pair.b)),
    onlyA: a.cells.filter(cell => !cellsB.has(keyOf(cell))).map(cell => cell.label),
    onlyB: b.cells.filter(cell => !keysA.has(keyOf(cell))).map(cell => cell.label),
    environment: differencesOf(withoutPrint(a.environment), withoutPrint(b.environment)),
    cluster: differencesOf(clusterOf(a), clusterOf(b)),
    settings: settingDifferences(pairs),
    notes: notesOf(a, b),
  }
}
