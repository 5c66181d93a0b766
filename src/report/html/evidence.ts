// What a full read found against the ledgers: its size and cost, and each anomaly with its offsets and its first records.
import type { Analysis, CellAnalysis, TrialAnalysis } from '../../analysis/analysis.ts'
import type { Evidence, Finding } from '../../analysis/verification.ts'
import { rangeText } from '../../verify/history-checks.ts'
import { showBytes, showTime } from '../format.ts'
import { plural } from '../text.ts'
import { type Content, html, type Markup } from './element.ts'
import { notes, section, table } from './parts.ts'

const RANGES_SHOWN = 20
const RECORDS_SHOWN = 100
const TRIALS_SHOWN = 200

type Read = { cell: CellAnalysis; trial: TrialAnalysis }

/** Nothing where no trial was read back. */
export function evidenceSection(analysis: Analysis): Markup | undefined {
  const read = analysis.cells
    .flatMap(cell => cell.trials.map((trial): Read => ({ cell, trial })))
    .filter(({ trial }) => trial.truthRead)
  if (read.length === 0) return undefined
  const numeric = (label: string) => ({ label, numeric: true })
  const heads = [{ label: 'cell' }, ...['trial', 'acked', 'unknown: written', 'not', 'read back'].map(numeric)]
  const columns = [
    ...heads,
    ...['lost', 'duplicated', 'reordered', 'other'].map(numeric),
    { label: 'cost of the read' },
  ]
  const more = read.length - TRIALS_SHOWN
  const left = more > 0 ? [`${more} more trials are left out here; they stand in result.json.`] : []
  return section(
    'evidence',
    'Read back',
    'Every partition was read from its first to its last offset when the load was over, and held against what producers were told.',
    html`<div class="card">${table(columns, read.slice(0, TRIALS_SHOWN).map(row))}${notes(left)}</div>${read.map(findings)}`,
  )
}

const MAIN = ['lost', 'duplicated', 'reordered']

function row({ cell, trial }: Read): Content[] {
  const { verification, truthRead } = trial
  if (!verification) return [cell.label, trial.number, ...Array<string>(8).fill('–'), costOf(truthRead)]
  const count = (anomaly: string): number => verification.findings.find(one => one.anomaly === anomaly)?.count ?? 0
  const other = verification.findings.filter(one => !MAIN.includes(one.anomaly))
  return [
    ...[cell.label, trial.number, verification.told.acked, verification.unknownWritten, verification.unknownNotWritten],
    ...[verification.truth['stored'] ?? 0, ...MAIN.map(count), other.reduce((sum, one) => sum + one.count, 0)],
    costOf(truthRead),
  ]
}

function costOf(truthRead: TrialAnalysis['truthRead']): string {
  if (!truthRead) return '–'
  if ('skipped' in truthRead) return `not read: ${truthRead.skipped}`
  const { bytes, durationMs, cpuMs } = truthRead
  return `${showBytes(bytes)} in ${(durationMs / 1000).toFixed(1)} s, ${(cpuMs / 1000).toFixed(1)} CPU-s, not measured`
}

function findings({ cell, trial }: Read): Content {
  const { verification } = trial
  if (!verification || verification.findings.length + verification.notes.length === 0) return undefined
  const { rpo } = verification
  const lost =
    rpo.records > 0
      ? html`<p>Lost: ${plural(rpo.records, 'record')}, ${showBytes(rpo.bytes)}, intended over ${rpo.seconds.toFixed(3)} s.</p>`
      : undefined
  return html`<div class="card"><h3>${cell.label}, trial ${trial.number}</h3>${lost}${notes(verification.notes)}${verification.findings.map(one => findingPart(one, trial))}</div>`
}

function findingPart(finding: Finding, trial: TrialAnalysis): Markup {
  const { ranges, rangesLeftOut, evidence } = finding
  const shown = ranges.slice(0, RANGES_SHOWN).map(range => rangeText(range, trial))
  const more = ranges.length - shown.length + rangesLeftOut
  const heads = ['partition', 'offset', 'producer', 'sequence', 'leader epoch', 'intended', 'answered', 'note']
  const records = evidence.slice(0, RECORDS_SHOWN).map(one => evidenceRow(one, trial))
  const where = more > 0 ? [...shown, `and ${more} more ranges`] : shown
  return html`<h4>${finding.count} ${finding.anomaly}</h4>${notes(where)}<details><summary>${plural(records.length, 'record')} in full</summary>${table(
    heads.map(label => ({ label })),
    records,
  )}</details>`
}

const timeOf = (us: number | undefined): string =>
  us === undefined ? '–' : showTime(new Date(us / 1000).toISOString())

function evidenceRow(one: Evidence, trial: TrialAnalysis): Content[] {
  const name = trial.topics[one.topic]?.name ?? `topic ${one.topic}`
  return [
    one.partition < 0 ? `${name}, in no partition` : `${name}-${one.partition}`,
    ...[one.offset < 0 ? '–' : one.offset, one.producer ?? '–', one.seq ?? '–', one.leaderEpoch ?? '–'],
    ...[timeOf(one.intendedUs), timeOf(one.settledUs), one.note ?? ''],
  ]
}
