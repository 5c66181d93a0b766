// Names the resource that held a trial back: each candidate is one row that tells how much of it was used and from where on it is full.
import { formatUs } from '../core/units.ts'
import type { TrialRecord } from '../recording/format.ts'
import type { RecordedTrial } from '../recording/read.ts'
import type { GeneratorHealth, TrialAnalysis, Validity } from './analysis.ts'
import { type BrokerLoad, brokerLoads } from './brokers.ts'
import { machineUse } from './host.ts'

export type Resource =
  | 'garbage collection'
  | 'broker CPU'
  | 'machine CPU'
  | 'generator CPU'
  | 'disk flush'
  | 'request handlers'
  | 'network threads'
  | 'replication'

/** What was full, and what would be next; `none` where nothing that was measured was full. */
export type Saturation = {
  resource: Resource | 'none'
  node?: string
  text: string
  /** What was full beside it, mostly in consequence. */
  also: { resource: Resource; text: string }[]
}

export type SaturationInput = {
  brokers: readonly BrokerLoad[]
  generator: readonly GeneratorHealth[]
  validity: Validity['state']
  /** Cores of this machine and the share of them in use, where the system tells. */
  machine?: { cores: number; busyShare: number } | undefined
  /** The load asked for more than it got: a closed loop, or full buffers. */
  isPressed: boolean
  hasFaults: boolean
}

/** `use` from 1 on is full. */
type Seen = { resource: Resource; use: number; text: string; node?: string }
type Signal = (input: SaturationInput) => Seen[]

/** Share of a limit, of a thread's time or of a machine from which on nothing more fits. */
const FULL = 0.9
const GC_FULL = 0.1
const FLUSH_FULL = 0.5
/** Seconds in which the scheduling thread was saturated, as a share of all. */
const GENERATOR_FULL = 0.5
const MACHINE_FULL = 0.95
/** Of a produce request's time, how much waits for followers where replication is what everybody waits for. */
const REMOTE_SHARE = 0.5

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
const cores = (value: number): string => `${value.toFixed(2)} cores`

const collecting: Signal = ({ brokers }) =>
  brokers.flatMap(({ node, gcShare, gcPauseMaxUs }): Seen[] => {
    if (gcShare === undefined) return []
    const longest = gcPauseMaxUs === undefined ? '' : `, ${formatUs(gcPauseMaxUs)} at most`
    const text = `the JVM of ${node} stood still for ${percent(gcShare)} of the time to collect garbage${longest}`
    return [{ resource: 'garbage collection', node, use: gcShare / GC_FULL, text }]
  })

const brokerCpu: Signal = ({ brokers, machine }) =>
  brokers.flatMap(({ node, cpuCores, cpuLimit }): Seen[] => {
    const limit = cpuLimit ?? machine?.cores
    if (cpuCores === undefined || limit === undefined) return []
    const of = cpuLimit === undefined ? 'that this machine has' : 'that it may use'
    const text = `${node} used ${cores(cpuCores)} of the ${Number(limit.toFixed(2))} ${of}`
    return [{ resource: 'broker CPU', node, use: cpuCores / limit / FULL, text }]
  })

const machineCpu: Signal = ({ machine, brokers, generator }) => {
  if (!machine) return []
  const total = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  const ofBrokers = total(brokers.map(broker => broker.cpuCores))
  const ofWorkers = total(generator.map(worker => worker.cpuCoresAvg))
  const text = `the ${machine.cores} cores of this machine were ${percent(machine.busyShare)} busy: brokers ${ofBrokers.toFixed(2)}, workers ${ofWorkers.toFixed(2)}, everything else ${Math.max(0, machine.busyShare * machine.cores - ofBrokers - ofWorkers).toFixed(2)}`
  return [{ resource: 'machine CPU', use: machine.busyShare / MACHINE_FULL, text }]
}

const generatorCpu: Signal = ({ generator, validity }) => {
  const shares = generator.map(worker => worker.saturatedShare ?? 0)
  const most = Math.max(0, ...shares)
  const worker = generator[shares.indexOf(most)]
  if (validity === 'GENERATOR_LIMITED')
    return [{ resource: 'generator CPU', use: 1, text: 'the generator could not keep its schedule (see validity)' }]
  if (!worker) return []
  const text = `${worker.role} ${worker.worker} had no CPU to spare in ${percent(most)} of the seconds`
  return [{ resource: 'generator CPU', use: most / GENERATOR_FULL, text }]
}

