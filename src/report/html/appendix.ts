// The appendix: everything needed to run the same again, and what each client, topic and broker was really set to.
import type { Analysis, TrialAnalysis } from '../../analysis/analysis.ts'
import type { ClientAccount, ResolvedSetting } from '../../recording/format.ts'
import { NONE, showBytes, showTime } from '../format.ts'
import { rerunCommand, toolText } from '../summary.ts'
import { shorten } from '../text.ts'
import { block, type Content, html, type Markup } from './element.ts'
import { notes, section, table } from './parts.ts'

const VALUES_SHOWN = 8

type Merged = { name: string; values: string[]; sources: string[]; notes: string[] }

/** One row per setting over many cells: all values and sources it had. */
function mergeSettings(lists: readonly (readonly ResolvedSetting[])[]): Merged[] {
  const rows = new Map<string, Merged>()
  const put = (into: string[], text: string | undefined): void => {
    if (text !== undefined && !into.includes(text)) into.push(text)
  }
  for (const setting of lists.flat()) {
    const row = rows.get(setting.name) ?? { name: setting.name, values: [], sources: [], notes: [] }
    rows.set(setting.name, row)
    put(row.values, setting.value)
    put(row.sources, setting.source)
    put(row.notes, setting.note)
  }
  return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function list(values: readonly string[]): string {
  const shown = values.slice(0, VALUES_SHOWN).join(', ')
  return values.length > VALUES_SHOWN ? `${shown} and ${values.length - VALUES_SHOWN} more` : shown
}

function settingsTable(merged: readonly Merged[]): Content {
  if (merged.length === 0) return html`<p class="soft small">No setting was recorded.</p>`
  return table(
    [{ label: 'setting' }, { label: 'value' }, { label: 'from' }, { label: 'note' }],
    merged.map(row => [
      html`<code>${row.name}</code>`,
      html`<code>${list(row.values)}</code>`,
      list(row.sources),
      list(row.notes),
    ]),
  )
}

const trialsOf = (analysis: Analysis): TrialAnalysis[] => analysis.cells.flatMap(cell => cell.trials)

function clients(analysis: Analysis): Content {
  const accounts = trialsOf(analysis).flatMap(trial => trial.clients)
  const keys = [...new Set(accounts.map(account => `${account.role}\n${account.group}`))]
  return keys.map(key => {
    const own = accounts.filter(account => `${account.role}\n${account.group}` === key)
    const [first] = own
    if (!first) return undefined
    const all = (read: (account: ClientAccount) => string): string => list([...new Set(own.map(read))])
    const badges = [...new Set(own.flatMap(account => account.badges))]
    return html`<h3>${first.role === 'producer' ? 'Producers' : 'Consumers'}: ${first.group}</h3><p class="soft small">Driver ${all(account => account.driver)}, ${all(account => account.mode)}, ${all(account => String(account.workers))} workers. Batched by the ${all(account => (account.batchedBy === 'harness' ? 'harness' : 'client'))}.</p>${notes(badges)}<details class="values print"><summary>Settings and where they came from</summary>${settingsTable(mergeSettings(own.map(account => account.settings)))}</details>`
  })
}

function topics(analysis: Analysis): Content {
  const accounts = trialsOf(analysis).flatMap(trial => trial.topics)
  return [...new Set(accounts.map(account => account.declared))].map(declared => {
    const own = accounts.filter(account => account.declared === declared)
    const all = (read: (account: (typeof own)[number]) => number): string =>
      list([...new Set(own.map(account => String(read(account))))])
    return html`<h3>Topic: ${declared}</h3><p class="soft small">${all(account => account.partitions)} partitions, replication factor ${all(account => account.replicationFactor)}; a fresh topic for each trial.</p><details class="values print"><summary>Settings and where they came from</summary>${settingsTable(mergeSettings(own.map(account => account.settings)))}</details>`
  })
}

function brokers(analysis: Analysis): Content {
  const rows = new Map<string, Set<string>>()
  for (const [node, settings] of trialsOf(analysis).flatMap(trial => Object.entries(trial.brokerSettings))) {
    for (const [name, value] of Object.entries(settings)) {
      const values = rows.get(name) ?? new Set()
      rows.set(name, values)
      values.add(JSON.stringify([value, node]))
    }
  }
  if (rows.size === 0) return html`<p class="soft small">No broker setting was read back.</p>`
  const show = (pairs: ReadonlySet<string>): string => {
    const parsed = [...pairs].map(pair => JSON.parse(pair) as [string, string])
    const values = [...new Set(parsed.map(([value]) => value))]
    return values.length === 1 ? (values[0] ?? NONE) : list(parsed.map(([value, node]) => `${node}: ${value}`))
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  return html`<details class="values print"><summary>${rows.size} settings, read back from the brokers</summary>${table(
    [{ label: 'setting' }, { label: 'value' }],
    sorted.map(([name, values]) => [html`<code>${name}</code>`, html`<code>${shorten(show(values), 400)}</code>`]),
  )}</details>`
}

function environment(analysis: Analysis): Content {
  const { environment: machine, cluster } = analysis
  const rows: [string, string][] = [
    ['run', analysis.runId],
    ['started', showTime(analysis.startedAt)],
    ['tool', toolText(analysis.tool)],
    ['Kafka', cluster.kafkaVersion],
    [
      'cluster',
      `${cluster.provider}, ${cluster.nodes} nodes, path ${cluster.path}${cluster.startedInMs === undefined ? '' : `, ready in ${(cluster.startedInMs / 1000).toFixed(1)} s`}`,
    ],
    ...(cluster.image ? [['image', cluster.image] as [string, string]] : []),
    ['CPU', `${machine.cpuModel}, ${machine.cores} cores`],
    ['memory', showBytes(machine.memoryBytes)],
    ['system', `${machine.platform}, kernel ${machine.kernel}`],
    ['Node', machine.node],
    ...(machine.docker ? [['Docker', machine.docker] as [string, string]] : []),
    ...(machine.java ? [['Java', machine.java] as [string, string]] : []),
    ['host', machine.hostname],
    ['fingerprint', machine.fingerprint],
    ['seed', String(analysis.seed)],
  ]
  return table([{ label: '', narrow: true }, { label: '' }], rows)
}

function allNotes(analysis: Analysis): string[] {
  const fromTrials = new Map<string, number[]>()
  for (const trial of trialsOf(analysis))
    for (const note of trial.notes) fromTrials.set(note, [...(fromTrials.get(note) ?? []), trial.number])
  const all = trialsOf(analysis).length
  return [
    ...analysis.notes,
    ...[...fromTrials].map(([note, trials]) =>
      trials.length === all ? note : `${trials.length === 1 ? 'trial' : 'trials'} ${list(trials.map(String))}: ${note}`,
    ),
  ]
}

/** Scenario, settings, environment, notes, and the command that runs it again. */
export function appendixSection(analysis: Analysis, rerun: string | undefined): Markup {
  const overrides =
    analysis.overrides.length === 0
      ? undefined
      : html`<p class="small">Set from outside the file:</p>${settingsTable(mergeSettings([analysis.overrides]))}`
  const texts = allNotes(analysis)
  const body = html`<div class="card"><h3>Run it again</h3><pre>${block(rerun ?? rerunCommand(analysis))}</pre>${overrides}
<h3>Scenario</h3><p class="soft small"><code>${analysis.scenario.file}</code>, as it was when the run began</p><pre>${block(analysis.scenario.text)}</pre></div>
<div class="card">${clients(analysis)}${topics(analysis)}<h3>Brokers</h3>${brokers(analysis)}</div>
<div class="card"><h3>Environment</h3>${environment(analysis)}${texts.length > 0 ? html`<h3>Notes</h3>${notes(texts)}` : undefined}</div>`
  return section('appendix', 'Appendix', 'Everything to judge how this was measured, and to measure it again.', body)
}
