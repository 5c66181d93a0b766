// The end of a run in the terminal: verdict first, then why, then the numbers, then what casts doubt, then what to do next.
import type { Analysis, CellAnalysis, Latency, LatencyName } from '../analysis/analysis.ts'
import { recommend } from '../analysis/recommend.ts'
import type { Verdict } from '../core/verdict.ts'
import type { CheckOutcome, Judgement, RuleOutcome } from '../verify/judgement.ts'
import { axesOf, valueOn } from './charts/grid.ts'
import { anyFew, type Column, FEW_NOTE, SHOWN_COLUMNS, VERDICT_WORD, verdictsOf } from './columns.ts'
import { showUs } from './format.ts'
import { type Paint, painter, safe, type TerminalOptions, textTable, wrap } from './paint.ts'
import { pastesOf } from './paste.ts'
import { answerOf, stepLines } from './recommendation.ts'
import { saturationLines } from './saturation.ts'
import { clusterText, headlines, loadTime, otherCauses, shellWord, sizeText, tally, trustRows } from './summary.ts'
import { plural, shorten } from './text.ts'

export type SummaryOptions = TerminalOptions & {
  /** Where the HTML report lies, where one was written. */
  reportPath?: string
  /** The directory of the recording. */
  directory?: string
  /** The command that puts this run beside another; made from the directory where it is not given. */
  compareCommand?: string
}

const STYLE: Readonly<Record<Verdict, 'green' | 'red' | 'yellow'>> = {
  pass: 'green',
  fail: 'red',
  inconclusive: 'yellow',
}
/** Four letters, so that rows stand in line. */
const SHORT: Readonly<Record<Verdict, string>> = { pass: 'PASS', fail: 'FAIL', inconclusive: '????' }
const RULE_GLYPHS = 34
const LABEL_LEAST = 18
const NAME_GLYPHS = 22
const INDENT = '       '

function headLines(analysis: Analysis, judgement: Judgement, paint: Paint, width: number): string[] {
  const word = paint(['bold', 'inverse', STYLE[judgement.verdict]], ` ${VERDICT_WORD[judgement.verdict]} `)
  const first = `${safe(analysis.scenario.name)}   ${sizeText(analysis)}   ${loadTime(analysis)} of load`
  const second = `${safe(clusterText(analysis))}   run ${safe(analysis.runId)}`
  return [`${word}  ${paint('bold', first)}`, paint('dim', ` ${wrap(second, width, ' ')}`)]
}

function outcomeText(one: Pick<RuleOutcome, 'cells' | 'verdict'>): string {
  const shown = one.cells.find(cell => cell.verdict === one.verdict) ?? one.cells[0]
  if (!shown) return 'applies to no cell'
  const reason = shown.reason ? ` (${shown.reason})` : ''
  if (one.cells.length === 1) return `${shown.observed}${reason}`
  return one.verdict === 'pass' ? tally(one) : `${tally(one)}; one of them ${shown.label}: ${shown.observed}${reason}`
}

function outcomeLine(
  name: string,
  one: Pick<RuleOutcome, 'cells' | 'verdict'>,
  warned: boolean,
  paint: Paint,
  options: SummaryOptions,
  nameWidth: number,
): string {
  const mark = warned ? paint('yellow', 'WARN') : paint(STYLE[one.verdict], SHORT[one.verdict])
  const label = safe(name).padEnd(nameWidth)
  const indent = ' '.repeat(nameWidth + 9)
  return ` ${mark}  ${label}  ${wrap(safe(outcomeText(one)), options.width, indent)}`
}

function outcomeLines(judgement: Judgement, paint: Paint, options: SummaryOptions): string[] {
  const names = [...judgement.rules.map(rule => rule.text), ...judgement.checks.map(check => check.name)]
  const width = Math.min(RULE_GLYPHS, Math.max(0, ...names.map(name => safe(name).length)))
  const rule = (one: RuleOutcome): string =>
    outcomeLine(one.text, one, one.severity === 'warn' && one.verdict === 'fail', paint, options, width)
  const check = (one: CheckOutcome): string => outcomeLine(one.name, one, false, paint, options, width)
  const others = otherCauses(judgement).map(
    cause =>
      ` ${paint(cause.exitCode === 3 ? 'yellow' : 'red', cause.exitCode === 3 ? '????' : 'FAIL')}  ${wrap(safe(cause.text), options.width, INDENT)}`,
  )
  return [...others, ...judgement.rules.map(rule), ...judgement.checks.map(check)]
}

