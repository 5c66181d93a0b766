// The times of a drill: the moments of each fault, its recovery in two numbers, what set them, and the load before, under and after it.
import type { SeriesPoint, TrialAnalysis } from '../../analysis/analysis.ts'
import { formatUs } from '../../core/units.ts'
import { type FaultRecovery, mainFaults } from '../../stats/recovery.ts'
import { NONE, showPerSecond, showUs } from '../format.ts'
import { MOMENTS, type MomentName, momentsOf } from './moments.ts'
import { type DrillSection, plain } from './section.ts'

export type Labelled = { label: string; trial: TrialAnalysis }

/** Kafka's own defaults, where the brokers were started with nothing else. */
const TIMERS = {
  'broker.session.timeout.ms': 9000,
  'broker.heartbeat.interval.ms': 2000,
  'replica.lag.time.max.ms': 30_000,
} as const
/** Faults that leave a broker the time to hand its partitions over. */
const ORDERLY = ['broker-stop', 'rolling-restart']
const CLIENT_TIMERS = ['request.timeout.ms', 'retries', 'retry.backoff.ms', 'metadata.max.age.ms']

export const faultsOf = (trial: TrialAnalysis): FaultRecovery[] => trial.recovery?.faults ?? []
export const time = (us: number | undefined): string => (us === undefined ? NONE : formatUs(us))
export const nameOf = ({ label, trial }: Labelled): string => plain(`${label} #${trial.repetition + 1}`)
const faultName = ({ kind, nodes, target }: FaultRecovery): string =>
  plain(`${kind} on ${nodes.length > 0 ? `node ${nodes.join(', ')}` : target}`)

export function momentsSection(trials: readonly Labelled[]): DrillSection {
  const names = Object.keys(MOMENTS) as MomentName[]
  const rows = trials.flatMap(one =>
    momentsOf(one.trial).map(({ fault, at }) => [
      nameOf(one),
      faultName(fault),
      ...names.map(name => at[name]?.toFixed(name === 't1' || name === 't5' ? 0 : 2) ?? NONE),
    ]),
  )
  return {
    id: 'moments',
    title: 'Moments',
    lead: 'Seconds since the start of load.',
    table: { columns: ['Trial', 'Fault', ...names], rows },
    lines: [names.map(name => `${name} ${MOMENTS[name]}`).join(' · ')],
  }
}

export function recoverySection(trials: readonly Labelled[]): DrillSection {
  const rows = trials.flatMap(one =>
    faultsOf(one.trial).map(fault => [
      nameOf(one),
      faultName(fault),
      fault.actedUs === undefined ? 'void' : 'proven',
      time(fault.clusterRtoUs),
      time(fault.clientRtoUs),
      time(one.trial.recovery?.unavailableMaxUs),
      time(fault.isrFullUs),
      time(fault.lagDrainedUs),
    ]),
  )
  return {
    id: 'recovery',
    title: 'Recovery (RTO)',
    lead: 'Cluster RTO ends when the first of all brokers tells of a new leader, client RTO with the last first acknowledgement; both begin when the act had been read back. ISR and lag count from the heal.',
    table: {
      columns: ['Trial', 'Fault', 'Effect', 'Cluster RTO', 'Client RTO', 'Longest silence', 'ISR full', 'Lag drained'],
      rows,
    },
    lines: spreads(trials),
  }
}

/** One trial proves little, since heartbeats alone move these times by seconds: over repeats, their range and middle. */
function spreads(trials: readonly Labelled[]): string[] {
  return [...Map.groupBy(trials, one => one.label)].flatMap(([label, own]) =>
    own.length < 2
      ? []
      : RTOS.flatMap(({ name, read }) => {
          const values = own
            .flatMap(one => faultsOf(one.trial).flatMap(fault => read(fault) ?? []))
            .sort((a, b) => a - b)
          const [least, middle, most] = [values[0], values[Math.floor(values.length / 2)], values.at(-1)].map(time)
          return values.length < 2
            ? []
            : [`${plain(label)}: ${name} min ${least}, median ${middle}, max ${most} of ${values.length}`]
        }),
  )
}

