// Reads how busy the machine of the workers is: CPU of everybody, steal, and throttling of our own control group.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { HostSampleBody } from '../recording/format.ts'

/** USER_HZ: fixed at 100 in what Linux shows to programs. */
const TICKS_PER_SECOND = 100

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The first line of /proc/stat: seconds of CPU since the machine started. */
export function parseCpuLine(text: string): { busySeconds: number; stealSeconds: number } | undefined {
  const match = /^cpu +(.+)$/m.exec(text)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (match?.[1] ?? '')
    .split(' ')
    .map(Number)
  const busy = user + nice + system + irq + softirq
  // Sandboxes show the file with zeros: that is no measurement.
  return busy > 0 ? { busySeconds: busy / TICKS_PER_SECOND, stealSeconds: steal / TICKS_PER_SECOND } : undefined
}

/** A control group's cpu.stat; both versions of control groups name these two fields alike. */
export function parseCpuStat(text: string): { periods: number; throttledPeriods: number } | undefined {
  const field = (name: string): number | undefined => {
    const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)
    return found ? Number(found[1]) : undefined
  }
  const [periods, throttledPeriods] = [field('nr_periods'), field('nr_throttled')]
  return periods === undefined || throttledPeriods === undefined ? undefined : { periods, throttledPeriods }
}

/** Where the control group of this process keeps its cpu.stat, from /proc/self/cgroup; a container may see it at the root. */
function cpuStatPlaces(groups: string): string[] {
  const v2 = /^0::(.*)$/m.exec(groups)?.[1] ?? '/'
  const v1 = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1] ?? '/'
  return [`/sys/fs/cgroup${v2}`, '/sys/fs/cgroup', `/sys/fs/cgroup/cpu${v1}`, '/sys/fs/cgroup/cpu'].map(
    folder => `${folder.replace(/\/$/, '')}/cpu.stat`,
  )
}

/** One look at the machine. */
export function sampleHost(nowUs: number): HostSampleBody {
  const own = process.cpuUsage()
  const places = cpuStatPlaces(readText('/proc/self/cgroup'))
  const throttling = places.map(place => parseCpuStat(readText(place))).find(found => found !== undefined)
  return {
    kind: 'host',
    atUs: nowUs,
    cores: availableParallelism(),
    coordinatorSeconds: (own.user + own.system) / 1e6,
    ...parseCpuLine(readText('/proc/stat')),
    ...throttling,
  }
}
