// Tries whether packets from here reach a container by its own address, with a container that does nothing.
import { connect } from 'node:net'
import { messageOf } from '../core/errors.ts'
import type { Journal } from './journal.ts'
import { keepBelongings } from './providers/docker/belongings.ts'
import { askEngine, type DockerClient } from './providers/docker/client.ts'
import { containerLabels, namesOf, networkLabels } from './providers/docker/names.ts'
import { createNetwork } from './providers/docker/network.ts'

export type HopResult = { ok: true; roundTripMs: number } | { ok: false; reason: string }

const DIAL_DEADLINE_MS = 2000
/** Nothing listens on it: a container that is reached answers with a refusal at once. */
const CLOSED_PORT = 9092
const NODE = { id: 1, name: 'hop' }

/** Starts a sleeping container on a network of its own, dials it, and removes both. */
export async function tryHop(client: DockerClient, image: string, runId: string, journal: Journal): Promise<HopResult> {
  const { containersReachable } = await askEngine(client)
  if (!containersReachable) return { ok: false, reason: 'this engine keeps its networks away from the host' }
  const names = namesOf(runId)
  const owner = { pid: process.pid }
  const belongings = keepBelongings(client, journal)
  const name = names.container(NODE.name)
  try {
    const labels = networkLabels(runId, owner)
    await createNetwork(client, belongings, { name: names.network, runId, labels, internal: true })
    const spec = {
      Image: image,
      Entrypoint: ['sleep'],
      Cmd: ['30'],
      HostConfig: { NetworkMode: names.network, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], PidsLimit: 16 },
    }
    const labelled = { ...spec, name, Labels: containerLabels(runId, owner, NODE, spec) }
    await belongings.make({ kind: 'container', name }, () =>
      client.call(`create container ${name}`, docker => docker.createContainer(labelled)),
    )
    await client.call(`start ${name}`, docker => docker.getContainer(name).start())
    const facts = await client.call(`inspect ${name}`, docker => docker.getContainer(name).inspect())
    const address = facts.NetworkSettings.Networks[names.network]?.IPAddress
    return address ? await dial(address) : { ok: false, reason: 'the container got no address' }
  } catch (error) {
    return { ok: false, reason: messageOf(error) }
  } finally {
    await belongings.removeAll()
  }
}

function dial(host: string): Promise<HopResult> {
  const startedMs = performance.now()
  return new Promise(resolve => {
    const socket = connect({ host, port: CLOSED_PORT, timeout: DIAL_DEADLINE_MS })
    const settle = (result: HopResult): void => {
      socket.destroy()
      resolve(result)
    }
    const reached = (): void => settle({ ok: true, roundTripMs: performance.now() - startedMs })
    socket.once('connect', reached)
    socket.once('timeout', () =>
      settle({ ok: false, reason: `${host} did not answer within ${DIAL_DEADLINE_MS / 1000} s` }),
    )
    socket.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? reached() : settle({ ok: false, reason: `${host}: ${messageOf(error)}` }),
    )
  })
}
