// Starts the nodes of a topology in containers: network, volumes, containers, all nodes at once, then readiness or a reason why not.
import { HarnessError } from '../../../core/errors.ts'
import {
  containerEnvironment,
  containerProperties,
  hostOf,
  layOut,
  type PublishedPorts,
} from '../../../topology/containers.ts'
import type { Addresses, Endpoint } from '../../../topology/properties.ts'
import type { Topology } from '../../../topology/topology.ts'
import type { StartRequest } from '../../cluster.ts'
import type { ChosenImage } from '../../images/choose.ts'
import type { ProxyLinks } from '../../links/powers.ts'
import { agentFor, outsideOf, putAgent } from './agent.ts'
import { type Belongings, keepBelongings } from './belongings.ts'
import { type ContainerSpec, type DockerClient, type EngineFacts, statusOf } from './client.ts'
import { makeVolume } from './log-volume.ts'
import { containerLabels, namesOf, networkLabels, type Owner, type RunNames } from './names.ts'
import { choosePublishedPorts, createNetwork, isWatched } from './network.ts'
import { wireRouted } from './proxies.ts'
import { containerSpec } from './spec.ts'

export type StartContext = {
  client: DockerClient
  engine: EngineFacts
  image: ChosenImage
  owner: Owner
  clusterId: string
  request: StartRequest
  /** Absent where brokers need not tell their own counters. */
  agentJar?: string
}

/** Nodes that run, not yet asked whether they are ready. */
export type RunningNodes = {
  names: RunNames
  belongings: Belongings
  addresses: Addresses
  published?: PublishedPorts
  properties: Record<string, Record<string, string>>
  /** Where brokers tell their own counters, by node id; empty where that is not asked for. */
  agents: Record<number, Endpoint>
  links?: ProxyLinks
}

/** How the nodes of a cluster reach each other. */
export type Wiring = {
  addresses: Addresses
  hostOf(node: Topology['nodes'][number]): string
  published?: PublishedPorts
  links?: ProxyLinks
}

const PORT_TRIES = 3

/** Makes and starts everything; on failure nothing is left behind. */
export async function startNodes(context: StartContext): Promise<RunningNodes> {
  for (let attempt = 1; ; attempt += 1) {
    const belongings = keepBelongings(context.client, context.request.journal)
    try {
      return await startOnce(context, belongings)
    } catch (error) {
      await belongings.removeAll()
      if (!isPortTaken(error)) throw error
      if (attempt === PORT_TRIES) {
        throw new HarnessError(
          {
            code: 'E303',
            message: `a published port was taken ${PORT_TRIES} times in a row`,
            hint: 'see who listens: ss -ltnp',
          },
          { cause: error },
        )
      }
    }
  }
}

async function startOnce(context: StartContext, belongings: Belongings): Promise<RunningNodes> {
  const { request } = context
  const { topology, runId } = request
  const names = namesOf(runId)
  const wiring = await (topology.network === 'routed' ? wireRouted : wireDirect)(context, belongings, names)
  const { addresses, published } = wiring
  const properties: RunningNodes['properties'] = {}
  const agents: RunningNodes['agents'] = {}
  const { agentJar } = context
  request.onProgress?.(
    `starting ${topology.nodes.length} container${topology.nodes.length === 1 ? '' : 's'} from ${context.image.name}`,
  )
  await allOrFirstError(
    topology.nodes.map(async node => {
      request.signal?.throwIfAborted()
      const own = containerProperties(topology, addresses, node)
      properties[node.name] = own
      const host = wiring.hostOf(node)
      const agent = agentJar === undefined || !isWatched(topology, node) ? undefined : agentFor(host)
      if (agent) agents[node.id] = outsideOf(agent.endpoint, published?.[node.id]?.METRICS)
      const spec = containerSpec({
        node,
        names,
        network: topology.network === 'routed' ? names.nodeNetwork(node.name) : names.network,
        image: context.image.id,
        host,
        environment: containerEnvironment(node, context.clusterId, own, agent?.jvmOptions),
        ...(published?.[node.id] === undefined ? {} : { published: published[node.id] }),
      })
      await makeNode(context, belongings, names, node, spec, agent ? agentJar : undefined)
    }),
  )
  const { links } = wiring
  return {
    names,
    belongings,
    addresses,
    properties,
    agents,
    ...(published ? { published } : {}),
    ...(links ? { links } : {}),
  }
}

/** One network for all; nodes dial each other. */
async function wireDirect(context: StartContext, belongings: Belongings, names: RunNames): Promise<Wiring> {
  const { client, engine, owner, request } = context
  const subnet = await createNetwork(client, belongings, {
    name: names.network,
    runId: request.runId,
    labels: networkLabels(request.runId, owner),
    // Nodes need no way out; an internal network publishes no port, though.
    internal: engine.containersReachable,
  })
  const published = engine.containersReachable ? undefined : await choosePublishedPorts(request.topology)
  return {
    addresses: layOut(request.topology, subnet, published),
    hostOf: node => hostOf(request.topology, node, subnet),
    ...(published ? { published } : {}),
  }
}

async function makeNode(
  { client, owner, request, image }: StartContext,
  belongings: Belongings,
  names: RunNames,
  node: Topology['nodes'][number],
  spec: Omit<ContainerSpec, 'Labels' | 'name'>,
  agentJar: string | undefined,
): Promise<void> {
  const container = names.container(node.name)
  const { runId, topology } = request
  const sizeBytes = node.roles.includes('broker') ? topology.logVolumeBytes : undefined
  await makeVolume(client, belongings, { runId, owner, names, node, image: image.id, sizeBytes })
  await belongings.make({ kind: 'container', name: container }, () =>
    client.call(`create container ${container}`, docker =>
      docker.createContainer({ ...spec, name: container, Labels: containerLabels(request.runId, owner, node, spec) }),
    ),
  )
  if (agentJar !== undefined) await putAgent(client, container, agentJar)
  await client.call(`start ${container}`, docker => docker.getContainer(container).start(), START_DEADLINE_MS)
}

const START_DEADLINE_MS = 30_000

/** Waits for all before it fails, because clean-up must not race with a creation still under way. */
async function allOrFirstError(tasks: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(tasks)
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

function isPortTaken(error: unknown): boolean {
  return statusOf(error) === 500 && /port is already allocated|address already in use/i.test(String(error))
}
