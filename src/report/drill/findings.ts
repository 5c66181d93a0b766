// What a drill found: objectives and checks, what was lost, each anomaly with its evidence, and which faults were proven.
import { formatBytes } from '../../core/units.ts'
import { rangeText } from '../../verify/history-checks.ts'
import type { Judgement } from '../../verify/judgement.ts'
import { VERDICT_WORD } from '../columns.ts'
import { NONE } from '../format.ts'
import { type DrillSection, plain } from './section.ts'
import { faultsOf, type Labelled, nameOf } from './times.ts'

const RANGES_SHOWN = 6

export function judgedSection(judgement: Judgement): DrillSection {
  const outcomes = [...judgement.rules.map(rule => ({ name: rule.text, ...rule })), ...judgement.checks]
  const rows = outcomes.map(({ name, verdict, cells }) => {
    const shown = cells.find(cell => cell.verdict === verdict) ?? cells[0]
    const why = shown?.reason === undefined ? '' : ` (${shown.reason})`
    return [plain(name), VERDICT_WORD[verdict], plain(`${shown?.observed ?? NONE}${why}`)]
  })
  return {
    id: 'objectives',
    title: 'Objectives and checks',
    table: { columns: ['What must hold', 'Verdict', 'Seen'], rows },
  }
}

export function lossSection(trials: readonly Labelled[]): DrillSection {
  const rows = trials.flatMap(one => {
    const rpo = one.trial.verification?.rpo
    if (!rpo) return []
    const { acked, unknown, failed } = one.trial.accounting
    const outcomes = [acked, unknown, failed].map(String)
    return [[nameOf(one), String(rpo.records), formatBytes(rpo.bytes), `${rpo.seconds.toFixed(1)} s`, ...outcomes]]
  })
  const head = { id: 'rpo', title: 'Lost (RPO)' }
  if (rows.length === 0) return { ...head, lead: 'Nothing was read back, so nothing can be said.' }
  const columns = ['Trial', 'Acknowledged records lost', 'Bytes', 'Sent over', 'Acknowledged', 'Unknown', 'Failed']
  return { ...head, table: { columns, rows } }
}

/** Of every kind of anomaly the count, where it is, and the first record in full. */
export function anomalySection(trials: readonly Labelled[]): DrillSection {
  const rows = trials.flatMap(one =>
    (one.trial.verification?.findings ?? []).map(({ anomaly, count, ranges, rangesLeftOut, evidence }) => {
      const shown = ranges.slice(0, RANGES_SHOWN).map(range => rangeText(range, one.trial))
      const more = ranges.length - shown.length + rangesLeftOut
      const [first] = evidence
      const who = first?.producer === undefined ? NONE : `producer ${first.producer}, sequence ${first.seq}`
      return [
        nameOf(one),
        plain(anomaly),
        String(count),
        plain(`${shown.join(', ')}${more > 0 ? ` and ${more} more ranges` : ''}`),
        plain(`${who}${first?.note === undefined ? '' : `, ${first.note}`}`),
      ]
    }),
  )
  const head = { id: 'anomalies', title: 'Anomalies' }
  const isRead = trials.some(one => one.trial.verification !== undefined)
  if (rows.length === 0)
    return { ...head, lead: isRead ? 'None: every record is where its producer was told.' : 'Nothing was read back.' }
  return {
    ...head,
    lead: 'Whether they are allowed under these settings is told by the checks above; the first hundred of each kind stand in full in the report.',
    table: { columns: ['Trial', 'Kind', 'Records', 'Where', 'The first'], rows },
  }
}

/** Each step of each fault with its evidence. */
export function stepsSection(trials: readonly Labelled[]): DrillSection {
  const rows = trials.flatMap(one =>
    one.trial.events
      .filter(event => event.name.startsWith('fault.') || event.name.startsWith('isr.'))
      .map(({ tSeconds, name, detail }) => {
        const told = detail?.['evidence'] ?? detail?.['reason'] ?? detail?.['target'] ?? ''
        const fault = detail?.['fault'] === undefined ? NONE : `${String(detail['fault'])} ${String(detail['kind'])}`
        return [nameOf(one), `${tSeconds.toFixed(2)} s`, plain(fault), plain(name), plain(String(told))]
      }),
  )
  return {
    id: 'steps',
    title: 'Steps',
    table: { columns: ['Trial', 'At', 'Fault', 'What', 'Evidence'], rows },
  }
}

/** Who served readers of a rack: shown by those that tell, and said of those that do not. */
function sourceLines(trials: readonly Labelled[]): string[] {
  const ofRacks = (one: Labelled) =>
    one.trial.clients.filter(
      ({ role, settings }) =>
        role === 'consumer' && settings.some(({ name, value }) => name === 'client.rack' && value !== ''),
    )
  const silent = trials.flatMap(ofRacks).filter(({ tellsSource }) => !tellsSource)
  const names = [...new Set(silent.map(({ group, driver }) => `${group} (${driver})`))]
  return [
    ...trials.filter(one => ofRacks(one).length > 0).flatMap(sourceLine),
    ...(names.length === 0 ? [] : [`Not shown: which replicas served ${plain(names.join(', '))}.`]),
  ]
}

function sourceLine(one: Labelled): string[] {
  const served = one.trial.accounting.served ?? []
  if (served.length === 0) return []
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
  const followed = sum(served.map(({ follower }) => follower))
  const all = followed + sum(served.map(({ leader }) => leader))
  const each = served.map(
    ({ broker, leader, follower }) => `node ${broker} ${leader} as leader and ${follower} as follower`,
  )
  return [`${nameOf(one)}: ${followed} of ${all} records were fetched from followers: ${each.join(', ')}.`]
}

export function provenSection(trials: readonly Labelled[]): DrillSection {
  const faults = trials.flatMap(one => faultsOf(one.trial))
  const isVoid = faults.filter(fault => fault.actedUs === undefined)
  const kinds = [...new Set(faults.filter(fault => fault.actedUs !== undefined).map(fault => fault.kind))]
  const healed = faults.filter(fault => fault.healedUs !== undefined).length
  const complete = trials.filter(one => one.trial.verification?.complete).length
  return {
    id: 'proven',
    title: 'Proven, and not',
    lines: [
      `Proven to have acted: ${kinds.length === 0 ? 'nothing' : kinds.map(plain).join(', ')}, ${faults.length - isVoid.length} of ${faults.length} times.`,
      ...isVoid.map(fault => `Void: ${plain(fault.kind)}: ${plain(fault.voidReason ?? 'its effect was never shown')}.`),
      `Healed and read back: ${healed} of ${faults.length} faults.`,
      ...sourceLines(trials),
      `Read back to the last record and held against every acknowledgement: ${complete} of ${trials.length} trials.`,
      ...(trials.length === 1
        ? ['One trial: how much these times vary is not known; repeat with `--repeat 7` and another moment each time.']
        : []),
      'Not tested: other loads and settings, lost disks and clocks, and what the rest of the system does when these clients wait.',
    ],
  }
}
