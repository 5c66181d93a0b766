// Decides before any verdict whether a trial can be believed: each signal is one row that sees, judges and names the remedy.
import type { GeneratorHealth, HostHealth, Measures, Steadiness, Validity } from './analysis.ts'

/** Records sent on time ÷ records scheduled, below which a trial is not believed. */
export const MIN_SENT_RATIO = 0.995
/** Scheduler slip at p99 is borne up to this, or up to the share of the latency it is part of, whichever is more. */
const SLIP_FLOOR_US = 5000
const SLIP_SHARE = { warn: 0.05, invalid: 0.2 }
/** Seconds with a saturated thread, as a share of all. */
const SATURATED_SHARE = 0.05
const BUSY_CORES_WARN = 0.7
const GC_SHARE = { warn: 0.01, invalid: 0.05 }
/** A reader is late by itself where its loop is, in a typical second, by more than this and by this share of the latency p99. */
const READER_LATE = { floorUs: 10_000, share: 0.5 }
const STEAL_SHARE = { warn: 0.01, invalid: 0.05 }
const THROTTLED_SHARE = 0.05
/** A worker that was late waited for a CPU, and was not stopped or busy, where waiting makes up this much of it. */
const WAITED_SHARE = 0.5
/** CPU of other programs that explains why a generator came late. */
const FOREIGN_SHARE = 0.1

export type ValidityInput = {
  measures: Measures
  openLoop: boolean
  backpressured: number
  complete: boolean
  generator: readonly GeneratorHealth[]
  host?: HostHealth | undefined
  steady?: Steadiness | undefined
}

type State = Validity['state']
type Finding = { state: State; text: string }
type Signal = (input: ValidityInput) => Finding[]

const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`
const millis = (us: number): string => `${(us / 1000).toFixed(1)} ms`

const cameToItsEnd: Signal = ({ complete }) =>
  complete ? [] : [{ state: 'INVALID', text: 'the trial did not come to its end: its numbers are partial' }]

const sentSomething: Signal = ({ measures, complete }) =>
  complete && measures.sent === 0 ? [{ state: 'INVALID', text: 'no record was sent in the measure phase' }] : []

/** Whose fault it is that workers of a role came late: their own, their machine's, or its other users'. */
function blameFor({ generator, host }: ValidityInput, role: GeneratorHealth['role']): { state: State; remedy: string } {
  const waited = generator.filter(worker => worker.role === role).flatMap(worker => worker.waitedShare ?? [])
  if (Math.max(0, ...waited) < WAITED_SHARE)
    return { state: 'GENERATOR_LIMITED', remedy: 'add workers, or lower the rate' }
  if ((host?.stealShare ?? 0) > STEAL_SHARE.warn)
    return { state: 'NOISY_HOST', remedy: 'the hypervisor took CPU away: use a machine of your own' }
  const others = host?.foreignShare ?? 0
  if (others > FOREIGN_SHARE)
    return { state: 'NOISY_HOST', remedy: `other programs took ${percent(others)} of this machine: stop them` }
  return {
    state: 'GENERATOR_LIMITED',
    remedy: 'it waited for a CPU: keep brokers and workers on other cores, or lower the rate',
  }
}

const keptSchedule: Signal = input => {
  const { measures, openLoop, backpressured } = input
  if (!openLoop || measures.sent === 0 || measures.achieved >= MIN_SENT_RATIO) return []
  const seen = `sent ${(measures.achieved * 100).toFixed(2)}% of the schedule on time, ${MIN_SENT_RATIO * 100}% is needed`
  if (backpressured > 0)
    return [
      {
        state: 'INVALID',
        text: `${seen}: ${backpressured} records waited for buffer.memory, so the cluster or the client could not take this rate; lower the rate or find the bottleneck`,
      },
    ]
  const { state, remedy } = blameFor(input, 'producer')
  return [{ state, text: `${seen} and no buffer was full, so the generator was too slow; ${remedy}` }]
}

const cameInTime: Signal = input => {
  const { measures, openLoop } = input
  const slipUs = measures.latencies['slip.scheduler']?.quantiles['p99']
  const ackUs = measures.latencies.ack?.quantiles['p99'] ?? 0
  if (!openLoop || slipUs === undefined || !Number.isFinite(slipUs)) return []
  if (slipUs > Math.max(SLIP_FLOOR_US, SLIP_SHARE.invalid * ackUs)) {
    const { state, remedy } = blameFor(input, 'producer')
    const of = ackUs > 0 ? `, ${percent(slipUs / ackUs)} of the latency p99 it is part of` : ''
    return [{ state, text: `the generator itself sent late: slip p99 ${millis(slipUs)}${of}; ${remedy}` }]
  }
  return slipUs > Math.max(SLIP_FLOOR_US / 2.5, SLIP_SHARE.warn * ackUs)
    ? [{ state: 'VALID', text: `the generator's own slip p99 is ${millis(slipUs)}` }]
    : []
}

