// The table of cells that every output shows: one list of columns with their text, their raw value and what may be left out first.
import type { CellAnalysis, Latency, LatencyName } from '../analysis/analysis.ts'
import { combineVerdicts, type Verdict } from '../core/verdict.ts'
import type { Judgement } from '../verify/judgement.ts'
import {
  isNumber,
  NONE,
  showBytes,
  showBytesPerSecond,
  showCpuSeconds,
  showPerSecond,
  showShare,
  showTimes,
  showUs,
  showWhole,
} from './format.ts'

/** Independent values below which a percentile is no better than the maximum, at 95 % confidence: ln 0.05 ÷ ln q. */
const INDEPENDENT_NEEDED: Readonly<Record<string, number>> = {
  p50: 5,
  p75: 11,
  p90: 29,
  p95: 59,
  p99: 299,
  p999: 2995,
  p9999: 29_956,
}

/** Follows a percentile of too few records. */
export const FEW_MARK = '*'
export const FEW_NOTE = `${FEW_MARK} too few produce requests for this percentile: it is hardly more than the maximum.`

export type Column = {
  key: string
  head: string
  /** For terminals. */
  short: string
  /** Columns of high rank are left out first where there is no room; those above `WIDE_RANK` stand only in files for machines. */
  rank: number
  show(cell: CellAnalysis): string
  raw(cell: CellAnalysis): number | undefined
}

/** The highest rank that tables for people show. */
export const WIDE_RANK = 9

const finite = (value: number | null | undefined): number | undefined => (isNumber(value) ? value : undefined)

/** Records of a produce request share one answer: what is independent are requests, where they were counted. */
function quantileText(latency: Latency | undefined, quantile: string, requests: number | undefined): string {
  if (!latency || latency.count === 0) return NONE
  const independent = Math.min(latency.count, requests || latency.count)
  const few = independent < (INDEPENDENT_NEEDED[quantile] ?? 0)
  return `${showUs(latency.quantiles[quantile])}${few ? FEW_MARK : ''}`
}

function quantile(of: LatencyName, suffix: string, head: string, short: string, rank: number): Column {
  return {
    key: `${of}.${suffix}.us`,
    head,
    short,
    rank,
    show: cell => quantileText(cell.measures?.latencies[of], suffix, cell.measures?.requests),
    raw: cell => finite(cell.measures?.latencies[of]?.quantiles[suffix]),
  }
}

/** Errors over all trials of a cell, whole trials counted. */
export function errorsOf(cell: CellAnalysis): number {
  return cell.trials.reduce((sum, trial) => sum + trial.accounting.errors, 0)
}

export const COLUMNS: readonly Column[] = [
  {
    key: 'throughput.per.second',
    head: 'throughput',
    short: 'rate',
    rank: 0,
    show: cell => showPerSecond(cell.measures?.throughputPerSecond),
    raw: cell => finite(cell.measures?.throughputPerSecond),
  },
  {
    key: 'throughput.bytes.per.second',
    head: 'bytes',
    short: 'bytes',
    rank: 10,
    show: cell => showBytesPerSecond(cell.measures?.throughputBytesPerSecond),
    raw: cell => finite(cell.measures?.throughputBytesPerSecond),
  },
  {
    key: 'achieved.ratio',
    head: 'sent on time',
    short: 'on time',
    rank: 11,
    show: cell => showShare(cell.measures?.achieved),
    raw: cell => finite(cell.measures?.achieved),
  },
  quantile('ack', 'p50', 'ack p50', 'ack p50', 3),
  quantile('ack', 'p99', 'ack p99', 'ack p99', 1),
  quantile('ack', 'p999', 'ack p99.9', 'p99.9', 5),
  quantile('ack.service', 'p99', 'ack service p99', 'service p99', 9),
  quantile('e2e', 'p99', 'end-to-end p99', 'e2e p99', 1),
  {
    key: 'batch.size.avg.bytes',
    head: 'batch',
    short: 'batch',
    rank: 7,
    show: cell => showBytes(cell.measures?.batchSizeAvgBytes),
    raw: cell => finite(cell.measures?.batchSizeAvgBytes),
  },
  {
    key: 'compression.ratio',
    head: 'ratio',
    short: 'ratio',
    rank: 6,
    show: cell => showTimes(cell.measures?.compressionRatio),
    raw: cell => finite(cell.measures?.compressionRatio),
  },
  {
    key: 'cpu.seconds.per.million',
    head: 'CPU per million',
    short: 'CPU',
    rank: 4,
    show: cell => showCpuSeconds(cell.measures?.cpuSecondsPerMillion),
    raw: cell => finite(cell.measures?.cpuSecondsPerMillion),
  },
  {
    key: 'errors',
    head: 'errors',
    short: 'errors',
    rank: 2,
    show: cell => (cell.trials.length === 0 ? NONE : showWhole(errorsOf(cell))),
    raw: cell => (cell.trials.length === 0 ? undefined : errorsOf(cell)),
  },
]

/** Columns of the tables that people read. */
export const SHOWN_COLUMNS: readonly Column[] = COLUMNS.filter(column => column.rank <= WIDE_RANK)

/** Whether a percentile of these cells carries the mark for too few records. */
export function anyFew(cells: readonly CellAnalysis[]): boolean {
  return cells.some(cell => COLUMNS.some(column => column.show(cell).endsWith(FEW_MARK)))
}

/** The verdict of each cell: its checks, its rules that may fail a run, and whether its generator is believed. */
export function verdictsOf(cells: readonly CellAnalysis[], judgement: Judgement): Map<number, Verdict> {
  const outcomes = [...judgement.checks, ...judgement.rules.filter(rule => rule.severity === 'fail')].flatMap(
    one => one.cells,
  )
  return new Map(
    cells.map(cell => {
      const own = outcomes.filter(outcome => outcome.cellIndex === cell.index).map(outcome => outcome.verdict)
      const doubt: Verdict[] = cell.validity.state === 'VALID' ? [] : ['inconclusive']
      return [cell.index, combineVerdicts([...own, ...doubt], 'pass')]
    }),
  )
}

export const VERDICT_WORD: Readonly<Record<Verdict, string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  inconclusive: 'INCONCLUSIVE',
}

/** Marks that tell verdicts apart without colour. */
export const VERDICT_MARK: Readonly<Record<Verdict, string>> = { pass: '✓', fail: '✕', inconclusive: '?' }
