// What stands beside every verdict: the sentence that explains it, three headline numbers, and the reasons to trust or doubt them.
import type { Analysis, CellAnalysis, Latency } from '../analysis/analysis.ts'
import { formatDurationMs } from '../core/units.ts'
import type { Verdict } from '../core/verdict.ts'
import { HEADLINE_METRICS, type HeadlineMetric } from '../stats/comparison.ts'
import type { Judgement, RuleOutcome } from '../verify/judgement.ts'
import { rankSound, tiedFirst } from './charts/best.ts'
import { errorsOf, verdictsOf } from './columns.ts'
import { isNumber, showBytesPerSecond, showMetric, showRange, showShare, showUs, showWhole } from './format.ts'
import { plural } from './text.ts'

/** What the verdict means, in one sentence. */
export function verdictSentence(analysis: Analysis, judgement: Judgement): string {
  const gates = judgement.rules.filter(rule => rule.severity === 'fail')
  const failed = (all: readonly { verdict: Verdict }[]): number => all.filter(one => one.verdict === 'fail').length
  if (judgement.verdict === 'pass') {
    const warnings = judgement.rules.filter(rule => rule.severity === 'warn' && rule.verdict !== 'pass').length
    const held = `${plural(gates.length, 'rule')} and ${plural(judgement.checks.length, 'check')} held in ${plural(analysis.cells.length, 'cell')}`
    return warnings > 0 ? `${held}; ${plural(warnings, 'warning')}.` : `${held}.`
  }
  if (judgement.verdict === 'inconclusive')
    return 'Neither passed nor failed: what was measured does not allow a verdict.'
  if (failed(gates) + failed(judgement.checks) === 0) return 'The run failed.'
  return `${failed(gates)} of ${plural(gates.length, 'rule')} and ${failed(judgement.checks)} of ${plural(judgement.checks.length, 'check')} failed.`
}

/** "13 pass, 2 fail", for a rule or check over several cells. */
export function tally(rule: Pick<RuleOutcome, 'cells'>): string {
  const words = [
    ['pass', 'pass'],
    ['fail', 'fail'],
    ['inconclusive', 'in doubt'],
  ] as const
  return words
    .flatMap(([verdict, word]) => {
      const count = rule.cells.filter(cell => cell.verdict === verdict).length
      return count > 0 ? [`${count} ${word}`] : []
    })
    .join(', ')
}

/** Causes of the exit code that no rule or check already tells: signals, failures of the harness, doubt about cells. */
export function otherCauses(judgement: Judgement): Judgement['causes'] {
  const told = [
    ...judgement.rules.map(rule => `rule "${rule.text}"`),
    ...judgement.checks.map(check => `check "${check.name}"`),
  ]
  return judgement.causes.filter(cause => !told.some(head => cause.text.startsWith(head)))
}

export type Headline = { label: string; value: string; detail: string[] }

function metricNamed(name: string): HeadlineMetric | undefined {
  return HEADLINE_METRICS.find(metric => metric.name === name)
}

const serviceText = (service: Latency | undefined): string[] =>
  service ? [`service ${showUs(service.quantiles['p99'])}`] : []

function headlineOfCell(cell: CellAnalysis, name: string, label: string, extra: string[]): Headline[] {
  const metric = metricNamed(name)
  const value = metric && cell.measures && metric.read(cell.measures)
  if (!metric || value === undefined) return []
  const spread = cell.spread[name]
  const range =
    spread && spread.n > 1 ? [`${showRange(spread.min, spread.max, metric.kind)} over ${spread.n} repetitions`] : []
  return [{ label, value: showMetric(value, metric.kind), detail: [...extra, ...range] }]
}

function headlineOfMatrix(analysis: Analysis, judgement: Judgement, name: string, label: string): Headline[] {
  const metric = metricNamed(name)
  if (!metric) return []
  const ranked = rankSound(analysis.cells, metric, verdictsOf(analysis.cells, judgement))
  const [best] = ranked
  if (!best) return []
  const values = ranked.map(one => one.value)
  const range = showRange(Math.min(...values), Math.max(...values), metric.kind)
  const sound = plural(ranked.length, 'sound cell')
  const value = showMetric(best.value, metric.kind)
  const ties = tiedFirst(ranked)
  if (ties === ranked.length && ties > 1)
    return [{ label: metric.label, value, detail: [`the same within 1 % in ${sound}`] }]
  const where = ties === 1 ? best.cell.label : `${ties} cells within 1 % of it`
  return [{ label, value, detail: [where, `${sound}: ${range}`] }]
}

