// Tables over all cells: their numbers, their repetitions, and where every record went.
import type { Analysis, CellAnalysis, TrialAnalysis } from '../../analysis/analysis.ts'
import type { Judgement } from '../../verify/judgement.ts'
import { axesOf, valueOn } from '../charts/grid.ts'
import { anyFew, FEW_NOTE, SHOWN_COLUMNS, verdictsOf } from '../columns.ts'
import { NONE, showBytes, showPerSecond, showTimes, showUs, showWhole } from '../format.ts'
import { type Content, html, type Markup } from './element.ts'
import { notes, pill, section, table } from './parts.ts'

const VALIDITY_WORDS = {
  VALID: 'valid',
  UNSTEADY: 'unsteady',
  NOISY_HOST: 'noisy host',
  GENERATOR_LIMITED: 'generator limited',
  INVALID: 'invalid',
} as const

function cellRow(
  cell: CellAnalysis,
  axes: readonly string[],
  verdicts: ReadonlyMap<number, 'pass' | 'fail' | 'inconclusive'>,
  linked: ReadonlySet<number>,
): Content[] {
  const names = axes.length === 0 ? [cell.label] : axes.map(axis => valueOn(cell, axis))
  const [first = '', ...rest] = names
  return [
    linked.has(cell.index) ? html`<a href="#cell-${cell.index}">${first}</a>` : first,
    ...rest,
    pill(verdicts.get(cell.index) ?? 'inconclusive'),
    ...SHOWN_COLUMNS.map(column => column.show(cell)),
    html`<span class="small">${VALIDITY_WORDS[cell.validity.state]}</span>`,
  ]
}

/** All cells with their settings, numbers and validity; cells in `linked` have details further up. */
export function cellsSection(analysis: Analysis, judgement: Judgement, linked: ReadonlySet<number>): Markup {
  const axes = axesOf(analysis).map(axis => axis.name)
  const verdicts = verdictsOf(analysis.cells, judgement)
  const heads = [
    ...(axes.length === 0 ? ['cell'] : axes).map(label => ({ label })),
    { label: 'verdict' },
    ...SHOWN_COLUMNS.map(column => ({ label: column.head, numeric: true })),
    { label: 'validity' },
  ]
  const texts = [
    'ack and end-to-end are response times: they count from when a record was meant to be sent. Service counts from when it was sent. Repetitions are pooled; errors count whole trials, everything else the measure phase.',
  ]
  if (anyFew(analysis.cells)) texts.push(FEW_NOTE)
  const rows = analysis.cells.map(cell => cellRow(cell, axes, verdicts, linked))
  const repeated = analysis.cells.some(cell => cell.trials.length > 1) ? trialTable(analysis) : undefined
  return section(
    'cells',
    'All cells',
    'Settings and numbers of every cell.',
    html`<div class="card">${table(heads, rows)}${notes(texts)}${repeated}</div>`,
  )
}

function trialTable(analysis: Analysis): Markup {
  const quantile = (trial: TrialAnalysis, of: 'ack' | 'e2e'): string =>
    showUs(trial.measures.latencies[of]?.quantiles['p99'])
  const numeric = (label: string) => ({ label, numeric: true })
  const columns = [
    { label: 'cell' },
    numeric('trial'),
    numeric('repetition'),
    { label: 'state' },
    numeric('throughput'),
    numeric('ack p99'),
    numeric('end-to-end p99'),
    numeric('ratio'),
    numeric('errors'),
    { label: 'validity' },
  ]
  const rows = analysis.cells.flatMap(cell =>
    cell.trials.map((trial): Content[] => [
      cell.label,
      trial.number,
      trial.repetition,
      trial.reason ? `${trial.state}: ${trial.reason}` : trial.state,
      showPerSecond(trial.measures.throughputPerSecond),
      quantile(trial, 'ack'),
      quantile(trial, 'e2e'),
      showTimes(trial.measures.compressionRatio),
      showWhole(trial.accounting.errors),
      VALIDITY_WORDS[trial.validity.state],
    ]),
  )
  return html`<details class="values print"><summary>Every repetition</summary>${table(columns, rows, { className: 'values' })}</details>`
}

const MOST_ACCOUNTS = 200

function accountRow(cell: CellAnalysis, trial: TrialAnalysis): Content[] {
  const { accounting: account } = trial
  const groups = account.groups.map(
    group =>
      html`<div>${group.group} ${showWhole(group.consumed)}${group.consumed === group.expected ? '' : ` of ${showWhole(group.expected)}`}${group.reached ? undefined : html` <span class="soft">deadline</span>`}</div>`,
  )
  const agrees =
    account.sentNoAck > 0
      ? account.stored <= account.acked + account.unknown + account.sentNoAck
      : account.stored >= account.acked && account.stored <= account.acked + account.unknown
  return [
    cell.label,
    trial.number,
    showWhole(account.acked),
    showWhole(account.unknown),
    showWhole(account.sentNoAck),
    showWhole(account.failed),
    showWhole(account.stored),
    groups.length > 0 ? groups : NONE,
    account.witness ? showWhole(account.witness.stored) : NONE,
    showBytes(account.logDirBytes),
    html`<span class="${agrees ? 'good' : 'bad'}">${agrees ? '✓ adds up' : '✕ does not add up'}</span>`,
  ]
}

/** Where every record of every trial went, warm-up and drain included. */
export function accountingSection(analysis: Analysis): Markup {
  const numeric = (label: string) => ({ label, numeric: true })
  const columns = [
    { label: 'cell' },
    numeric('trial'),
    numeric('acked'),
    numeric('unknown'),
    numeric('sent, no ack'),
    numeric('failed'),
    numeric('stored'),
    numeric('consumed by group'),
    numeric('witness'),
    numeric('log bytes'),
    { label: 'acked ≤ stored ≤ acked + unknown' },
  ]
  const all = analysis.cells.flatMap(cell => cell.trials.map(trial => accountRow(cell, trial)))
  const rows = all.slice(0, MOST_ACCOUNTS)
  const witness = analysis.cells.flatMap(cell => cell.trials).find(trial => trial.accounting.witness)
    ?.accounting.witness
  const texts = [
    'Counted over the whole trial, warm-up and drain included. Stored is what end offsets grew by; log bytes are over all replicas.',
  ]
  texts.push(witness ? `The witness is ${witness.tool}, run beside the harness.` : 'No witness was asked for.')
  if (all.length > rows.length)
    texts.push(`${all.length - rows.length} more trials are left out here; they stand in result.json.`)
  return section(
    'accounting',
    'Accounting',
    'What clients say they sent, what brokers hold, and what readers saw.',
    html`<div class="card">${table(columns, rows)}${notes(texts)}</div>`,
  )
}
