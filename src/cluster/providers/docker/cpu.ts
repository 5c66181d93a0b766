// CPU limits of a container: read, lowered and given back, live; the engine keeps them in one of two ways, which cannot be mixed.
import { HarnessError } from '../../../core/errors.ts'
import type { CpuPowers } from '../../cluster.ts'
import type { DockerClient } from './client.ts'
import type { NodeBooks } from './powers.ts'

/** As the engine's update call takes them; a quota of -1 is no limit, while 0 would leave what is there. */
export type CpuLimits = { NanoCpus: number } | { CpuPeriod: number; CpuQuota: number }

const PERIOD_US = 100_000
const NANO_PER_CPU = 1e9

/** The limits of a container now, in the way in which they can be changed. */
export async function readCpu(client: DockerClient, container: string): Promise<CpuLimits> {
  return limitsOf(await hostConfigOf(client, container))
}

type HostConfig = Partial<Record<'NanoCpus' | 'CpuPeriod' | 'CpuQuota', number | undefined>> & {
  CpusetCpus?: string | undefined
}

async function hostConfigOf(client: DockerClient, container: string): Promise<HostConfig> {
  return (await client.call(`inspect ${container}`, docker => docker.getContainer(container).inspect())).HostConfig
}

function limitsOf({ NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 }: HostConfig): CpuLimits {
  if (NanoCpus > 0) return { NanoCpus }
  return { CpuPeriod: CpuPeriod || PERIOD_US, CpuQuota: CpuQuota > 0 ? CpuQuota : -1 }
}

export async function writeCpu(client: DockerClient, container: string, limits: CpuLimits): Promise<void> {
  await client.call(`update ${container}`, docker => docker.getContainer(container).update(limits))
}

/** So many cores, in the way in which these limits are kept. */
export function lowered(before: CpuLimits, cpus: number): CpuLimits {
  if ('NanoCpus' in before) return { NanoCpus: Math.round(cpus * NANO_PER_CPU) }
  return { CpuPeriod: PERIOD_US, CpuQuota: Math.round(cpus * PERIOD_US) }
}

/** Cores that these limits leave; infinite where there is none. */
export function coresOf(limits: CpuLimits): number {
  if ('NanoCpus' in limits) return limits.NanoCpus / NANO_PER_CPU
  return limits.CpuQuota > 0 ? limits.CpuQuota / limits.CpuPeriod : Number.POSITIVE_INFINITY
}

/** The command that gives them back by hand. */
export function cpuCommand(container: string, limits: Bounds): string {
  const set = limits.CpusetCpus === undefined ? '' : `--cpuset-cpus ${limits.CpusetCpus} `
  if ('NanoCpus' in limits) return `docker update ${set}--cpus ${coresOf(limits)} ${container}`
  return `docker update ${set}--cpu-period ${limits.CpuPeriod} --cpu-quota ${limits.CpuQuota} ${container}`
}

/** Gives containers every core of the host; the function it resolves with gives back what bound them, and reads that back. */
export async function liftCpu(
  client: DockerClient,
  containers: readonly string[],
  cores: number,
): Promise<() => Promise<void>> {
  const lifted: { container: string; before: Bounds }[] = []
  const lower = async (): Promise<void> => {
    for (const { container, before } of lifted) await giveBack(client, container, before)
  }
  try {
    for (const container of containers) {
      const before = await readBounds(client, container)
      lifted.push({ container, before })
      await giveBack(client, container, { ...lowered(before, cores), CpusetCpus: cores === 1 ? '0' : `0-${cores - 1}` })
    }
  } catch (error) {
    await lower()
    throw error
  }
  return lower
}

/** Limits and, where it matters, the cores that they are of; an empty set means every core, and is no value that the engine takes. */
type Bounds = CpuLimits & { CpusetCpus?: string }

async function readBounds(client: DockerClient, container: string): Promise<Bounds> {
  const { CpusetCpus = '', ...host } = await hostConfigOf(client, container)
  return { ...limitsOf(host), ...(CpusetCpus === '' ? {} : { CpusetCpus }) }
}

/** Sets limits and reads them back. */
async function giveBack(client: DockerClient, container: string, bounds: Bounds): Promise<void> {
  await writeCpu(client, container, bounds)
  const now = await readBounds(client, container)
  const isSameSet = bounds.CpusetCpus === undefined || now.CpusetCpus === bounds.CpusetCpus
  if (coresOf(now) === coresOf(bounds) && isSameSet) return
  const show = (of: Bounds): string => `${coresOf(of)} cores${of.CpusetCpus ? ` of ${of.CpusetCpus}` : ''}`
  throw new HarnessError({
    code: 'E308',
    message: `${container} has ${show(now)}, expected ${show(bounds)}`,
    hint: cpuCommand(container, bounds),
  })
}

/** The powers over CPU time of the containers of one run. */
export function cpuPowers(client: DockerClient, containerOf: (nodeId: number) => string, books: NodeBooks): CpuPowers {
  const cpuBefore = new Map<number, CpuLimits>()
  return {
    limitCpu: async (nodeId, cpus) => {
      const container = containerOf(nodeId)
      const before = await readCpu(client, container)
      if (cpus >= coresOf(before)) throw new RangeError(`${cpus} cores are no less than ${container} has`)
      await books.note(nodeId, 'limit', cpuCommand(container, before), before)
      cpuBefore.set(nodeId, before)
      await writeCpu(client, container, lowered(before, cpus))
    },
    unlimitCpu: async nodeId => {
      const before = cpuBefore.get(nodeId)
      if (!before) return
      await giveBack(client, containerOf(nodeId), before)
      cpuBefore.delete(nodeId)
      await books.strike(nodeId)
    },
    cpuLimit: async nodeId => {
      const before = cpuBefore.get(nodeId)
      const now = coresOf(await readCpu(client, containerOf(nodeId)))
      return before && now < coresOf(before) ? `the engine tells a CPU limit of ${now} cores` : undefined
    },
  }
}
