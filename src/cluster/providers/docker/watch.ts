// Waits for readiness while watching the nodes, so that one that ends by itself is reported at once with its last words.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError } from '../../../core/errors.ts'
import { brokersOf } from '../../../topology/topology.ts'
import type { StartedCluster, StartRequest } from '../../cluster.ts'
import { waitForCluster } from '../../ready.ts'
import type { DockerClient } from './client.ts'
import { readLog, readState } from './inspect.ts'

const LAST_WORDS_LINES = 50
const PORT_POLL_MS = 100
const CONNECT_DEADLINE_MS = 500

/** Waits until the cluster is ready; a node that ends and a deadline that passes are told with the last log lines. */
export async function becomeReady(client: DockerClient, cluster: StartedCluster, request: StartRequest): Promise<void> {
  const containers = cluster.info.nodes.map(node => node.handle ?? '')
  try {
    const untilMs = performance.now() + request.readyTimeoutMs
    await waitForPorts(client, cluster, request, untilMs)
    const clusterId = await waitForCluster({
      brokers: cluster.observerBootstrap,
      expected: brokersOf(request.topology).length,
      deadlineMs: untilMs - performance.now(),
      ...(request.signal ? { signal: request.signal } : {}),
      stillAlive: () => refuseEnded(client, containers),
    })
    if (clusterId !== cluster.info.clusterId) {
      throw new HarnessError({
        code: 'E306',
        message: `cluster ${clusterId} answers where ${cluster.info.clusterId} was started`,
        hint: `see who owns ${cluster.observerBootstrap.join(', ')}`,
      })
    }
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== 'E306') throw error
    // A node may have ended after the last look: that is the better answer.
    await refuseEnded(client, containers)
    const [first, ...others] = error.problems
    if (!first) throw error
    throw new HarnessError(
      [{ ...first, message: `${first.message}; last log lines:\n${await lastWords(client, containers)}` }, ...others],
      { cause: error },
    )
  }
}

/** Waits until every broker accepts connections; cheaper than asking a client, and a node that ends is seen within one look. */
async function waitForPorts(
  client: DockerClient,
  cluster: StartedCluster,
  request: StartRequest,
  untilMs: number,
): Promise<void> {
  for (;;) {
    request.signal?.throwIfAborted()
    const open = await Promise.all(cluster.observerBootstrap.map(acceptsConnections))
    if (open.every(Boolean)) return
    await refuseEnded(
      client,
      cluster.info.nodes.map(node => node.handle ?? ''),
    )
    if (performance.now() > untilMs) {
      const silent = cluster.observerBootstrap.filter((_, index) => !open[index])
      throw new HarnessError({
        code: 'E306',
        message: `the cluster was not ready after ${request.readyTimeoutMs / 1000} s: ${silent.join(', ')} accept no connection`,
        hint: 'see the log lines below; raise cluster.ready.timeout on a slow machine',
      })
    }
    await sleep(PORT_POLL_MS)
  }
}

function acceptsConnections(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':')
  return new Promise(resolve => {
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      timeout: CONNECT_DEADLINE_MS,
    })
    const finish = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => finish(true))
    socket.once('timeout', () => finish(false))
    socket.once('error', () => finish(false))
  })
}

/** E308 where one of the containers has ended. */
async function refuseEnded(client: DockerClient, containers: readonly string[]): Promise<void> {
  const states = await Promise.all(
    containers.map(async container => ({ container, ...(await readState(client, container)) })),
  )
  const ended = states.find(({ state }) => state === 'gone')
  if (!ended) return
  const why = ended.outOfMemory ? 'ran out of its memory limit' : `ended by itself with exit code ${ended.exitCode}`
  throw new HarnessError({
    code: 'E308',
    message: `${ended.container} ${why}; its last log lines:\n${await lastWords(client, [ended.container])}`,
    hint: 'the first ERROR line tells why; `config`, `resources` and `image` of the scenario decide what the node was given',
  })
}

/** The last log lines of each container, under its name. */
async function lastWords(client: DockerClient, containers: readonly string[]): Promise<string> {
  const logs = await Promise.all(
    containers.map(async container => ({
      container,
      text: await readLog(client, container, LAST_WORDS_LINES).catch(String),
    })),
  )
  if (logs.length === 1) return logs[0]?.text ?? ''
  return logs.map(({ container, text }) => `--- ${container}\n${text}`).join('\n')
}