const flushing: Signal = ({ brokers }) =>
  brokers.flatMap(({ node, flushShare, flushMeanUs = 0 }): Seen[] =>
    flushShare === undefined
      ? []
      : [
          {
            resource: 'disk flush',
            node,
            use: flushShare / FLUSH_FULL,
            text: `${node} spent ${percent(flushShare)} of the time flushing its log, ${formatUs(flushMeanUs)} each`,
          },
        ],
  )

const handling: Signal = ({ brokers }) =>
  brokers.flatMap(({ node, handlerIdle, requestQueueMax, produce }): Seen[] => {
    if (handlerIdle === undefined) return []
    const queue = requestQueueMax === undefined ? '' : `, at most ${requestQueueMax} requests in their queue`
    const local = produce === undefined ? '' : `, ${formatUs(produce.localUs)} of work per produce request`
    const text = `the request handlers of ${node} were ${percent(1 - handlerIdle)} busy${queue}${local}`
    return [{ resource: 'request handlers', node, use: (1 - handlerIdle) / FULL, text }]
  })

const transmitting: Signal = ({ brokers }) =>
  brokers.flatMap(({ node, networkIdle }): Seen[] =>
    networkIdle === undefined
      ? []
      : [
          {
            resource: 'network threads',
            node,
            use: (1 - networkIdle) / FULL,
            text: `the busiest network thread of ${node} was ${percent(1 - networkIdle)} busy`,
          },
        ],
  )

/** Followers that fall out are too slow; where they keep up, waiting for them only limits a load that pressed for more. */
const replicating: Signal = ({ brokers, isPressed, hasFaults }) =>
  brokers.flatMap(({ node, produce, underReplicatedMax = 0, isrShrinks = 0 }): Seen[] => {
    if (!hasFaults && (underReplicatedMax > 0 || isrShrinks > 0)) {
      const text = `followers of ${node} fell behind: ${underReplicatedMax} partitions under-replicated at most, ${isrShrinks} ISR shrinks`
      return [{ resource: 'replication', node, use: 1, text }]
    }
    if (!produce || produce.totalUs <= 0 || produce.remoteUs <= 0) return []
    const share = produce.remoteUs / produce.totalUs
    const text = `produce requests of ${node} waited ${formatUs(produce.remoteUs)} of their ${formatUs(produce.totalUs)} for followers`
    const use = share / REMOTE_SHARE
    return [{ resource: 'replication', node, use: isPressed ? use : Math.min(use, 0.99) * FULL, text }]
  })

/** Causes before their consequences: a JVM that stands still or lacks CPU has busy threads, and full handlers block network threads. */
const SIGNALS: readonly Signal[] = [
  collecting,
  brokerCpu,
  machineCpu,
  generatorCpu,
  flushing,
  handling,
  transmitting,
  replicating,
]

const highest = (all: readonly Seen[]): Seen | undefined => all.toSorted((a, b) => b.use - a.use)[0]

/** The verdict over all candidates; of equal ones on several brokers the fullest speaks. */
export function judgeSaturation(input: SaturationInput): Saturation {
  const seen = SIGNALS.flatMap(signal => highest(signal(input)) ?? [])
  const full = seen.filter(one => one.use >= 1)
  const [first, ...others] = full
  if (first)
    return {
      resource: first.resource,
      ...(first.node === undefined ? {} : { node: first.node }),
      text: first.text,
      also: others.map(({ resource, text }) => ({ resource, text })),
    }
  const silent = input.brokers.filter(broker => broker.seconds === 0).map(broker => broker.node)
  const lack = silent.length > 0 ? `; ${silent.join(', ')} told nothing` : ''
  const nearest = highest(seen.filter(one => one.resource !== 'replication'))
  const text = nearest ? `nothing was full; nearest to it: ${nearest.text}` : 'nothing was measured'
  return { resource: 'none', text: `${text}${lack}`, also: [] }
}

/** What the brokers said of themselves and what was full; nothing where they were not asked. */
export function saturationOf(
  trial: RecordedTrial,
  record: TrialRecord,
  window: { t0Us: number; t1Us: number },
  seen: Pick<TrialAnalysis, 'generator' | 'validity'> & { pressed: boolean; hasFaults: boolean },
): Pick<TrialAnalysis, 'brokers' | 'saturation'> {
  const wasSilent = trial.events.some(event => event.name === 'broker.silent')
  const brokers = brokerLoads(record, trial.samples, window, wasSilent)
  if (!brokers) return {}
  const { generator, validity, pressed, hasFaults } = seen
  const machine = machineUse(trial.samples, window)
  const saturation = judgeSaturation({
    brokers,
    generator,
    machine,
    validity: validity.state,
    isPressed: pressed,
    hasFaults,
  })
  return { brokers, saturation }
}