/** Three numbers: of the one cell, or the best among the sound cells of a matrix. */
export function headlines(analysis: Analysis, judgement: Judgement): Headline[] {
  const [only] = analysis.cells
  if (analysis.cells.length === 1 && only) {
    const { measures } = only
    if (!measures) return []
    return [
      ...headlineOfCell(only, 'throughput', measures.latencies.ack ? 'acknowledged' : 'sent', [
        showBytesPerSecond(measures.throughputBytesPerSecond),
      ]),
      ...headlineOfCell(only, 'ack.p99', 'ack p99, response', serviceText(measures.latencies['ack.service'])),
      ...headlineOfCell(only, 'e2e.p99', 'end-to-end p99, response', serviceText(measures.latencies['e2e.service'])),
    ]
  }
  const allAcked = analysis.cells.every(cell => !cell.measures || cell.measures.latencies.ack)
  return [
    ...headlineOfMatrix(analysis, judgement, 'throughput', 'highest throughput'),
    ...(allAcked
      ? headlineOfMatrix(analysis, judgement, 'ack.p99', 'lowest ack p99, response')
      : headlineOfMatrix(analysis, judgement, 'e2e.p99', 'lowest end-to-end p99, response')),
    ...headlineOfMatrix(analysis, judgement, 'cpu.seconds.per.million', 'lowest producer CPU per million'),
  ]
}

export type TrustRow = { state: 'good' | 'bad' | 'note'; label: string; text: string }

const sum = (analysis: Analysis, read: (trial: CellAnalysis['trials'][number]) => number): number =>
  analysis.cells.flatMap(cell => cell.trials).reduce((total, trial) => total + read(trial), 0)

function generatorRows(analysis: Analysis): TrustRow[] {
  const doubtful = analysis.cells.filter(cell => cell.validity.state !== 'VALID')
  if (doubtful.length === 0) return [{ state: 'good', label: 'generator', text: generatorText(analysis) }]
  return doubtful
    .slice(0, 4)
    .map(
      (cell): TrustRow => ({
        state: 'bad',
        label: 'generator',
        text: `${cell.validity.state}${analysis.cells.length > 1 ? ` in ${cell.label}` : ''}: ${cell.validity.reasons.join('; ')}`,
      }),
    )
    .concat(
      doubtful.length > 4
        ? [{ state: 'bad', label: 'validity', text: `${doubtful.length - 4} more cells are in doubt` }]
        : [],
    )
}

function generatorText(analysis: Analysis): string {
  const trials = analysis.cells.flatMap(cell => cell.trials)
  const workers = trials.flatMap(trial => trial.generator)
  const scheduled = trials.some(trial =>
    trial.series.some(point => point.phase === 'measure' && point.targetPerSecond > 0),
  )
  const achieved = analysis.cells.flatMap(cell => (isNumber(cell.measures?.achieved) ? [cell.measures.achieved] : []))
  const least = Math.min(...achieved)
  const kept =
    scheduled && achieved.length > 0
      ? `${least < 1 ? 'at least ' : ''}${showShare(least)} of the schedule sent on time`
      : 'closed loop: there is no schedule to keep'
  if (workers.length === 0) return kept
  return `${kept}; busiest worker ${Math.max(...workers.map(worker => worker.cpuCoresAvg)).toFixed(2)} cores, latest event loop ${showUs(Math.max(...workers.map(worker => worker.loopLateMaxUs)))}`
}

function transactionRows(analysis: Analysis): TrustRow[] {
  const all = analysis.cells.flatMap(cell => cell.trials).flatMap(trial => trial.accounting.transactions ?? [])
  if (all.length === 0) return []
  const text = (['committed', 'aborted', 'fenced', 'failed', 'unknown'] as const)
    .map(end => [end, all.reduce((total, one) => total + one[end], 0)] as const)
    .filter(([end, count]) => count > 0 || end === 'committed' || end === 'aborted')
    .map(([end, count]) => `${showWhole(count)} ${end}`)
  return [{ state: 'note', label: 'transactions', text: text.join(', ') }]
}

