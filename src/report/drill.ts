// The drill page, as Markdown and as one offline HTML file: hypothesis, timeline, recovery against its timers, what was lost, what was proven, and a runbook.
import type { Analysis } from '../analysis/analysis.ts'
import type { Judgement } from '../verify/judgement.ts'
import { recovery } from './charts/recovery.ts'
import { VERDICT_MARK, VERDICT_WORD } from './columns.ts'
import { anomalySection, judgedSection, lossSection, provenSection, stepsSection } from './drill/findings.ts'
import { runbookSection } from './drill/runbook.ts'
import { type DrillSection, pieces, plain } from './drill/section.ts'
import {
  decompositionSection,
  headlinesOf,
  type Labelled,
  momentsSection,
  nameOf,
  recoverySection,
  stagesSection,
} from './drill/times.ts'
import { showTime } from './format.ts'
import { drawing } from './html/drawing.ts'
import { type Content, html, type Markup } from './html/element.ts'
import { page } from './html/page.ts'
import { notes, pill, section, table } from './html/parts.ts'
import { markdownText } from './markdown.ts'
import { toolText } from './summary.ts'

/** Pictures beyond these would make the page long; the numbers of every trial stand in the tables. */
const PICTURES = 8

const hypothesisOf = (analysis: Analysis): string => plain(analysis.scenario.description ?? 'none was written down')

function settingOf({ cluster, runId, seed }: Analysis): string {
  return plain(
    `Kafka ${cluster.kafkaVersion}, ${cluster.nodes} nodes, ${cluster.provider}, ${cluster.path}; run ${runId}, seed ${seed}.`,
  )
}

function trialsOf(analysis: Analysis): Labelled[] {
  return analysis.cells.flatMap(cell => cell.trials.map(trial => ({ label: cell.label, trial })))
}

/** In the order of questions: how long, why so long, how bad, what was lost, whether to believe it, and what to do. */
function sectionsOf(trials: readonly Labelled[], judgement: Judgement): DrillSection[] {
  return [
    recoverySection(trials),
    momentsSection(trials),
    decompositionSection(trials),
    stagesSection(trials),
    lossSection(trials),
    anomalySection(trials),
    judgedSection(judgement),
    provenSection(trials),
    runbookSection(trials),
    stepsSection(trials),
  ]
}

/** Whether there is anything to make a drill page of. */
export function hasDrill(analysis: Analysis): boolean {
  return trialsOf(analysis).some(({ trial }) => trial.recovery !== undefined)
}

/** The page of a run with faults, for terminals and pull requests. */
export function renderDrill(analysis: Analysis, judgement: Judgement): string {
  return [
    `# Drill ${markdownText(analysis.scenario.name)}: ${VERDICT_WORD[judgement.verdict]}`,
    '',
    `**Hypothesis.** ${markdownText(hypothesisOf(analysis))}`,
    '',
    markdownText(settingOf(analysis)),
    '',
    ...sectionsOf(trialsOf(analysis), judgement).flatMap(markdownSection),
  ].join('\n')
}

const markdownPieces = (text: string): string =>
  pieces(text)
    .map(piece => (piece.isCode ? `\`${piece.text}\`` : markdownText(piece.text)))
    .join('')

function markdownSection({ title, lead, table: data, lines = [], numbered = false }: DrillSection): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    `## ${title}`,
    '',
    ...(lead === undefined ? [] : [markdownPieces(lead), '']),
    ...(data && data.rows.length > 0
      ? [
          row(data.columns),
          row(data.columns.map(() => '---')),
          ...data.rows.map(cells => row(cells.map(markdownPieces))),
          '',
        ]
      : []),
    ...lines.map((line, index) => `${numbered ? `${index + 1}.` : '-'} ${markdownPieces(line)}`),
    ...(lines.length > 0 ? [''] : []),
  ]
}

const htmlPieces = (text: string): Content =>
  pieces(text).map(piece => (piece.isCode ? html`<code>${piece.text}</code>` : piece.text))

/** A cell that is nothing but a verdict gets its colour. */
const VERDICTS: ReadonlyMap<string, Markup> = new Map(
  (['pass', 'fail', 'inconclusive'] as const).map(verdict => [VERDICT_WORD[verdict], pill(verdict)]),
)

function htmlSection({ id, title, lead = '', table: data, lines = [], numbered = false }: DrillSection): Markup {
  const shown =
    data && data.rows.length > 0
      ? table(
          data.columns.map(label => ({ label })),
          data.rows.map(cells => cells.map(cell => VERDICTS.get(cell) ?? htmlPieces(cell))),
        )
      : undefined
  const items = lines.map(line => html`<li>${htmlPieces(line)}</li>`)
  const list = lines.length === 0 ? undefined : numbered ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`
  const content = shown || list ? html`<div class="card">${shown}${list}</div>` : undefined
  return section(id, title, lead, content)
}

async function pictures(trials: readonly Labelled[]): Promise<Markup> {
  const parts: Markup[] = []
  for (const one of trials.slice(0, PICTURES)) {
    const name = trials.length === 1 ? undefined : html`<h3>${nameOf(one)}</h3>`
    parts.push(html`<div class="card">${name}${await drawing(recovery.draw(one.trial))}</div>`)
  }
  const more = trials.length - parts.length
  const left = more > 0 ? [`${more} more trials are not drawn; their numbers stand in the tables.`] : []
  return section(recovery.id, recovery.title, recovery.describe, html`${parts}${notes(left)}`)
}

/** The same page with its pictures. */
export async function renderDrillHtml(analysis: Analysis, judgement: Judgement): Promise<string> {
  const { scenario, runId } = analysis
  const trials = trialsOf(analysis)
  const sections = sectionsOf(trials, judgement)
  const { verdict, causes } = judgement
  const why = causes.length === 0 ? undefined : html`<ul>${causes.map(cause => html`<li>${cause.text}</li>`)}</ul>`
  const tiles = headlinesOf(trials).map(
    ({ label, value, detail }) =>
      html`<div class="tile"><div class="label">${label}</div><div class="value">${value}</div><div class="detail">${detail}</div></div>`,
  )
  const links = [recovery, ...sections].map(one => html`<a href="#${one.id}">${one.title}</a>`)
  const body = html`<header><div class="eyebrow">kafka-gauntlet drill · run ${runId}</div><h1>${scenario.name}</h1><p class="lead"><strong>Hypothesis.</strong> ${hypothesisOf(analysis)}</p><p class="soft small">${showTime(analysis.startedAt)} · ${settingOf(analysis)}</p></header>
<div class="verdict is-${verdict}" id="verdict"><span class="mark" aria-hidden="true">${VERDICT_MARK[verdict]}</span><div><div class="word">${VERDICT_WORD[verdict]}</div></div>${why}</div>
<div class="tiles">${tiles}</div>
<nav aria-label="Sections">${links}</nav>
${await pictures(trials)}${sections.map(htmlSection)}
<footer>Made by ${toolText(analysis.tool)} from the recording of run ${runId}; <a href="report.html">the report</a> has every number. This file loads nothing and runs no script.</footer>`
  return page(`${VERDICT_WORD[verdict]} · drill ${scenario.name} · ${runId}`, body)
}
