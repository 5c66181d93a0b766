// Puts the JMX agent into a container before it starts, so that any image will do, and reads the GC log out of it.
import { readFile } from 'node:fs/promises'
import { METRICS_PORT } from '../../../topology/containers.ts'
import type { Endpoint } from '../../../topology/properties.ts'
import { agentOption } from '../../broker-metrics/agent.ts'
import { GC_LOG_TAIL_BYTES, gcLogOption } from '../../broker-metrics/gc-log.ts'
import { agentConfig } from '../../broker-metrics/rules.ts'
import type { DockerClient } from './client.ts'
import { execute } from './inspect.ts'
import { packTar } from './tar.ts'

const FOLDER = 'gauntlet-agent'
const JAR = `${FOLDER}/agent.jar`
const CONFIG = `${FOLDER}/agent.json`
const GC_LOG = '/tmp/gauntlet-gc.log'
const PUT_DEADLINE_MS = 30_000

/** The agent of one broker: it listens on the container's own address, in the run's network. */
export function agentFor(host: string): { endpoint: Endpoint; jvmOptions: string[] } {
  const endpoint = { host, port: METRICS_PORT }
  return { endpoint, jvmOptions: [agentOption(`/${JAR}`, endpoint, `/${CONFIG}`), gcLogOption(GC_LOG)] }
}

/** As seen from the host, where addresses of containers cannot be dialled. */
export function outsideOf(inside: Endpoint, publishedPort: number | undefined): Endpoint {
  return publishedPort === undefined ? inside : { host: '127.0.0.1', port: publishedPort }
}

/** Copies jar and configuration into a container that was created and has not started. */
export async function putAgent(client: DockerClient, container: string, jar: string): Promise<void> {
  const archive = packTar([
    { name: JAR, bytes: await readFile(jar) },
    { name: CONFIG, bytes: Buffer.from(agentConfig()) },
  ])
  await client.call(
    `copy the agent into ${container}`,
    docker => docker.getContainer(container).putArchive(archive, { path: '/' }),
    PUT_DEADLINE_MS,
  )
}

/** The end of a broker's GC log. */
export async function readGcLog(client: DockerClient, container: string): Promise<string> {
  return (await execute(client, container, ['tail', '-c', String(GC_LOG_TAIL_BYTES), GC_LOG])).stdout
}