function accountingRows(analysis: Analysis): TrustRow[] {
  const [acked, stored, unknown, sentNoAck] = [
    sum(analysis, trial => trial.accounting.acked),
    sum(analysis, trial => trial.accounting.stored),
    sum(analysis, trial => trial.accounting.unknown),
    sum(analysis, trial => trial.accounting.sentNoAck),
  ]
  const groups = analysis.cells.flatMap(cell => cell.trials).flatMap(trial => trial.accounting.groups)
  const [consumed, expected] = [
    groups.reduce((total, group) => total + group.consumed, 0),
    groups.reduce((total, group) => total + group.expected, 0),
  ]
  const unacked = sentNoAck > 0 ? `, sent without acknowledgement ${showWhole(sentNoAck)}` : ''
  const lost = analysis.cells
    .flatMap(cell => cell.trials)
    .some(trial => trial.accounting.sentNoAck === 0 && trial.accounting.stored < trial.accounting.acked)
  const rows: TrustRow[] = [
    {
      state: lost ? 'bad' : 'good',
      label: 'records',
      text: `acked ${showWhole(acked)}, stored ${showWhole(stored)}${unacked}, outcome unknown ${showWhole(unknown)}`,
    },
  ]
  if (groups.length > 0)
    rows.push({
      state: consumed === expected ? 'good' : 'bad',
      label: 'readers',
      text: `consumed ${showWhole(consumed)} of ${showWhole(expected)} by ${plural(new Set(groups.map(group => group.group)).size, 'group')}`,
    })
  rows.push(...transactionRows(analysis))
  const witnesses = analysis.cells
    .flatMap(cell => cell.trials)
    .flatMap(trial =>
      trial.accounting.witness ? [{ ...trial.accounting.witness, ours: trial.accounting.stored }] : [],
    )
  const [witness] = witnesses
  if (!witness) rows.push({ state: 'note', label: 'witness', text: 'no outside tool was asked to count the records' })
  else
    rows.push({
      state: witnesses.every(one => one.stored === one.ours) ? 'good' : 'bad',
      label: 'witness',
      text: `${witness.tool} counted ${showWhole(witnesses.reduce((total, one) => total + one.stored, 0))} stored in ${plural(witnesses.length, 'trial')}`,
    })
  return rows
}

function repeatRow(analysis: Analysis): TrustRow {
  const complete = analysis.cells.flatMap(cell => cell.trials).filter(trial => trial.state === 'complete').length
  if (complete < analysis.plannedTrials)
    return {
      state: 'bad',
      label: 'trials',
      text: `${complete} of ${analysis.plannedTrials} planned trials were completed`,
    }
  if (analysis.repeat < 2)
    return {
      state: 'note',
      label: 'repetitions',
      text: 'each cell ran once: how much it varies by itself is not known',
    }
  return {
    state: 'good',
    label: 'repetitions',
    text: `${analysis.repeat} per cell in a seeded random order, all ${plural(complete, 'trial')} complete`,
  }
}

function oddityRows(analysis: Analysis): TrustRow[] {
  const latencies = analysis.cells.flatMap(cell => Object.values(cell.measures?.latencies ?? {}))
  const [censored, negative] = [
    latencies.reduce((total, one) => total + one.censored, 0),
    latencies.reduce((total, one) => total + one.negative, 0),
  ]
  const errors = analysis.cells.reduce((total, cell) => total + errorsOf(cell), 0)
  const rows: TrustRow[] = []
  if (errors > 0)
    rows.push({
      state: 'bad',
      label: 'errors',
      text: `${showWhole(errors)} records failed, stayed unknown or could not be read`,
    })
  if (censored > 0)
    rows.push({
      state: 'bad',
      label: 'censored',
      text: `${showWhole(censored)} records had no outcome at the deadline and count with their age`,
    })
  if (negative > 0)
    rows.push({
      state: 'note',
      label: 'clock',
      text: `${showWhole(negative)} times came out below zero and count as zero`,
    })
  for (const stamp of analysis.stamps) rows.push({ state: 'bad', label: 'stamp', text: stamp })
  return rows
}

/** The answers to "can I trust this?", the worst ones not hidden. */
export function trustRows(analysis: Analysis): TrustRow[] {
  return [...generatorRows(analysis), repeatRow(analysis), ...accountingRows(analysis), ...oddityRows(analysis)]
}

/** How long the trials took together, as far as their phases tell. */
export function loadTime(analysis: Analysis): string {
  return formatDurationMs(sum(analysis, trial => Math.max(0, ...trial.phases.map(phase => phase.t1Seconds)) * 1000))
}

/** "15 cells × 3", "1 trial". */
export function sizeText(analysis: Analysis): string {
  return `${plural(analysis.cells.length, 'cell')} × ${analysis.repeat}`
}

/** The cluster in a few words. */
export function clusterText(analysis: Analysis): string {
  const { provider, kafkaVersion, nodes, path } = analysis.cluster
  return `Kafka ${kafkaVersion}, ${plural(nodes, 'node')}, ${provider}, ${path}`
}

/** The tool with its name, where only its version was recorded. */
export function toolText(tool: string): string {
  return /^\d/.test(tool) ? `kafka-gauntlet ${tool}` : tool
}

/** A shell word, quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`
}

/** The command that runs the same plan again. */
export function rerunCommand(analysis: Analysis): string {
  return `gauntlet run ${shellWord(analysis.scenario.file)} --seed ${analysis.seed}`
}