const hadCpu: Signal = ({ generator, openLoop }) =>
  generator.flatMap((worker): Finding[] => {
    const saturated = worker.saturatedShare ?? 0
    const seen = `${worker.role} ${worker.worker} had no CPU to spare in ${percent(saturated)} of the seconds`
    if (saturated >= SATURATED_SHARE && saturated > 0)
      return openLoop
        ? [{ state: 'GENERATOR_LIMITED', text: `${seen}; add workers or members, or lower the rate` }]
        : [{ state: 'VALID', text: `${seen}: a closed loop then shows what the client can do, not the cluster` }]
    return worker.cpuCoresAvg > BUSY_CORES_WARN
      ? [{ state: 'VALID', text: `${worker.role} ${worker.worker} used ${worker.cpuCoresAvg.toFixed(2)} cores` }]
      : []
  })

/** A reader that is late while nothing is left in the log measures itself: lag cannot show it, its event loop does. */
const readInTime: Signal = input => {
  const { measures, generator } = input
  const e2eUs = measures.latencies.e2e?.quantiles['p99']
  if (e2eUs === undefined) return []
  return generator.flatMap((worker): Finding[] => {
    const lateUs = worker.loopLateMedianUs ?? 0
    if (worker.role !== 'consumer' || lateUs <= Math.max(READER_LATE.floorUs, READER_LATE.share * e2eUs)) return []
    const { state, remedy } = blameFor(input, 'consumer')
    const text = `reader ${worker.worker} itself came late: ${millis(lateUs)} in a typical second, of an end-to-end p99 of ${millis(e2eUs)}; ${remedy}`
    return [{ state, text }]
  })
}

const collectedLittle: Signal = input =>
  input.generator.flatMap((worker): Finding[] => {
    const seen = `${worker.worker} spent ${percent(worker.gcShare)} of its time collecting garbage, ${millis(worker.gcMaxUs)} at most`
    if (worker.gcShare <= GC_SHARE.warn) return []
    const isTooMuch = worker.gcShare > GC_SHARE.invalid && input.openLoop
    const { state, remedy } = blameFor(input, worker.role)
    return [isTooMuch ? { state, text: `${seen}; ${remedy}` } : { state: 'VALID', text: seen }]
  })

const hadTheMachine: Signal = ({ host }) => {
  const findings: Finding[] = []
  const { stealShare = 0, throttledShare = 0, foreignShare = 0 } = host ?? {}
  if (stealShare > STEAL_SHARE.warn)
    findings.push({
      state: stealShare > STEAL_SHARE.invalid ? 'NOISY_HOST' : 'VALID',
      text: `the hypervisor gave ${percent(stealShare)} of this machine's CPU to others; use a machine of your own`,
    })
  if (throttledShare > 0)
    findings.push({
      state: throttledShare > THROTTLED_SHARE ? 'NOISY_HOST' : 'VALID',
      text: `the workers' control group was throttled in ${percent(throttledShare)} of its periods; raise its CPU limit`,
    })
  if (foreignShare > FOREIGN_SHARE)
    findings.push({ state: 'VALID', text: `other programs took ${percent(foreignShare)} of this machine` })
  return findings
}

const wasSteady: Signal = ({ steady }) =>
  (steady?.drifts ?? [])
    .filter(drift => drift.isSure)
    .map(({ name, overWindow }) => ({
      state: 'UNSTEADY',
      text: `${name} drifted by ${percent(overWindow)} over the measure phase; lengthen the warm-up, or the run`,
    }))

/** In the order in which their reasons are read. */
const SIGNALS: readonly Signal[] = [
  cameToItsEnd,
  sentSomething,
  keptSchedule,
  cameInTime,
  readInTime,
  hadCpu,
  collectedLittle,
  hadTheMachine,
  wasSteady,
]

/** Worst first. */
const ORDER: readonly State[] = ['INVALID', 'GENERATOR_LIMITED', 'NOISY_HOST', 'UNSTEADY', 'VALID']

const worst = (states: readonly State[]): State | undefined => ORDER.find(state => states.includes(state))

/** The validity of one trial, with what was seen and what to do. */
export function judgeValidity(input: ValidityInput): Validity {
  const findings = SIGNALS.flatMap(signal => signal(input))
  const state = worst(findings.map(finding => finding.state)) ?? 'VALID'
  const rank = (finding: Finding): number => ORDER.indexOf(finding.state)
  const reasons = findings.filter(finding => finding.state !== 'VALID').toSorted((a, b) => rank(a) - rank(b))
  const warnings = findings.filter(finding => finding.state === 'VALID')
  return {
    state,
    reasons: reasons.map(finding => finding.text),
    ...(warnings.length > 0 ? { warnings: warnings.map(finding => finding.text) } : {}),
  }
}

/** The validity of a cell: the worst of its trials, with all reasons. */
export function combineValidity(all: readonly Validity[]): Validity {
  const warnings = [...new Set(all.flatMap(validity => validity.warnings ?? []))]
  return {
    state: worst(all.map(validity => validity.state)) ?? 'INVALID',
    reasons: all.length === 0 ? ['no trial of this cell ran'] : [...new Set(all.flatMap(validity => validity.reasons))],
    ...(warnings.length > 0 ? { warnings } : {}),
  }
}