const RTOS: readonly { name: string; read: (fault: FaultRecovery) => number | undefined }[] = [
  { name: 'cluster RTO', read: fault => fault.clusterRtoUs },
  { name: 'client RTO', read: fault => fault.clientRtoUs },
  { name: 'ISR full', read: fault => fault.isrFullUs },
]

/** The numbers that are asked for first: the worst of all trials. */
export function headlinesOf(trials: readonly Labelled[]): { label: string; value: string; detail: string }[] {
  const worst = (values: readonly (number | undefined)[]): string => {
    const known = values.filter(value => value !== undefined)
    return time(known.length === 0 ? undefined : Math.max(...known))
  }
  const faults = trials.flatMap(one => mainFaults(faultsOf(one.trial)))
  const rpos = trials.flatMap(one => one.trial.verification?.rpo ?? [])
  const lost = rpos.reduce((sum, rpo) => sum + rpo.records, 0)
  return [
    {
      label: 'Acknowledged records lost',
      value: rpos.length === 0 ? NONE : String(lost),
      detail: `of ${trials.reduce((sum, one) => sum + one.trial.accounting.acked, 0)} acknowledged`,
    },
    {
      label: 'New leaders after',
      value: worst(faults.map(fault => fault.clusterRtoUs)),
      detail: 'cluster RTO, from the act',
    },
    {
      label: 'Producers back after',
      value: worst(faults.map(fault => fault.clientRtoUs)),
      detail: `client RTO; longest silence ${worst(trials.map(one => one.trial.recovery?.unavailableMaxUs))}`,
    },
    {
      label: 'All replicas in sync after',
      value: worst(faults.map(fault => fault.isrFullUs)),
      detail: 'from the heal',
    },
  ]
}

