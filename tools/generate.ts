// Writes the files that are made from tables and schemas in the source; with --check it only says which of them are stale.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TOXIPROXY_IMAGE } from '../src/cluster/images/names.ts'
import { ERRORS, EXIT } from '../src/core/errors.ts'
import { describeMetrics, type Metric } from '../src/core/metrics.ts'
import { scenarioJsonSchema } from '../src/scenario/json-schema.ts'
import { KAFKA_DEFAULT_VERSION } from '../src/scenario/schema/cluster.ts'
import {
  CONSUMER_SETTINGS,
  PRODUCER_SETTINGS,
  type Setting,
  type SettingTable,
  TOPIC_SETTINGS,
} from '../src/scenario/schema/settings.ts'
import { composeFiles } from '../src/topology/compose.ts'
import { routedComposeFiles } from '../src/topology/compose-routed.ts'
import { cliReference } from './cli-reference.ts'

/** A file made from source; add a line to FILES to generate another one. */
export type GeneratedFile = { path: string; render: () => string | Promise<string> }

export const FILES: readonly GeneratedFile[] = [
  { path: 'scenarios/scenario.schema.json', render: () => `${compactJson(scenarioJsonSchema())}\n` },
  { path: 'docs/reference/errors.md', render: renderErrors },
  { path: 'docs/reference/metrics.md', render: renderMetrics },
  { path: 'docs/reference/settings.md', render: renderSettings },
  {
    path: 'docs/reference/cli.md',
    render: () => page('Command line', 'src/cli/commands.ts and src/cli/options.ts', ...cliReference()),
  },
  ...[...composeFiles(KAFKA_DEFAULT_VERSION), ...routedComposeFiles(KAFKA_DEFAULT_VERSION, TOXIPROXY_IMAGE)].map(
    ({ path, text }) => ({ path, render: () => text }),
  ),
]

const ROOT = join(import.meta.dirname, '..')

/** A page with a heading, a line on where it comes from, and its parts. */
function page(title: string, source: string, ...parts: string[]): string {
  return [`# ${title}`, `Generated from \`${source}\` by \`npm run generate\`; edits here are lost.`, ...parts]
    .join('\n\n')
    .concat('\n')
}

const WIDTH = 120

/** JSON in which whatever fits on a line stands on one. */
function compactJson(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || indent.length + flat.length < WIDTH * 0.8) return spaced(value)
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const lines = Object.entries(value).map(
    ([key, item]) => `${inner}${isList ? '' : `${JSON.stringify(key)}: `}${compactJson(item, inner)}`,
  )
  return `${isList ? '[' : '{'}\n${lines.join(',\n')}\n${indent}${isList ? ']' : '}'}`
}

