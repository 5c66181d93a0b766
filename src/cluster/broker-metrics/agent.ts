// Prometheus' JMX agent: its jar, fetched once like Kafka's own, and the option that puts it into a broker.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Endpoint } from '../../topology/properties.ts'
import { ensureJars } from '../jars.ts'
import { cacheDirectory } from '../places.ts'

const VERSION = '1.0.1'
const JAR = `jmx_prometheus_javaagent-${VERSION}.jar`
const POM = fileURLToPath(new URL('../../../images/agent/pom.xml', import.meta.url))

type AgentRequest = { env?: NodeJS.ProcessEnv; signal?: AbortSignal; onProgress?: (text: string) => void }

/** Path of the agent's jar; E305 where it is not here and cannot be fetched. */
export async function findAgent({ env = process.env, ...request }: AgentRequest): Promise<string> {
  const libsDir = await ensureJars(join(cacheDirectory(env), 'agent', `agent-${VERSION}`), {
    ...request,
    env,
    pom: POM,
    what: `Prometheus' JMX agent ${VERSION}`,
    defines: { 'agent.version': VERSION },
    needed: [JAR],
    fallback: 'run without broker.metrics',
  })
  return join(libsDir, JAR)
}

/** It answers on this address alone. */
export function agentOption(jar: string, { host, port }: Endpoint, config: string): string {
  return `-javaagent:${jar}=${host}:${port}:${config}`
}