/** Columns that fit the window: those of highest rank go first, and the label gives way last. */
function fit(columns: readonly Column[], cells: readonly CellAnalysis[], room: number): Column[] {
  const widthOf = (column: Column): number =>
    2 + Math.max(column.short.length, ...cells.map(cell => column.show(cell).length))
  const chosen = [...columns]
  const total = (): number => chosen.reduce((sum, column) => sum + widthOf(column), 0)
  while (chosen.length > 2 && total() > room) {
    const worst = chosen.reduce((most, column) => (column.rank >= most.rank ? column : most))
    chosen.splice(chosen.indexOf(worst), 1)
  }
  return chosen
}

const MOST_AXES = 3

/** What tells cells apart: the value on each axis where there are few, else the label. */
function nameColumns(analysis: Analysis, width: number): { head: string; read(cell: CellAnalysis): string }[] {
  const axes = axesOf(analysis).map(axis => axis.name)
  if (axes.length === 0 || axes.length > MOST_AXES) {
    const room = Math.max(LABEL_LEAST, Math.floor(width / 3))
    return [{ head: 'cell', read: cell => shorten(safe(cell.label), room) }]
  }
  return axes.map(name => ({
    head: shorten(safe(name), NAME_GLYPHS),
    read: cell => shorten(safe(valueOn(cell, name)), NAME_GLYPHS),
  }))
}

function cellTable(analysis: Analysis, judgement: Judgement, paint: Paint, width: number): string {
  const verdicts = verdictsOf(analysis.cells, judgement)
  const names = nameColumns(analysis, width)
  const namesWidth = names.reduce(
    (sum, name) => sum + 2 + Math.max(name.head.length, ...analysis.cells.map(cell => name.read(cell).length)),
    0,
  )
  const columns = fit(SHOWN_COLUMNS, analysis.cells, width - namesWidth - 5)
  const rows = analysis.cells.map(cell => {
    const verdict = verdicts.get(cell.index) ?? 'inconclusive'
    return [
      paint(STYLE[verdict], SHORT[verdict]),
      ...names.map(name => name.read(cell)),
      ...columns.map(column => column.show(cell)),
    ]
  })
  const heads = [
    { head: '', numeric: false },
    ...names.map(({ head }) => ({ head, numeric: false })),
    ...columns.map(column => ({ head: column.short, numeric: true })),
  ]
  return textTable(heads, rows, paint)
}

/** The best of a matrix by each headline number. */
function bestLines(analysis: Analysis, judgement: Judgement, paint: Paint, width: number): string[] {
  if (analysis.cells.length < 2) return []
  const best = headlines(analysis, judgement)
  const label = Math.max(0, ...best.map(one => one.label.length))
  return best.map(
    one =>
      ` ${paint('cyan', 'best')}  ${one.label.padEnd(label)}  ${wrap(safe([one.value, ...one.detail].join('   ')), width, ' '.repeat(label + 9))}`,
  )
}

/** The cell to take, what its neighbours cost, and what to paste. */
function adviceLines(analysis: Analysis, judgement: Judgement, paint: Paint, width: number): string[] {
  const found = recommend(analysis, verdictsOf(analysis.cells, judgement))
  if (!found) return []
  const line = (text: string): string => ` ${paint('cyan', 'take')}  ${wrap(safe(text), width, INDENT)}`
  const steps = stepLines(found).map(text => `${INDENT}${wrap(safe(text), width, `${INDENT}  `)}`)
  const pastes = found.chosen ? pastesOf(analysis, found.chosen.cell) : []
  const settings = pastes.flatMap(({ title, text }) => [
    `${INDENT}${paint('dim', wrap(safe(title), width, INDENT))}`,
    ...text.split('\n').map(row => `${INDENT}  ${wrap(safe(row), width, `${INDENT}  `)}`),
  ])
  return ['', line(answerOf(found, analysis.cells.length)), ...steps, ...settings]
}

