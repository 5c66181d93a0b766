// Whether the machine of the workers was theirs: CPU stolen by its hypervisor, taken by other programs, or withheld by a limit.
import type { IntervalBody, SampleBody } from '../recording/format.ts'
import type { HostHealth } from './analysis.ts'

type Window = { t0Us: number; t1Us: number }
type HostSample = Extract<SampleBody, { kind: 'host' }>
type NodeSample = Extract<SampleBody, { kind: 'node' }>

/** Growth of a cumulative counter between the first and the last sample that has it. */
export function growth<S extends { atUs: number }>(
  samples: readonly S[],
  read: (sample: S) => number | undefined,
): { by: number; seconds: number } | undefined {
  const seen = samples.flatMap(sample => {
    const value = read(sample)
    return value === undefined ? [] : [{ value, atUs: sample.atUs }]
  })
  const [first, last] = [seen[0], seen.at(-1)]
  if (!first || !last || last.atUs <= first.atUs) return undefined
  return { by: last.value - first.value, seconds: (last.atUs - first.atUs) / 1e6 }
}

/** CPU-seconds of brokers that run on this machine, by the second. */
function brokerCores(samples: readonly SampleBody[]): number {
  const byNode = Map.groupBy(
    samples.filter((sample): sample is NodeSample => sample.kind === 'node'),
    sample => sample.node,
  )
  return [...byNode.values()].reduce((sum, own) => {
    const grown = growth(own, sample => sample.cpuSeconds)
    return sum + (grown ? grown.by / grown.seconds : 0)
  }, 0)
}

/** The cores of this machine and the share of them that anybody used; undefined where the system does not tell. */
export function machineUse(
  allSamples: readonly SampleBody[],
  window: Window,
): { cores: number; busyShare: number } | undefined {
  const hosts = allSamples.filter(
    (sample): sample is HostSample => sample.kind === 'host' && sample.atUs >= window.t0Us && sample.atUs < window.t1Us,
  )
  const cores = hosts[0]?.cores ?? 0
  const busy = growth(hosts, sample => sample.busySeconds)
  return busy && cores > 0 ? { cores, busyShare: busy.by / busy.seconds / cores } : undefined
}

/** Shares over the measure window; undefined where the recording has no samples of the machine. */
export function hostHealth(
  allSamples: readonly SampleBody[],
  intervals: readonly IntervalBody[],
  window: Window,
): HostHealth | undefined {
  const samples = allSamples.filter(sample => sample.atUs >= window.t0Us && sample.atUs < window.t1Us)
  const hosts = samples.filter((sample): sample is HostSample => sample.kind === 'host')
  const cores = hosts[0]?.cores ?? 0
  if (cores === 0) return undefined
  const perCore = (read: (sample: HostSample) => number | undefined): number | undefined => {
    const grown = growth(hosts, read)
    return grown && grown.by / grown.seconds / cores
  }
  const workerSeconds = intervals
    .filter(interval => interval.t0Us >= window.t0Us && interval.t0Us < window.t1Us)
    .reduce((sum, interval) => sum + (interval.health?.cpuUs ?? 0) / 1e6, 0)
  const busy = perCore(sample => sample.busySeconds)
  const ours =
    (perCore(sample => sample.coordinatorSeconds) ?? 0) +
    (brokerCores(samples) + workerSeconds / ((window.t1Us - window.t0Us) / 1e6)) / cores
  const steal = perCore(sample => sample.stealSeconds)
  const periods = growth(hosts, sample => sample.periods)
  const throttled = growth(hosts, sample => sample.throttledPeriods)
  return {
    ...(steal === undefined ? {} : { stealShare: steal }),
    ...(busy === undefined ? {} : { foreignShare: Math.max(0, busy - ours) }),
    ...(periods && throttled && periods.by > 0 ? { throttledShare: throttled.by / periods.by } : {}),
  }
}
