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
  const { HostConfig } = await client.call(`inspect ${container}`, docker => docker.getContainer(container).inspect())
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 } = HostConfig
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
export function cpuCommand(container: string, limits: CpuLimits): string {
  if ('NanoCpus' in limits) return `docker update --cpus ${coresOf(limits)} ${container}`
  return `docker update --cpu-period ${limits.CpuPeriod} --cpu-quota ${limits.CpuQuota} ${container}`
}

/** Gives containers every core of the host; the function it resolves with gives back what bound them, and reads that back. */
export async function liftCpu(
  client: DockerClient,
  containers: readonly string[],
  cores: number,
): Promise<() => Promise<void>> {
  const lifted: { container: string; before: Bounds }[] = []
  const lower = async (): Promise<void> => {
    for (const { container, before } of lifted) await bind(client, container, before)
  }
  try {
    for (const container of containers) {
      const before = await readBounds(client, container)
      lifted.push({ container, before })
      await bind(client, container, { ...lowered(before, cores), CpusetCpus: cores === 1 ? '0' : `0-${cores - 1}` })
    }
  } catch (error) {
    await lower()
    throw error
  }
  return lower
}

type Bounds = CpuLimits & { CpusetCpus: string }

async function readBounds(client: DockerClient, container: string): Promise<Bounds> {
  const { HostConfig } = await client.call(`inspect ${container}`, docker => docker.getContainer(container).inspect())
  return { ...(await readCpu(client, container)), CpusetCpus: HostConfig.CpusetCpus ?? '' }
}

async function bind(client: DockerClient, container: string, bounds: Bounds): Promise<void> {
  await writeCpu(client, container, bounds)
  const now = await readBounds(client, container)
  // An empty set is left as it is by the engine, and means every core, as the wide one does.
  const isAsAsked =
    coresOf(now) === coresOf(bounds) && (bounds.CpusetCpus === '' || now.CpusetCpus === bounds.CpusetCpus)
  if (isAsAsked) return
  throw new HarnessError({
    code: 'E308',
    message: `${container} has ${coresOf(now)} cores of ${now.CpusetCpus || 'all'}, expected ${coresOf(bounds)} of ${bounds.CpusetCpus || 'all'}`,
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
      await writeCpu(client, containerOf(nodeId), before)
      const now = coresOf(await readCpu(client, containerOf(nodeId)))
      if (now !== coresOf(before))
        throw new HarnessError({
          code: 'E308',
          message: `${containerOf(nodeId)} has ${now} cores, expected ${coresOf(before)}`,
          hint: cpuCommand(containerOf(nodeId), before),
        })
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