/** What each part of the recovery waited for, and whether it took as long as its timers say. */
export function decompositionSection(trials: readonly Labelled[]): DrillSection {
  const [first] = trials
  const timers = timersOf(first?.trial)
  const rows = trials.flatMap(one =>
    mainFaults(faultsOf(one.trial))
      .filter(fault => fault.actedUs !== undefined)
      .flatMap(fault => partsOf(fault, timers).map(part => [nameOf(one), faultName(fault), ...part])),
  )
  const shares = trials
    .flatMap(one => faultsOf(one.trial))
    .flatMap(({ clusterRtoUs, clientRtoUs }) =>
      clusterRtoUs === undefined || clientRtoUs === undefined || clusterRtoUs < 0
        ? []
        : [
            `of ${time(clientRtoUs)} the cluster took ${time(clusterRtoUs)} and the clients ${time(Math.max(0, clientRtoUs - clusterRtoUs))}`,
          ],
    )
  const brokers = Object.entries(timers).map(([name, ms]) => `\`${name}\` ${ms}`)
  const clients = (first?.trial.clients ?? [])
    .filter(client => client.role === 'producer')
    .map(
      ({ group, driver, settings }) =>
        `${plain(group)} (${plain(driver)}): ${settings
          .filter(setting => CLIENT_TIMERS.includes(setting.name))
          .map(setting => `\`${setting.name}\` ${plain(setting.value)}`)
          .join(', ')}`,
    )
  return {
    id: 'timers',
    title: 'What set the times',
    table: { columns: ['Trial', 'Fault', 'Part', 'From – to', 'Took', 'Timers say', 'So'], rows },
    lines: [...shares, `Timers of the brokers: ${brokers.join(', ')}.`, ...clients.map(text => `Timers of ${text}.`)],
  }
}

type Timers = Record<keyof typeof TIMERS, number>

function timersOf(trial: TrialAnalysis | undefined): Timers {
  const settings = Object.values(trial?.brokerSettings ?? {})[0] ?? {}
  return Object.fromEntries(
    Object.entries(TIMERS).map(([name, normally]) => [name, Number(settings[name] ?? normally)]),
  ) as Timers
}

/** A dead broker is fenced a session after its last heartbeat, looked for now and then; a new controller gives it a whole new session. */
function sessionBand(fault: FaultRecovery, timers: Timers): [number, number] {
  const session = timers['broker.session.timeout.ms'] / 1000
  const isController = fault.controller !== undefined && fault.nodes.includes(fault.controller)
  if (isController) return [session, session + 6]
  return [session - timers['broker.heartbeat.interval.ms'] / 1000 - 0.3, session * 1.125 + 1.5]
}

/** What sets the time until leaders move, and whether it did. */
function toldBy(fault: FaultRecovery, timers: Timers): [string, string] {
  const { clusterRtoUs = 0 } = fault
  if (ORDERLY.includes(fault.kind)) return ['none: leaders are handed over before the process ends', NONE]
  if (fault.nodes.length > 1) return ['none: they must start, elect a controller and register again', NONE]
  const [least, most] = sessionBand(fault, timers)
  const isWithin = clusterRtoUs >= least * 1e6 && clusterRtoUs <= most * 1e6
  return [
    `${least.toFixed(1)} – ${most.toFixed(1)} s: a session without heartbeats`,
    isWithin ? 'as said' : 'not as said',
  ]
}

function partsOf(fault: FaultRecovery, timers: Timers): string[][] {
  const { orderedUs, actedUs = orderedUs, clusterRtoUs, clientRtoUs, isrFullUs, lagDrainedUs } = fault
  const parts = [['the act itself', 't0 – t0′', time(actedUs - orderedUs), NONE, NONE]]
  if (clusterRtoUs !== undefined) parts.push(['leaders move', 't0′ – t2', time(clusterRtoUs), ...toldBy(fault, timers)])
  if (clusterRtoUs !== undefined && clientRtoUs !== undefined)
    parts.push([
      'clients follow',
      't2 – t4',
      time(Math.max(0, clientRtoUs - Math.max(0, clusterRtoUs))),
      'their own timeouts and refreshes, or an ISR that must shrink',
      NONE,
    ])
  if (isrFullUs !== undefined) parts.push(['replicas catch up', 't6 – t7', time(isrFullUs), NONE, NONE])
  if (lagDrainedUs !== undefined) parts.push(['readers catch up', 't6 – t8', time(lagDrainedUs), NONE, NONE])
  return parts
}

/** Throughput and latency before, under and after the faults, out of whole seconds of the measured load. */
export function stagesSection(trials: readonly Labelled[]): DrillSection {
  const rows = trials.flatMap(one => {
    const moments = momentsOf(one.trial)
    const from = Math.min(...moments.flatMap(({ at }) => at.t0 ?? []))
    const to = Math.max(...moments.flatMap(({ at }) => at.t6 ?? []))
    const measured = one.trial.series.filter(point => point.phase === 'measure')
    const stages: [string, SeriesPoint[]][] = [
      ['before', measured.filter(point => point.tSeconds + 1 <= from)],
      ['under the faults', measured.filter(point => point.tSeconds + 1 > from && point.tSeconds < to)],
      ['after the last heal', measured.filter(point => point.tSeconds >= to)],
    ]
    return stages.filter(([, points]) => points.length > 0).map(([name, points]) => stageRow(nameOf(one), name, points))
  })
  return {
    id: 'stages',
    title: 'Before, under and after',
    lead: 'Whole seconds of the measured load. Records count in the second in which they were acknowledged, so what waited shows as a surge after it.',
    table: {
      columns: [
        'Trial',
        'Stage',
        'Acknowledged',
        'Of the schedule',
        'p50, middle second',
        'p99, worst second',
        'Read, by a group',
        'Errors',
        'Retries',
      ],
      rows,
    },
  }
}

function stageRow(trial: string, stage: string, points: readonly SeriesPoint[]): string[] {
  const mean = (read: (point: SeriesPoint) => number): number =>
    points.reduce((sum, point) => sum + read(point), 0) / points.length
  const p50s = points.flatMap(point => point.ackP50Us ?? []).sort((a, b) => a - b)
  const p99s = points.flatMap(point => point.ackP99Us ?? [])
  const [acked, target] = [mean(point => point.ackedPerSecond), mean(point => point.targetPerSecond)]
  return [
    trial,
    stage,
    showPerSecond(acked),
    target > 0 ? `${Math.round((100 * acked) / target)} %` : NONE,
    showUs(p50s[Math.floor(p50s.length / 2)]),
    showUs(p99s.length === 0 ? undefined : Math.max(...p99s)),
    showPerSecond(mean(point => point.consumedPerSecond)),
    String(points.reduce((sum, point) => sum + point.errors, 0)),
    String(points.reduce((sum, point) => sum + point.retries, 0)),
  ]
}
