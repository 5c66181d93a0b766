// The docker provider: a cluster of containers on a network of the run's own, with the powers that faults need.
import { HarnessError, messageOf } from '../../../core/errors.ts'
import { findAgent } from '../../broker-metrics/agent.ts'
import type { Provider, StartedCluster, StartRequest } from '../../cluster.ts'
import { chooseImage } from '../../images/choose.ts'
import { newKafkaId } from '../../kafka-id.ts'
import { assertRouted, remoteEnds } from '../../links/bypass.ts'
import { readProcess } from '../../proc.ts'
import { askEngine, openDocker } from './client.ts'
import { execute } from './inspect.ts'
import { startNodes } from './start.ts'
import { describeCluster } from './started.ts'
import { becomeReady } from './watch.ts'

/** Starts clusters in containers; works with the official image and with our own build. */
export const dockerProvider: Provider = {
  name: 'docker',
  unavailable: async ({ kafkaVersion, image }) => {
    try {
      const client = openDocker()
      await askEngine(client)
      await chooseImage(client, { version: kafkaVersion, ...(image === undefined ? {} : { image }) })
      return undefined
    } catch (error) {
      const hint = error instanceof HarnessError ? error.problems[0]?.hint : undefined
      return { reason: messageOf(error), hint: hint ?? 'run with --provider process' }
    }
  },
  start: startCluster,
}

async function startCluster(request: StartRequest): Promise<StartedCluster> {
  const startedAtMs = performance.now()
  const client = openDocker()
  const engine = await askEngine(client)
  const { kafkaVersion } = request.topology
  const image = await chooseImage(
    client,
    { version: kafkaVersion, ...(request.image === undefined ? {} : { image: request.image }) },
    request.onProgress,
  )
  const hooks = {
    ...(request.onProgress ? { onProgress: request.onProgress } : {}),
    ...(request.signal ? { signal: request.signal } : {}),
  }
  const agentJar = request.topology.brokerMetrics ? await findAgent(hooks) : undefined
  const startTicks = readProcess(process.pid)?.startTicks
  const owner = { pid: process.pid, ...(startTicks === undefined ? {} : { startTicks }) }
  const context = {
    client,
    engine,
    image,
    owner,
    clusterId: newKafkaId(),
    request,
    ...(agentJar === undefined ? {} : { agentJar }),
  }
  const running = await startNodes(context)
  const cluster = describeCluster(context, running)
  try {
    await becomeReady(client, cluster, request)
    if (running.links)
      await assertRouted(cluster, running.links, request.topology, running.addresses, async nodeId => {
        const { handle = '' } = cluster.info.nodes.find(node => node.id === nodeId) ?? {}
        return remoteEnds((await execute(client, handle, ['cat', '/proc/net/tcp', '/proc/net/tcp6'])).stdout)
      })
  } catch (error) {
    await running.belongings.removeAll()
    throw error
  }
  cluster.info.startedInMs = Math.round(performance.now() - startedAtMs)
  return cluster
}
