// The drill page as Markdown: hypothesis, what was done and proven, the recovery against its timers, what was lost, and a runbook.
import type { Analysis, TrialAnalysis } from '../analysis/analysis.ts'
import { formatBytes, formatUs } from '../core/units.ts'
import type { FaultRecovery } from '../stats/recovery.ts'
import type { Judgement } from '../verify/judgement.ts'
import { VERDICT_WORD } from './columns.ts'
import { markdownText } from './markdown.ts'

const NONE = '–'
/** Kafka's own defaults, where the brokers were started with nothing else. */
const TIMERS = {
  'broker.session.timeout.ms': '9000',
  'broker.heartbeat.interval.ms': '2000',
  'replica.lag.time.max.ms': '30000',
} as const

const time = (us: number | undefined): string => (us === undefined ? NONE : formatUs(us))
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const head = (cells: readonly string[]): string[] => [row(cells), row(cells.map(() => '---'))]

/** The page of a run with faults. */
export function renderDrill(analysis: Analysis, judgement: Judgement): string {
  const trials = analysis.cells.flatMap(cell => cell.trials.map(trial => ({ label: cell.label, trial })))
  return [
    `# Drill ${markdownText(analysis.scenario.name)}: ${VERDICT_WORD[judgement.verdict]}`,
    '',
    `**Hypothesis.** ${markdownText(analysis.scenario.description ?? 'none was written down')}`,
    '',
    `Kafka ${analysis.cluster.kafkaVersion}, ${analysis.cluster.nodes} nodes, ${analysis.cluster.provider}, ${analysis.cluster.path}; run ${analysis.runId}, seed ${analysis.seed}.`,
    '',
    ...judged(judgement),
    ...recoveries(trials),
    ...decomposition(trials.map(({ trial }) => trial)),
    ...losses(trials),
    ...timeline(trials),
    ...proofs(trials.map(({ trial }) => trial)),
    ...runbook(trials.map(({ trial }) => trial)),
  ].join('\n')
}

type Labelled = { label: string; trial: TrialAnalysis }
const faultsOf = (trial: TrialAnalysis): FaultRecovery[] => trial.recovery?.faults ?? []

function judged(judgement: Judgement): string[] {
  const outcomes = [...judgement.rules.map(rule => ({ name: rule.text, ...rule })), ...judgement.checks]
  const rows = outcomes.map(({ name, verdict, cells }) => {
    const shown = cells.find(cell => cell.verdict === verdict) ?? cells[0]
    const why = shown?.reason === undefined ? '' : ` (${shown.reason})`
    return row([VERDICT_WORD[verdict], markdownText(name), markdownText(`${shown?.observed ?? NONE}${why}`)])
  })
  return ['## Objectives and checks', '', ...head(['Verdict', 'What', 'Seen']), ...rows, '']
}

function recoveries(trials: readonly Labelled[]): string[] {
  const rows = trials.flatMap(({ label, trial }) =>
    faultsOf(trial).map(fault =>
      row([
        markdownText(`${label} #${trial.repetition + 1}`),
        markdownText(`${fault.kind} on ${fault.nodes.length > 0 ? `node ${fault.nodes.join(', ')}` : fault.target}`),
        fault.actedUs === undefined ? 'void' : 'proven',
        time(fault.clusterRtoUs),
        time(fault.clientRtoUs),
        time(trial.recovery?.unavailableMaxUs),
        time(fault.isrFullUs),
        time(fault.lagDrainedUs),
      ]),
    ),
  )
  return [
    '## Recovery',
    '',
    'Cluster RTO ends when the first of all brokers tells of a new leader, client RTO with the last first acknowledgement; both begin when the act had been read back. ISR and lag count from the heal.',
    '',
    ...head(['Trial', 'Fault', 'Effect', 'Cluster RTO', 'Client RTO', 'Longest silence', 'ISR full', 'Lag drained']),
    ...rows,
    '',
  ]
}

