// The head of the page: what the verdict is, why, the three numbers that matter, and whether to trust them.
import type { Analysis } from '../../analysis/analysis.ts'
import type { CheckOutcome, Judgement, RuleOutcome } from '../../verify/judgement.ts'
import { VERDICT_MARK, VERDICT_WORD } from '../columns.ts'
import { showBytes, showTime } from '../format.ts'
import { clusterText, headlines, loadTime, sizeText, tally, toolText, trustRows, verdictSentence } from '../summary.ts'
import { plural } from '../text.ts'
import { type Content, html, type Markup } from './element.ts'
import { pill, table } from './parts.ts'

const CAUSES_SHOWN = 4
const CELLS_SHOWN = 3

function banner(analysis: Analysis, judgement: Judgement): Markup {
  const { verdict, causes } = judgement
  const shown = causes.slice(0, CAUSES_SHOWN)
  const rest = causes.slice(CAUSES_SHOWN)
  const list = (items: typeof causes): Content =>
    items.length === 0
      ? undefined
      : html`<ul>${items.map(cause => html`<li>${cause.text} <span class="soft small">exit ${cause.exitCode}</span></li>`)}</ul>`
  const more =
    rest.length === 0
      ? undefined
      : html`<details><summary>${plural(rest.length, 'more reason')}</summary>${list(rest)}</details>`
  return html`<div class="verdict is-${verdict}" id="verdict"><span class="mark" aria-hidden="true">${VERDICT_MARK[verdict]}</span><div><div class="word">${VERDICT_WORD[verdict]}</div><p>${verdictSentence(analysis, judgement)} <span class="soft small">exit code ${judgement.exitCode}</span></p></div>${list(shown)}${more}</div>`
}

function tiles(analysis: Analysis, judgement: Judgement): Content {
  const shown = headlines(analysis, judgement)
  if (shown.length === 0)
    return html`<div class="card soft">No trial was completed, so there are no headline numbers.</div>`
  return html`<div class="tiles">${shown.map(tile => html`<div class="tile"><div class="label">${tile.label}</div><div class="value">${tile.value}</div>${tile.detail.map(line => html`<div class="detail">${line}</div>`)}</div>`)}</div>`
}

function observed(one: Pick<RuleOutcome, 'cells' | 'verdict'>): Content {
  const [only] = one.cells
  if (one.cells.length === 0) return html`<span class="soft">applies to no cell</span>`
  if (one.cells.length === 1 && only)
    return html`${only.observed}${only.reason ? html`<div class="soft small">${only.reason}</div>` : undefined}`
  const bad = one.cells
    .filter(cell => cell.verdict !== 'pass')
    .map(
      cell =>
        html`<div class="small">${VERDICT_MARK[cell.verdict]} ${cell.label}: ${cell.observed}${cell.reason ? html` <span class="soft">${cell.reason}</span>` : undefined}</div>`,
    )
  const more =
    bad.length > CELLS_SHOWN
      ? html`<details class="print"><summary>${plural(bad.length - CELLS_SHOWN, 'more cell')}</summary>${bad.slice(CELLS_SHOWN)}</details>`
      : undefined
  return html`${tally(one)}${bad.slice(0, CELLS_SHOWN)}${more}`
}

function ruleRow(rule: RuleOutcome): Content[] {
  const where = rule.line === undefined ? undefined : html` <span class="soft small">line ${rule.line}</span>`
  return [html`<code>${rule.text}</code>${where}`, pill(rule.verdict, rule.severity), observed(rule)]
}

function checkRow(check: CheckOutcome): Content[] {
  return [html`${check.name}<div class="soft small">${check.describe}</div>`, pill(check.verdict), observed(check)]
}

function rules(judgement: Judgement): Markup {
  const rows = [...judgement.rules.map(ruleRow), ...judgement.checks.map(checkRow)]
  const none =
    judgement.rules.length === 0
      ? html`<p class="soft small">The scenario states no rules under <code>expect</code>; only checks were made.</p>`
      : undefined
  return html`<div class="card"><h2>Rules and checks</h2>${none}${table([{ label: 'what must hold' }, { label: 'verdict' }, { label: 'observed' }], rows)}</div>`
}

const SIGN = { good: '✓', bad: '✕', note: 'i' } as const

function trust(analysis: Analysis): Markup {
  const rows = trustRows(analysis).map(
    row =>
      html`<dt><span class="sign ${row.state}">${SIGN[row.state]}</span><span class="name">${row.label}</span></dt><dd>${row.text}</dd>`,
  )
  return html`<div class="card"><h2>Can I trust this?</h2><dl class="trust">${rows}</dl><h3>Environment</h3>${chips(analysis)}</div>`
}

function chips(analysis: Analysis): Markup {
  const { environment: machine } = analysis
  const texts = [
    clusterText(analysis),
    ...(analysis.cluster.image ? [analysis.cluster.image] : []),
    `${machine.cpuModel}, ${plural(machine.cores, 'core')}, ${showBytes(machine.memoryBytes)}`,
    `${machine.platform} ${machine.kernel}`,
    `Node ${machine.node}`,
    ...(machine.docker ? [`Docker ${machine.docker}`] : []),
    ...(machine.java ? [`Java ${machine.java}`] : []),
    `fingerprint ${machine.fingerprint}`,
    ...analysis.stamps.map(stamp => `stamp: ${stamp}`),
  ]
  return html`<ul class="chips" aria-label="Environment">${texts.map(text => html`<li>${text}</li>`)}</ul>`
}

/** Title, verdict, numbers, rules, trust and environment. */
export function headOf(analysis: Analysis, judgement: Judgement, navigation: Content): Markup {
  const { scenario } = analysis
  const description = scenario.description ? html`<p class="lead">${scenario.description}</p>` : undefined
  return html`<header><div class="eyebrow">kafka-gauntlet report · run ${analysis.runId}</div><h1>${scenario.name}</h1>${description}<p class="soft small">${showTime(analysis.startedAt)} · ${sizeText(analysis)} · ${loadTime(analysis)} of load · ${toolText(analysis.tool)}</p></header>
${banner(analysis, judgement)}${tiles(analysis, judgement)}${navigation}
<div class="columns">${rules(judgement)}${trust(analysis)}</div>`
}