const LATENCY_ROWS: readonly [LatencyName, string][] = [
  ['ack', 'ack response'],
  ['ack.service', 'ack service'],
  ['e2e', 'end-to-end response'],
  ['e2e.service', 'end-to-end service'],
  ['slip', 'slip'],
]
const LATENCY_COLUMNS = ['p50', 'p90', 'p99', 'p999'] as const

/** A quantile, with its interval where the run was long enough for one. */
function withInterval(latency: Latency, quantile: string): string {
  const interval = latency.intervals?.[quantile]
  const value = showUs(latency.quantiles[quantile])
  return interval ? `${value} [${showUs(interval.lo)} … ${showUs(interval.hi)}]` : value
}

/** Both latencies of a single cell side by side, since one alone misleads. */
function latencyTable(cell: CellAnalysis, paint: Paint): string[] {
  const rows = LATENCY_ROWS.flatMap(([name, label]) => {
    const latency = cell.measures?.latencies[name]
    return latency
      ? [[label, ...LATENCY_COLUMNS.map(quantile => withInterval(latency, quantile)), showUs(latency.maxUs)]]
      : []
  })
  if (rows.length === 0) return []
  const heads = ['latency', 'p50', 'p90', 'p99', 'p99.9', 'max'].map((head, index) => ({ head, numeric: index > 0 }))
  return ['', textTable(heads, rows, paint)]
}

function doubtLines(analysis: Analysis, judgement: Judgement, paint: Paint, width: number): string[] {
  const told = otherCauses(judgement).some(cause => cause.text.startsWith('cell '))
  const rows = trustRows(analysis).filter(row => row.state !== 'good' && !(told && row.label === 'generator'))
  const lines = rows.map(
    row =>
      ` ${paint(row.state === 'bad' ? 'yellow' : 'dim', row.state === 'bad' ? '!' : 'i')}  ${wrap(safe(`${row.label}: ${row.text}`), width, '    ')}`,
  )
  const notes = analysis.notes.map(note => ` ${paint('dim', 'i')}  ${wrap(safe(note), width, '    ')}`)
  const empty = analysis.cells.filter(cell => !cell.measures).length
  if (empty > 0) notes.push(` ${paint('yellow', '!')}  ${plural(empty, 'cell')} without a complete trial: no numbers`)
  return lines.length + notes.length > 0 ? ['', ...lines, ...notes] : []
}

function nextLines(options: SummaryOptions, paint: Paint): string[] {
  const compare = options.directory === undefined ? undefined : `gauntlet compare BASE ${shellWord(options.directory)}`
  const rows: [string, string | undefined][] = [
    ['report', options.reportPath],
    ['compare', options.compareCommand ?? compare],
    ['raw', options.directory],
  ]
  const lines = rows.flatMap(([name, text]) =>
    text === undefined ? [] : [` ${paint('dim', name.padEnd(8))} ${safe(text)}`],
  )
  return lines.length > 0 ? ['', ...lines] : []
}

/** Renders the summary at the end of a run. */
export function renderTerminal(analysis: Analysis, judgement: Judgement, options: SummaryOptions): string {
  const paint = painter(options.colour)
  const [only] = analysis.cells
  const meaning =
    'Response counts from when a record was meant to be sent, service from when it was sent; the table shows response.'
  const lines = [
    ...headLines(analysis, judgement, paint, options.width),
    ...outcomeLines(judgement, paint, options),
    ...bestLines(analysis, judgement, paint, options.width),
    ...saturationLines(analysis).map(line => ` ${paint('cyan', 'full')}  ${wrap(safe(line), options.width, INDENT)}`),
    ...adviceLines(analysis, judgement, paint, options.width),
    '',
    cellTable(analysis, judgement, paint, options.width),
    ...(analysis.cells.length === 1 && only ? latencyTable(only, paint) : []),
    paint('dim', ` ${wrap(meaning, options.width, ' ')}`),
    ...(anyFew(analysis.cells) ? [paint('dim', ` ${wrap(FEW_NOTE, options.width, ' ')}`)] : []),
    ...doubtLines(analysis, judgement, paint, options.width),
    ...nextLines(options, paint),
  ]
  return lines.join('\n')
}