function decomposition(trials: readonly TrialAnalysis[]): string[] {
  const settings = Object.values(trials[0]?.brokerSettings ?? {})[0] ?? {}
  const timers = Object.entries(TIMERS).map(([name, normally]) => `\`${name}\` ${settings[name] ?? normally}`)
  const shares = trials
    .flatMap(faultsOf)
    .flatMap(({ clusterRtoUs, clientRtoUs }) =>
      clusterRtoUs === undefined || clientRtoUs === undefined
        ? []
        : [
            `of ${time(clientRtoUs)} the cluster took ${time(clusterRtoUs)} and the clients ${time(Math.max(0, clientRtoUs - clusterRtoUs))}`,
          ],
    )
  return [
    '## What set the times',
    '',
    `Timers of the brokers: ${timers.join(', ')}.`,
    ...shares.map(share => `- ${share}`),
    '',
  ]
}

function losses(trials: readonly Labelled[]): string[] {
  const rows = trials.flatMap(({ label, trial }) => {
    const rpo = trial.verification?.rpo
    if (!rpo) return []
    return [
      row([
        markdownText(`${label} #${trial.repetition + 1}`),
        rpo.records,
        formatBytes(rpo.bytes),
        `${rpo.seconds.toFixed(1)} s`,
      ]),
    ]
  })
  if (rows.length === 0) return ['## Lost (RPO)', '', 'Nothing was read back, so nothing can be said.', '']
  return ['## Lost (RPO)', '', ...head(['Trial', 'Acknowledged records lost', 'Bytes', 'Sent over']), ...rows, '']
}

function timeline(trials: readonly Labelled[]): string[] {
  const rows = trials.flatMap(({ label, trial }) =>
    trial.events
      .filter(event => event.name.startsWith('fault.') || event.name.startsWith('isr.'))
      .map(event =>
        row([
          markdownText(`${label} #${trial.repetition + 1}`),
          `${event.tSeconds.toFixed(2)} s`,
          markdownText(event.name),
          markdownText(
            String(event.detail?.['evidence'] ?? event.detail?.['reason'] ?? event.detail?.['target'] ?? ''),
          ),
        ]),
      ),
  )
  return [
    '## Timeline',
    '',
    'The pictures stand in `report.html`, with the same marks.',
    '',
    ...head(['Trial', 'At', 'What', 'Evidence']),
    ...rows,
    '',
  ]
}

function proofs(trials: readonly TrialAnalysis[]): string[] {
  const faults = trials.flatMap(faultsOf)
  const isVoid = faults.filter(fault => fault.actedUs === undefined)
  const kinds = [...new Set(faults.filter(fault => fault.actedUs !== undefined).map(fault => fault.kind))]
  return [
    '## Proven, and not',
    '',
    `- Proven to have acted: ${kinds.length === 0 ? 'nothing' : kinds.map(markdownText).join(', ')}, ${faults.length - isVoid.length} of ${faults.length} times.`,
    ...isVoid.map(
      fault =>
        `- Void: ${markdownText(fault.kind)}: ${markdownText(fault.voidReason ?? 'its effect was never shown')}.`,
    ),
    '- Not tested: other loads and settings, lost disks and clocks, and what the rest of the system does when these clients wait.',
    '',
  ]
}

function runbook(trials: readonly TrialAnalysis[]): string[] {
  const faults = trials.flatMap(faultsOf)
  const worst = (read: (fault: FaultRecovery) => number | undefined): string =>
    time(faults.map(read).reduce((a, b) => (b !== undefined && b > (a ?? -1) ? b : a), undefined))
  return [
    '## Runbook',
    '',
    '1. See which partitions have no leader or too few replicas: `kafka-topics.sh --describe --unavailable-partitions`, then `--under-min-isr-partitions`.',
    `2. Wait: in this drill leaders were back after ${worst(fault => fault.clusterRtoUs)} and producers after ${worst(fault => fault.clientRtoUs)}. Escalate when it takes twice as long.`,
    '3. See who leads the metadata quorum: `kafka-metadata-quorum.sh describe --status`.',
    '4. Bring the broker back, or its network. Do not elect unclean leaders: that gives up acknowledged records.',
    `5. All is well when every replica is in sync again (here ${worst(fault => fault.isrFullUs)} after the heal) and consumers have caught up (${worst(fault => fault.lagDrainedUs)}).`,
    '',
  ]
}