/** One line of JSON with spaces where people put them. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value)
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`).join(', ')} }`
}

/** A Markdown table; bars in cells are escaped. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const FAMILIES: readonly (readonly [prefix: string, title: string])[] = [
  ['E1', 'Scenario file'],
  ['E2', 'Plan and command line'],
  ['E3', 'Environment'],
  ['E4', 'Refused by a guard'],
  ['E5', 'During a run'],
  ['E6', 'Recordings'],
  ['E7', 'Clean-up'],
]

function renderErrors(): string {
  const exits = Object.entries(EXIT).map(([name, code]) => [String(code), name])
  const families = FAMILIES.map(([prefix, title]) => {
    const rows = Object.entries(ERRORS).filter(([code]) => code.startsWith(prefix))
    return `## ${title}\n\n${table(
      ['Code', 'Meaning', 'Exit'],
      rows.map(([code, row]) => [`\`${code}\``, row.title, String(row.exit)]),
    )}`
  })
  const form =
    'Every message has the form `file:line:column  CODE  what is wrong, what was found`, and below it `→ what to write`. All mistakes of a scenario come in one pass, at most 20 at a time.'
  return page('Errors', 'src/core/errors.ts', form, ...families, `## Exit codes\n\n${table(['Exit', 'Name'], exits)}`)
}

const UNITS: Readonly<Record<Metric['unit'], string>> = {
  us: 'duration: `25ms`, `800us`',
  count: 'count: `0`, `10k`',
  ratio: 'ratio: `99%`, `0.99`',
  perSecond: 'rate: `20k/s`',
  bytes: 'size: `16KiB`',
  bytesPerSecond: 'bytes per second: `10MB/s`',
  number: 'number: `2.5`',
}
const NEEDS = {
  acks: 'acks 1 or all',
  consumers: 'consumers',
  faults: 'faults',
  transforms: 'a group with `transform:`',
  sources: 'a consumer with `driver: wire`',
  'broker.metrics': '`cluster: { broker.metrics: true }`',
} as const

function renderMetrics(): string {
  const rows = describeMetrics().map(({ name, metric }) => [
    `\`${name}\``,
    metric.describe,
    UNITS[metric.unit],
    metric.needs ? NEEDS[metric.needs] : '',
  ])
  const form =
    'A rule is `metric comparison value`, as in `ack.p99 < 25ms`, or `metric comparison metric`, as in `acked == stored`. Comparisons: `<` `<=` `>` `>=` `==` `!=`. Braces list what may follow the name.'
  return page('Metrics', 'src/core/metrics.ts', form, table(['Metric', 'Meaning', 'Value', 'Needs'], rows))
}

function typeText(setting: Setting): string {
  if (typeof setting.type === 'object') return setting.type.enum.map(value => `\`${value}\``).join(', ')
  const words = {
    int: 'whole number',
    number: 'number',
    durationMs: 'milliseconds, or `5ms`',
    sizeBytes: 'bytes, or `64KiB`',
    boolean: '`true`, `false`',
    string: 'text',
  } as const
  const range = [
    setting.min === undefined ? '' : `≥ ${setting.min}`,
    setting.max === undefined ? '' : `≤ ${setting.max}`,
  ].filter(text => text !== '')
  return [words[setting.type], ...range].join(', ')
}

function settingsSection(title: string, settings: SettingTable): string {
  const rows = Object.entries(settings).map(([name, setting]) => [
    `\`${name}\``,
    typeText(setting),
    setting.default === undefined ? '' : `\`${String(setting.default)}\``,
    setting.doc,
  ])
  return `## ${title}\n\n${table(['Setting', 'Value', 'Default', 'Meaning'], rows)}`
}

function renderSettings(): string {
  const intro =
    'Kafka’s own names, with the defaults of Kafka 4.3. Names that are not listed are refused, with the nearest one suggested.'
  const brokers =
    '## Brokers (`cluster: config:`)\n\nAny broker property of Kafka; names much like a known one are refused as typing mistakes, and so are those that the harness sets itself (nodes, roles, listeners, data directories).'
  return page(
    'Settings',
    'src/scenario/schema/setting-tables.ts',
    intro,
    settingsSection('Producers (`producers: config:`)', PRODUCER_SETTINGS),
    settingsSection('Consumers (`consumers: config:`)', CONSUMER_SETTINGS),
    settingsSection('Topics (`topics: config:`)', TOPIC_SETTINGS),
    brokers,
  )
}

/** Files whose content on disk is not what the source gives. */
export async function staleFiles(): Promise<string[]> {
  const stale: string[] = []
  for (const { path, render } of FILES) {
    const written = await readFile(join(ROOT, path), 'utf8').catch(() => undefined)
    if (written !== (await render())) stale.push(path)
  }
  return stale
}

async function main(isCheck: boolean): Promise<void> {
  const stale = await staleFiles()
  for (const { path, render } of FILES) {
    if (!stale.includes(path)) continue
    if (isCheck) {
      process.stderr.write(`${path} is stale: run npm run generate\n`)
      process.exitCode = 1
      continue
    }
    await mkdir(dirname(join(ROOT, path)), { recursive: true })
    await writeFile(join(ROOT, path), await render())
    process.stdout.write(`wrote ${path}\n`)
  }
}

if (import.meta.main) await main(process.argv.includes('--check'))
