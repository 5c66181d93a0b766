// Turns the engine's cumulative statistics of a container into a node sample, for both generations of control groups.
import type { NodeSample } from '../../cluster.ts'
import { type ContainerStats, type DockerClient, statusOf } from './client.ts'

const NS_PER_SECOND = 1e9

/** Counters of one container; page cache that the kernel can take back is not counted as memory, as `docker stats` does. */
export function toSample(node: string, atUs: number, stats: ContainerStats): NodeSample {
  const memory = stats.memory_stats
  const cache = (memory.stats as { total_inactive_file?: number; inactive_file?: number } | undefined) ?? {}
  const reclaimableBytes = cache.total_inactive_file ?? cache.inactive_file ?? 0
  const networks = Object.values(stats.networks ?? {})
  const disk = (operation: string) =>
    (stats.blkio_stats?.io_service_bytes_recursive ?? [])
      .filter(entry => entry.op.toLowerCase() === operation)
      .reduce((sum, entry) => sum + entry.value, 0)
  return {
    node,
    atUs,
    cpuSeconds: stats.cpu_stats.cpu_usage.total_usage / NS_PER_SECOND,
    memoryBytes: Math.max(0, (memory.usage ?? 0) - reclaimableBytes),
    netInBytes: networks.reduce((sum, network) => sum + network.rx_bytes, 0),
    netOutBytes: networks.reduce((sum, network) => sum + network.tx_bytes, 0),
    diskReadBytes: disk('read'),
    diskWriteBytes: disk('write'),
  }
}

/** One sample per running container; a node that is gone has none. */
export async function sampleNodes(
  client: DockerClient,
  nodes: readonly { name: string; container: string }[],
  nowUs: () => number,
): Promise<NodeSample[]> {
  const samples = await Promise.all(
    nodes.map(async ({ name, container }) => {
      try {
        const stats = await client.call(`read the statistics of ${container}`, docker =>
          docker.getContainer(container).stats({ stream: false, 'one-shot': true }),
        )
        // A stopped container answers with empty counters; a difference against them would be nonsense.
        return stats.cpu_stats.cpu_usage.total_usage > 0 ? toSample(name, nowUs(), stats) : undefined
      } catch (error) {
        if (statusOf(error) === 404) return undefined
        throw error
      }
    }),
  )
  return samples.filter(sample => sample !== undefined)
}
